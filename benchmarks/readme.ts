import { mkdir, readFile, writeFile } from "node:fs/promises";
import { DARK, LIGHT } from "./charts/theme.js";
import { figuresPage, PAGE_CHARTS } from "./figures-page.js";
import { README_CHARTS, readmeBlock, readmeWith } from "./readme-block.js";
import { isReport, type Report } from "./report-json.js";

// Usage: npx tsx benchmarks/readme.ts RUN.json [README.md]
// Puts the figures of one run of `npm run bench -- --json RUN.json` between the markers of the README, and its charts
// with all figures into docs/benchmarks. Exits 2 where the run is not whole, or had round trips made longer.
const [run, readme = "README.md"] = process.argv.slice(2);
if (run === undefined) nothingToPublish("usage: npx tsx benchmarks/readme.ts RUN.json [README.md]");
const FOLDER = "docs/benchmarks";
const report = await readFile(run, "utf8")
  .then((text) => JSON.parse(text) as Report)
  .catch((error: Error) => nothingToPublish(`${run}: ${error.message}`));
if (!isReport(report)) nothingToPublish(`${run}: is no run that \`npm run bench -- --json\` wrote`);
if (report.endedEarly) nothingToPublish(`${run}: the run ended early`);
if (report.quick) nothingToPublish(`${run}: the run is quick, its intervals are wide`);
if (report.counts) nothingToPublish(`${run}: the run only counted, it took no times`);
if (report.roundTrip > 0) nothingToPublish(`${run}: the run had ${report.roundTrip} ms added to every round trip`);

// Only now: they need the benchmarks' own packages.
const { drawChart } = await import("./charts/draw-chart.js");
const { WORKLOADS } = await import("./workloads/index.js");
const lacking = WORKLOADS.filter(({ id }) => !report.workloads.some((workload) => workload.id === id));
if (lacking.length > 0) nothingToPublish(`${run}: the run has no ${lacking.map(({ id }) => id).join(", ")}`);
await writeFile(readme, readmeWith(await readFile(readme, "utf8"), readmeBlock(report, FOLDER)));
await mkdir(FOLDER, { recursive: true });
await writeFile(`${FOLDER}/README.md`, figuresPage(report));
for (const chart of report.workloads.flatMap(({ charts }) => charts)) {
  if (!(chart.id in README_CHARTS || chart.id in PAGE_CHARTS)) continue;
  for (const theme of [LIGHT, DARK])
    await writeFile(`${FOLDER}/${chart.id}-${theme.name}.svg`, drawChart(chart, theme));
}

function nothingToPublish(why: string): never {
  console.error(why);
  process.exit(2);
}
