import type { Report } from "./report-json.js";

/** Charts of a run as Markdown shows them, light and dark; nothing of those that it has not. */
export function picturesOf(report: Report, words: Readonly<Record<string, string>>, folder = "."): string[] {
  const ids = report.workloads.flatMap(({ charts }) => charts.map(({ id }) => id));
  return Object.entries(words)
    .filter(([id]) => ids.includes(id))
    .map(([id, said]) => picture(`${folder}/${id}`, said));
}

function picture(path: string, words: string): string {
  return [
    "<picture>",
    `  <source media="(prefers-color-scheme: dark)" srcset="${path}-dark.svg">`,
    `  <img alt="${words}" src="${path}-light.svg">`,
    "</picture>",
  ].join("\n");
}
