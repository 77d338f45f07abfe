import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawChart } from "./charts/draw-chart.js";
import { DARK, LIGHT } from "./charts/theme.js";
import type { Files } from "./check-files.js";
import { reportPage } from "./report-html.js";
import type { Report } from "./report-json.js";

/** The page, every chart by itself for pages that others write, and the raw figures; the one though the others fail. */
export async function writeFiles({ report: folder, json }: Files, report: Report): Promise<void> {
  const figures = json === undefined ? undefined : writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`);
  const results = await Promise.allSettled([figures, writePage(folder, report)]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function writePage(folder: string, report: Report): Promise<void> {
  await writeFile(join(folder, "report.html"), reportPage(report));
  for (const chart of report.workloads.flatMap(({ charts }) => charts)) {
    for (const theme of [LIGHT, DARK]) {
      await writeFile(join(folder, `${chart.id}-${theme.name}.svg`), drawChart(chart, theme));
    }
  }
}
