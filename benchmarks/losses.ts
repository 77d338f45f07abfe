import { isOwn } from "./arms/arm.js";
import type { Table } from "./bench.js";
import { median } from "./estimate.js";
import { short } from "./format.js";
import type { Report } from "./report-json.js";

/** What somebody would write by hand who knows this one table: no library takes less. */
const FLOOR = "handwritten";

/** Less than so much more is no loss; over the floor, a library's own work is to be expected. */
const LEAST = { loss: 1.05, overTheFloor: 1.1 };

/** Every case in which somebody else took less, but for the floor, whoever it was and whatever it promises. */
export function losses(report: Report): Table {
  return {
    title: "Where it loses: cases in which another arm took less than distinction",
    columns: ["workload", "case", "took less", "its guarantee", "distinction took, times as much"],
    rows: compared(report)
      .filter(({ arm, ratio }) => arm !== FLOOR && ratio > LEAST.loss)
      .map(({ id, name, arm, ratio }) => [id, name, arm, guaranteeOf(report, id, arm), short(ratio)]),
  };
}

/** Every case in which a library is dearer than what could be written by hand. */
export function overTheFloor(report: Report): Table {
  return {
    title: `Over the floor: cases in which distinction took more than ${LEAST.overTheFloor} times what SQL by hand did`,
    columns: ["workload", "case", "times as much"],
    rows: compared(report)
      .filter(({ arm, ratio }) => arm === FLOOR && ratio > LEAST.overTheFloor)
      .map(({ id, name, ratio }) => [id, name, short(ratio)]),
  };
}

/** Other arms of each case, and how many times as much this library took, in one process and in several. */
function compared({ samples }: Report) {
  return Object.entries(samples).flatMap(([id, cases]) =>
    Object.entries(cases).flatMap(([name, arms]) =>
      Object.keys(arms)
        .filter(isOwn)
        .flatMap((own) =>
          Object.keys(arms)
            .filter((arm) => !isOwn(arm))
            .map((arm) => ({
              id,
              name: name + own.slice("distinction".length),
              arm,
              ratio: median(arms[own]!) / median(arms[arm]!),
            })),
        ),
    ),
  );
}

/** As the tables of the workload say it. */
function guaranteeOf({ workloads }: Report, id: string, arm: string): string {
  for (const { columns, rows } of workloads.find((workload) => workload.id === id)?.tables ?? []) {
    const found = rows.find((row) => row[columns.indexOf("arm")] === arm)?.[columns.indexOf("guarantee")];
    if (found !== undefined) return String(found);
  }
  return "";
}
