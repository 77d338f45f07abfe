import { isOwn } from "./arms/arm.js";
import type { Table } from "./bench.js";
import { median } from "./estimate.js";
import { short } from "./format.js";
import type { Report } from "./report-json.js";

/** What somebody would write by hand who knows this one table: no library takes less. */
const FLOOR = "handwritten";

const COLUMNS = ["workload", "case", "took less", "its guarantee", "distinction took, times as much"];

/** One case in which another arm took less. */
export interface Loss {
  /** Of the workload. */
  readonly id: string;
  /** Of the case, and how our writers met in it where that is not in one process. */
  readonly name: string;
  readonly arm: string;
  readonly guarantee: string;
  /** How many times as much this library took, as it is told. */
  readonly ratio: number;
}

/** Every case in which somebody else took less, but for the floor, whoever it was and whatever it promises. */
export function losses(report: Report): Table {
  return {
    title: "Where it loses: every case in which another arm took less than distinction (a few percent may be noise)",
    columns: COLUMNS,
    rows: lossesOf(report).filter(isToOthers).map(rowOf),
  };
}

/** Every case in which a library is dearer than what could be written by hand. */
export function overTheFloor(report: Report): Table {
  return {
    title: "Where it loses to the floor: every case in which SQL by hand took less than distinction",
    columns: COLUMNS,
    rows: lossesOf(report)
      .filter((loss) => !isToOthers(loss))
      .map(rowOf),
  };
}

/** Of each workload the case that it loses by most. */
export function worstLosses(report: Report): Table {
  return {
    title: "Where it loses: of each workload the worst of the cases in which another arm took less",
    columns: ["workload", "cases", "the worst", ...COLUMNS.slice(2)],
    rows: worstOf(report, isToOthers).map(({ workload, cases, worst }) => [
      `${workload.id}: ${workload.title}`,
      cases,
      ...rowOf(worst).slice(1),
    ]),
  };
}

/** Of each workload the case that is dearest against what could be written by hand, in a sentence. */
export function worstOverTheFloor(report: Report): string {
  const worst = worstOf(report, (loss) => !isToOthers(loss)).map(
    ({ worst: { id, name, ratio } }) => `${id} ${short(ratio)} (${name})`,
  );
  return worst.length === 0 ? "" : `Against \`${FLOOR}\` it took, times as much, at worst: ${worst.join("; ")}.`;
}

function isToOthers({ arm }: Loss): boolean {
  return arm !== FLOOR;
}

function rowOf({ id, name, arm, guarantee, ratio }: Loss): (string | number)[] {
  return [id, name, arm, guarantee, short(ratio)];
}

/** Of each workload that has any of these losses, how many, and the worst. */
function worstOf(report: Report, isMeant: (loss: Loss) => boolean) {
  const all = lossesOf(report).filter(isMeant);
  return report.workloads.flatMap((workload) => {
    const own = all.filter(({ id }) => id === workload.id);
    const [worst] = own.toSorted((left, right) => right.ratio - left.ratio);
    return worst === undefined ? [] : [{ workload, cases: own.length, worst }];
  });
}

/** In one process and in several, wherever more than nothing is left of it once it is rounded. */
function lossesOf(report: Report): Loss[] {
  return Object.entries(report.samples).flatMap(([id, cases]) =>
    Object.entries(cases).flatMap(([name, arms]) => {
      const names = Object.keys(arms);
      if (!names.some(isOwn)) throw new Error(`${id}, ${name}: none of ${names.join(", ")} is distinction`);
      const others = names.filter((arm) => !isOwn(arm));
      return names.filter(isOwn).flatMap((own) =>
        others
          .map((arm) => ({
            id,
            name: name + own.slice("distinction".length),
            arm,
            guarantee: guaranteeOf(report, id, name, arm),
            ratio: Number(short(median(arms[own]!) / median(arms[arm]!))),
          }))
          .filter(({ ratio }) => ratio > 1),
      );
    }),
  );
}

/** As the tables of the workload say it: the one about the case, if there is one. */
function guaranteeOf({ workloads }: Report, id: string, name: string, arm: string): string {
  const tables = workloads.find((workload) => workload.id === id)?.tables ?? [];
  const about = tables.filter(({ title }) => title.includes(name));
  for (const { columns, rows } of [...about, ...tables]) {
    const found = rows.find((row) => row[columns.indexOf("arm")] === arm)?.[columns.indexOf("guarantee")];
    if (found !== undefined) return String(found);
  }
  return "";
}
