import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { drawChart } from "./charts/draw-chart.js";
import { DARK, LIGHT } from "./charts/theme.js";
import type { Options } from "./options.js";
import { reportPage } from "./report-html.js";
import type { Report } from "./report-json.js";

type Files = Pick<Options, "report" | "json">;

/** More than the largest report came to. */
const ROOM = 16 * 2 ** 20;

/**
 * Makes sure, before a run of many minutes, that what comes of it can be written.
 *
 * @throws Error where a folder is missing or closed to us, or a disk is full
 */
export async function checkFiles({ report, json }: Files): Promise<void> {
  for (const folder of [report, ...(json === undefined ? [] : [dirname(json)])]) {
    const probe = join(folder, `.room-${randomBytes(4).toString("hex")}`);
    try {
      if (folder === report) await mkdir(report, { recursive: true });
      await writeFile(probe, Buffer.alloc(ROOM));
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`nothing can be written into ${folder}: ${message}`, { cause: error });
    } finally {
      await rm(probe, { force: true }).catch(() => undefined);
    }
  }
}

/** The page, every chart by itself for pages that others write, and the raw figures. */
export async function writeFiles({ report: folder, json }: Files, report: Report): Promise<void> {
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(folder, "report.html"), reportPage(report));
  for (const chart of report.workloads.flatMap(({ charts }) => charts)) {
    for (const theme of [LIGHT, DARK]) {
      await writeFile(join(folder, `${chart.id}-${theme.name}.svg`), drawChart(chart, theme));
    }
  }
}
