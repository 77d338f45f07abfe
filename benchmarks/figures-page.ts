import { armsTable, figuresTable } from "./explanations.js";
import { sparedTable } from "./image-ratios.js";
import { losses, overTheFloor } from "./losses.js";
import { lostTable } from "./lost-updates.js";
import { listOf, markdownOf, paragraphs } from "./markdown.js";
import { driftTable } from "./noise.js";
import { commitTimes, goals, madeOn, overWays, requests, saves, serverSettings } from "./published-tables.js";
import { picturesOf } from "./pictures.js";
import type { Report } from "./report-json.js";

/** The charts that are shown here alone. */
export const PAGE_CHARTS: Readonly<Record<string, string>> = {
  "w1-statements": "Statements of a save of one changed attribute, by arm and shape of the image",
  "w1-bytes": "Bytes of a save of one changed attribute, by arm and shape of the image",
};

/** All that is published of one run, as a page of its own. */
export function figuresPage(report: Report): string {
  const page = paragraphs(
    "# Figures of one run",
    "Written by `npx tsx benchmarks/readme.ts RUN.json`. How it is done is said in the files of [the arms](../../benchmarks/arms) and of " +
      "[the workloads](../../benchmarks/workloads), what bounds the goals that are missed in [the decisions](../decisions.md). " +
      "Asynchronous operations and the type registry (W30 and W31 of the design) are not built yet, and have no workloads.",
    madeOn(report),
    markdownOf(serverSettings(report)),
    markdownOf(armsTable()),
    markdownOf(figuresTable(report)),
    markdownOf(goals(report)),
    markdownOf(lostTable(report)),
    markdownOf(commitTimes(report)),
    listOf("Wide intervals", report.warnings),
    markdownOf(driftTable(report.drifts)),
    markdownOf(
      saves(
        report,
        "Saving an image with 30 properties, 5 tags and 3 locations (statements without BEGIN and COMMIT, bytes with all that is sent)",
      ),
    ),
    markdownOf(sparedTable(report)),
    ...requests(report).map(markdownOf),
    ...overWays(report).map(markdownOf),
    ...picturesOf(report, PAGE_CHARTS),
    markdownOf(losses(report)),
    markdownOf(overTheFloor(report)),
  );
  return `${page}\n`;
}
