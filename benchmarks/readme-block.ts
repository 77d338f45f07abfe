import { ARMS, type ArmName } from "./arms/descriptions.js";
import type { Table } from "./bench.js";
import { durability, serverName } from "./environment.js";
import { sparedTable } from "./image-ratios.js";
import { lostSentence } from "./lost-updates.js";
import { worstLosses, worstOverTheFloor } from "./losses.js";
import { markdownOf, paragraphs } from "./markdown.js";
import { picturesOf } from "./pictures.js";
import { saves } from "./published-tables.js";
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
 * The figures of one run, and of no other, that most readers decide by.
 *
 * @param folder of the pictures and of the page with all figures, as the text names it
 */
export function readmeBlock(report: Report, folder: string): string {
  const { at, processors } = report.environment;
  return paragraphs(
    ...picturesOf(report, README_CHARTS, folder),
    markdownOf(
      withoutFirst(
        saves(
          report,
          "One attribute of an image with 30 properties, 5 tags and 3 locations (BEGIN and COMMIT are no statements here)",
          ["W1"],
        ),
      ),
    ),
    said("handwritten", "full write", "full write (reference)"),
    markdownOf(sparedTable(report)),
    lostSentence(report),
    markdownOf(worstLosses(report)),
    worstOverTheFloor(report),
    `One run on ${at.slice(0, 10)}, ${serverName(report.environment)}, ${durability(report.environment)}, ${processors}; medians with 95 % ` +
      `confidence intervals. Versions and settings, every goal with what was measured, and every case that it loses: [${folder}](${folder}/README.md).`,
  );
}

/** The change is the same in all rows. */
function withoutFirst({ title, columns, rows }: Table): Table {
  return { title, columns: columns.slice(1), rows: rows.map((row) => row.slice(1)) };
}

/** What these arms are, in a sentence each; the page of figures has all of it. */
function said(...arms: readonly ArmName[]): string {
  return arms.map((arm) => `\`${arm}\`: ${firstSentence(ARMS[arm].what)}`).join(" ");
}

function firstSentence(text: string): string {
  return text.split(/(?<=\.) /)[0]!;
}
