import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawChart } from "./charts/draw-chart.js";
import { DARK, LIGHT } from "./charts/theme.js";
import { reportPage } from "./report-html.js";
import type { Report } from "./report-json.js";

/** The page, and every chart by itself for pages that others write. */
export async function writePage(folder: string, report: Report): Promise<void> {
  await writeFile(join(folder, "report.html"), reportPage(report));
  for (const chart of report.workloads.flatMap(({ charts }) => charts)) {
    for (const theme of [LIGHT, DARK]) {
      await writeFile(join(folder, `${chart.id}-${theme.name}.svg`), drawChart(chart, theme));
    }
  }
}
