import type { Table } from "./bench.js";
import type { Chart } from "./charts/chart.js";
import { drawChart } from "./charts/draw-chart.js";
import { DARK, LIGHT, type Theme } from "./charts/theme.js";
import { durability, serverName } from "./environment.js";
import { armsTable, figuresTable } from "./explanations.js";
import { short } from "./format.js";
import { losses, overTheFloor } from "./losses.js";
import { driftTable } from "./noise.js";
import { commitTimes } from "./published-tables.js";
import type { Report, WorkloadReport } from "./report-json.js";
import { isNumericColumn, QUICK, verdicts } from "./report-tables.js";

/** The whole report as one page that opens from a file: no scripts, nothing fetched, light and dark as the reader's system is. */
export function reportPage(report: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>distinction: benchmarks</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>What writing only the difference buys, and what it costs</h1>
<p class="about">${text(aboutRun(report))}</p>
${warningsOf(report)}
<nav>${["verdicts", "compared", ...report.workloads.map(({ id }) => id), "losses", "environment"].map(link).join("")}</nav>
<section id="verdicts"><h2>Verdicts</h2>
${verdicts(report).map(tableOf).join("\n")}
</section>
<section id="compared" class="words"><h2>What is compared</h2>
${[armsTable(), figuresTable(report)].map(tableOf).join("\n")}
</section>
${report.workloads.map(workloadSection).join("\n")}
<section id="losses"><h2>Where it loses</h2>
${[losses(report), overTheFloor(report)].map(tableOf).join("\n")}
</section>
<section id="environment"><h2>Environment</h2>
${tableOf(environmentTable(report))}
${tableOf(commitTimes(report))}
</section>
</main>
</body>
</html>
`;
}

function warningsOf({ warnings, drifts, ratios }: Report): string {
  const noisy = `${warnings.length} of ${Object.keys(ratios).length} ratios have wide intervals`;
  const drifted = `in ${drifts.length} ${drifts.length === 1 ? "case" : "cases"} times changed during the run`;
  const list = `<ul>${warnings.map((warning) => `<li>${text(warning)}</li>`).join("\n")}</ul>`;
  return (
    (warnings.length === 0 ? "" : detailsOf(noisy, list)) +
    (drifts.length === 0 ? "" : detailsOf(drifted, tableOf(driftTable(drifts))))
  );
}

function detailsOf(summary: string, content: string): string {
  return `<details class="warning"><summary>${summary}</summary>${content}</details>`;
}

function workloadSection({ id, title, charts, tables }: WorkloadReport): string {
  return `<section id="${id}"><h2>${text(`${id}: ${title}`)}</h2>
${charts.map(figureOf).join("\n")}
${tables.map(tableOf).join("\n")}
</section>`;
}

/** Both appearances are in the page; the reader's system chooses. */
function figureOf(chart: Chart): string {
  const drawn = (theme: Theme): string => `<div class="${theme.name}">${drawChart(chart, theme)}</div>`;
  return `<figure role="img" aria-label="${text(chart.title)}">${drawn(LIGHT)}${drawn(DARK)}</figure>`;
}

function tableOf(table: Table): string {
  const numeric = table.columns.map((_, column) => isNumericColumn(table, column));
  const cell = (tag: "th" | "td", content: string | number, column: number): string => {
    const kinds = [numeric[column] ? "number" : "", content === "MISSED" ? "missed" : content === "met" ? "met" : ""];
    const kind = kinds.filter(Boolean).join(" ");
    return `<${tag}${kind && ` class="${kind}"`}>${words(typeof content === "number" ? short(content) : content)}</${tag}>`;
  };
  const row = (tag: "th" | "td", cells: readonly (string | number)[]): string =>
    `<tr>${cells.map((content, column) => cell(tag, content, column)).join("")}</tr>`;
  return `<div class="table"><table><caption>${text(table.title)}</caption>
<thead>${row("th", table.columns)}</thead>
<tbody>${table.rows.map((cells) => row("td", cells)).join("\n")}</tbody></table></div>`;
}

function aboutRun({ environment, seed, quick, roundTrip }: Report): string {
  const server = `${serverName(environment)}, ${durability(environment)}`;
  const latency = roundTrip > 0 ? `, ${roundTrip} ms added to every round trip` : "";
  return `${environment.at.slice(0, 10)}, commit ${environment.commit}, ${server}, Node ${environment.node}, ${environment.processors}${latency}, seed ${seed}${quick ? `, ${QUICK}` : ""}.`;
}

function environmentTable({ environment }: Report): Table {
  const { server, versions, load, memory, ...rest } = environment;
  const rows = [
    ...Object.entries(rest),
    ["memory", `${Math.round(memory / 2 ** 30)} GiB`],
    ["load at start (1, 5, 15 minutes)", load.map((value) => value.toFixed(2)).join(", ")],
    ...Object.entries(versions),
    ...Object.entries(server).map(([name, value]) => [`server: ${name}`, value]),
  ] as [string, string][];
  return { title: "What the figures belong to", columns: ["what", "value"], rows };
}

function link(id: string): string {
  return `<a href="#${id}">${id}</a>`;
}

/** Code is set as such: tables that pages in Markdown have, too, put it between backticks. */
function words(raw: string): string {
  return text(raw).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function text(raw: string): string {
  return raw.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const STYLE = `
:root { --text: ${LIGHT.text}; --muted: ${LIGHT.muted}; --line: ${LIGHT.grid}; --back: ${LIGHT.background}; --alarm: ${LIGHT.alarm}; --good: #1a7f37; }
@media (prefers-color-scheme: dark) {
  :root { --text: ${DARK.text}; --muted: ${DARK.muted}; --line: ${DARK.grid}; --back: ${DARK.background}; --alarm: ${DARK.alarm}; --good: #3fb950; }
  .light { display: none; }
}
@media (prefers-color-scheme: light) { .dark { display: none; } }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 80px; }
h1 { font-size: 26px; line-height: 1.25; margin: 16px 0 8px; }
h2 { font-size: 19px; margin: 44px 0 12px; border-bottom: 1px solid var(--line); padding-bottom: 6px; }
.about { color: var(--muted); margin: 0 0 12px; }
.warning { border-left: 3px solid var(--alarm); padding: 2px 12px; margin: 8px 0 16px; }
.warning ul { margin: 6px 0; padding-left: 20px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 14px; }
nav a { color: inherit; }
figure { margin: 12px 0 20px; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 640px; max-width: 900px; height: auto; margin: 0 auto; }
.table { overflow-x: auto; margin: 16px 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13.5px; }
caption { text-align: left; font-weight: 600; padding-bottom: 4px; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
th { color: var(--muted); font-weight: 500; white-space: normal; vertical-align: bottom; line-height: 1.25; }
th:first-child, td:first-child { position: sticky; left: 0; background: var(--back); }
caption { position: sticky; left: 0; }
code { font-size: 12.5px; }
#environment td, .words td { white-space: normal; overflow-wrap: anywhere; }
.words td:first-child { white-space: nowrap; }
.number { text-align: right; }
.missed { color: var(--alarm); font-weight: 600; }
.met { color: var(--good); }
`;
