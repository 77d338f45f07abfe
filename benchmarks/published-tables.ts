import type { Table } from "./bench.js";
import { durability, serverName } from "./environment.js";
import { short, withInterval } from "./format.js";
import { verdictOn, type Verdict } from "./goals.js";
import { shapeName } from "./model/image.js";
import type { Report } from "./report-json.js";

const SHAPE = shapeName([30, 5, 3]);

/** What is told of one run to others: in the README the most of it, on the page of figures all of it. */

export function madeOn({ environment, seed, workloads }: Report): string {
  const { at, commit, node, processors, memory, isolation, versions } = environment;
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const minutes = Math.round(workloads.reduce((sum, { seconds }) => sum + seconds, 0) / 60);
  return [
    `One run of ${minutes} minutes on ${at.slice(0, 10)}, commit ${commit}, ${processors}, ${Math.round(memory / 2 ** 30)} GiB, Node ${node},`,
    `${serverName(environment)}, ${durability(environment)}, client on the same machine.`,
    `Each arm was seen to write records, one and in batches, images, documents and TUF repositories at ${isolation}.`,
    `${libraries.join(", ")}, seed ${seed}. TypeORM is of the version that distinction itself runs on, the other libraries are those of benchmarks/package.json.`,
    "Medians with 95 % confidence intervals; where most of a disturbance goes on into the next round, they hold the true median 43 times in 50.",
  ].join("\n");
}

/** All that was read of it, but for where its files are, which is a path on one machine. */
export function serverSettings({ environment: { server } }: Report): Table {
  return {
    title: "The server's settings",
    columns: ["setting", "value"],
    rows: Object.entries(server)
      .filter(([name]) => name !== "datadir")
      .map(([name, value]) => [`\`${name}\``, value]),
  };
}

/**
 * W1 to W3 as they are in the report, for the shape that the goals are about.
 * @param ids those of them that are shown
 */
export function saves({ workloads }: Report, title: string, ids: readonly string[] = ["W1", "W2", "W3"]): Table {
  const shown = workloads.flatMap(({ id, tables }) =>
    ids.includes(id) ? tables.filter(({ title, columns }) => title.includes(SHAPE) && columns.includes("to save")) : [],
  );
  return {
    title,
    columns: ["change", "arm", "guarantee", "load and save (ms)", "save (ms)", "statements", "bytes on the wire"],
    rows: shown.flatMap((table) => {
      const column = (name: string): number => table.columns.indexOf(name);
      const change = table.title.slice(table.title.indexOf(":") + 2, table.title.indexOf(","));
      return table.rows.map((row) => [
        change,
        ...["arm", "guarantee", "load and save", "save", "to save", "bytes on the wire to save"].map(
          (name) => row[column(name)]!,
        ),
      ]);
    }),
  };
}

/** What the same takes where the server is further away: a property of an image (W2), a record (W6). */
export function overWays({ workloads }: Report): Table[] {
  return workloads.flatMap(({ tables }) => tables).filter(({ columns }) => columns[0] === "added");
}

/** Whether the disk was the same to all workloads. */
export function commitTimes({ workloads }: Report): Table {
  return {
    title: "The server's smallest commit, one row, before each workload (milliseconds)",
    columns: ["workload", "commit"],
    rows: workloads.flatMap(({ id, commitTime }) => (commitTime === undefined ? [] : [[id, short(commitTime)]])),
  };
}

/** How long so many requests took one after the other, for the same shape: what the image specification had. */
export function requests({ workloads }: Report): Table[] {
  const tables = workloads.filter(({ id }) => id === "W1").flatMap((workload) => workload.tables);
  return tables.filter(({ title }) => title.includes("seconds of so many requests") && title.includes(SHAPE));
}

export function goals({ ratios }: Report): Table {
  return {
    title: "Goals",
    columns: ["ratio", "measured", "goal", ""],
    rows: Object.entries(ratios).map(([name, ratio]) => [
      `\`${name}\``,
      withInterval(ratio),
      `${ratio.better === "lower" ? "≤" : "≥"} ${short(ratio.goal)}`,
      published(verdictOn(ratio, ratio)),
    ]),
  };
}

function published(verdict: Verdict): string {
  return verdict === "MISSED" ? "**missed**" : verdict;
}
