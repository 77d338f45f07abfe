import type { Table } from "./bench.js";
import { serverName } from "./environment.js";
import { short, withInterval } from "./format.js";
import { reached } from "./goals.js";
import { requestsAgainstFull } from "./image-ratios.js";
import { losses, overTheFloor } from "./losses.js";
import { shapeName } from "./model/image.js";
import type { Report } from "./report-json.js";

const BEGIN = "<!-- benchmarks: written by benchmarks/readme.ts -->";
const END = "<!-- /benchmarks -->";

/** The charts that are shown, of those a run draws. */
export const README_CHARTS: Readonly<Record<string, string>> = {
  "w1-time-against-requests-30-5-3": "Execution time against number of requests, full write and difference",
  "w8-hot-record": "Updates per second of one record by number of writers, with lost updates",
};

/**
 * A Markdown text with `block` between its two markers.
 *
 * @throws Error where it has not both of them, once and in order
 */
export function readmeWith(readme: string, block: string): string {
  const begin = readme.split(BEGIN);
  const end = begin[1]?.split(END);
  if (begin.length !== 2 || end?.length !== 2) throw new Error(`the text needs ${BEGIN} and ${END}, once each`);
  return `${begin[0]}${BEGIN}\n\n${block.trim()}\n\n${END}${end[1]}`;
}

/**
 * Figures of one run, and of no other.
 *
 * @param charts the folder of the pictures, as the text names it
 */
export function readmeBlock(report: Report, charts: string): string {
  return [
    about(report),
    ...Object.entries(README_CHARTS)
      .filter(([id]) => report.workloads.some((workload) => workload.charts.some((chart) => chart.id === id)))
      .map(([id, words]) => picture(`${charts}/${id}`, words)),
    markdownOf(sent(report)),
    markdownOf(requestsAgainstFull(report)),
    markdownOf(goals(report)),
    lost(report),
    folded(losses(report)),
    folded(overTheFloor(report)),
    ...report.warnings.map((warning) => `Too noisy to judge: ${warning}`),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function about({ environment, roundTrip, seed, workloads }: Report): string {
  const { at, commit, node, processors, memory, server, isolation, versions } = environment;
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const durable =
    server["innodb_flush_log_at_trx_commit"] === "1"
      ? "its log flushed at every commit"
      : "its log not flushed at every commit";
  const minutes = Math.round(workloads.reduce((sum, { seconds }) => sum + seconds, 0) / 60);
  return [
    `One run of ${minutes} minutes on ${at.slice(0, 10)}, commit ${commit}, ${processors}, ${Math.round(memory / 2 ** 30)} GiB, Node ${node},`,
    `${serverName(environment)} (${durable}, each arm seen to write records, one and in batches, images and documents at ${isolation}, client on the same machine${roundTrip > 0 ? `, ${roundTrip} ms added to every round trip` : ""}),`,
    `${libraries.join(", ")}, seed ${seed}. Medians with 95 % confidence intervals.`,
  ].join("\n");
}

function picture(path: string, words: string): string {
  return [
    "<picture>",
    `  <source media="(prefers-color-scheme: dark)" srcset="${path}-dark.svg">`,
    `  <img alt="${words}" src="${path}-light.svg">`,
    "</picture>",
  ].join("\n");
}

/** W1 to W3 as they are in the report, for the shape that the goals are about. */
function sent({ workloads }: Report): Table {
  const shown = workloads.flatMap(({ id, tables }) =>
    ["W1", "W2", "W3"].includes(id) ? tables.filter(({ title }) => title.includes(shapeName([30, 5, 3]))) : [],
  );
  return {
    title:
      "Saving an image with 30 properties, 5 tags and 3 locations (statements without BEGIN and COMMIT, bytes with all that is sent)",
    columns: ["change", "arm", "guarantee", "load and save (ms)", "save (ms)", "statements", "bytes"],
    rows: shown.flatMap((table) => {
      const column = (name: string): number => table.columns.indexOf(name);
      const change = table.title.slice(table.title.indexOf(":") + 2, table.title.indexOf(","));
      return table.rows.map((row) => [
        change,
        ...["arm", "guarantee", "load and save", "save", "to save", "bytes to save"].map((name) => row[column(name)]!),
      ]);
    }),
  };
}

function goals({ ratios }: Report): Table {
  return {
    title: "Goals",
    columns: ["ratio", "measured", "goal", ""],
    rows: Object.entries(ratios).map(([name, ratio]) => [
      `\`${name}\``,
      withInterval(ratio),
      `${ratio.better === "lower" ? "≤" : "≥"} ${short(ratio.goal)}`,
      reached(ratio, ratio.value) ? "met" : "**missed**",
    ]),
  };
}

function lost({ lostUpdates }: Report): string {
  const arms = Object.entries(lostUpdates).map(([arm, count]) => `${arm} ${count}`);
  return arms.length === 0 ? "" : `Acknowledged updates that were lost: ${arms.join(", ")}.`;
}

/** Long, and folded away. */
function folded(table: Table): string {
  if (table.rows.length === 0) return "";
  return `<details><summary>${table.title} (${table.rows.length})</summary>\n\n${rowsOf(table)}\n\n</details>`;
}

function markdownOf(table: Table): string {
  return table.rows.length === 0 ? "" : `${table.title}:\n\n${rowsOf(table)}`;
}

function rowsOf({ columns, rows }: Table): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en") : cell)).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}
