import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { Findings, Workload } from "./bench.js";
import type { Say } from "./say.js";
import { drawChart } from "./charts/draw-chart.js";
import { DARK, LIGHT } from "./charts/theme.js";
import { environment } from "./environment.js";
import { LatencyProxy } from "./latency/latency-proxy.js";
import { reached } from "./goals.js";
import { seeded } from "./random.js";
import { report } from "./report-json.js";
import { tableText, verdicts } from "./report-tables.js";
import { reportPage } from "./report-html.js";
import { openBenchDatabase } from "./server.js";
import { TableStore } from "./tables.js";
import { WORKLOADS } from "./workloads/index.js";

interface Options {
  readonly quick: boolean;
  readonly counts: boolean;
  readonly only?: readonly Workload[];
  readonly json?: string;
  readonly report: string;
  readonly database?: string;
  readonly rtt: number;
  readonly seed: number;
  readonly check: boolean;
}

const {
  quick,
  counts,
  only = WORKLOADS,
  json,
  report: folder,
  database,
  rtt,
  seed,
  check,
} = new Command("npm run bench --")
  .description("What writing only the difference buys, what it costs, and whether anything is lost.")
  .option("--quick", "fewer rounds: a look in minutes", false)
  .option("--counts", "only what noise does not touch: statements, bytes, lost updates", false)
  .option("--only <ids>", `some workloads, of ${WORKLOADS.map(({ id }) => id).join(",")}`, named)
  .option("--json <file>", "also write ratios, environment and raw samples to a file")
  .option("--report <folder>", "where report.html and its charts go", "benchmarks/report")
  .option("--rtt <ms>", "milliseconds to add to every round trip", milliseconds, 0)
  .option("--database <url>", "a server to run on, mysql://user:password@host:port/; by default one is started")
  .option("--seed <number>", "for the order of the arms", Number, 1)
  .option("--check", "exit 1 where a ratio misses its goal", false)
  .parse()
  .opts<Options>();

const say: Say = (what) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
};

const place = await openBenchDatabase(database, say);
const latency = await LatencyProxy.before(place.url, rtt);
const tables = new TableStore(place.url);
const findings = new Map<Workload, Findings>();
try {
  for (const workload of counts ? only.filter(({ count }) => count !== undefined) : only) {
    const { id, title } = workload;
    console.error(`${id}: ${title}`);
    const bench = {
      url: latency.url,
      tables,
      quick,
      random: seeded(seed),
      say: (what: string) => say(`${id}: ${what}`),
    };
    const found = await (counts ? workload.count!(bench) : workload.run(bench));
    say("");
    findings.set(workload, found);
    for (const table of found.tables) console.log(`${tableText(table)}\n`);
  }
} finally {
  await tables.close();
  await latency.close();
  await place.close();
}

const result = report(findings, { environment: environment(place.settings), seed, quick, roundTrip: rtt });
for (const table of verdicts(result)) console.log(`${tableText(table)}\n`);
for (const warning of result.warnings) console.error(`too noisy: ${warning}`);
await writeReport();
if (json !== undefined) await writeFile(json, `${JSON.stringify(result, undefined, 2)}\n`);

const missed = Object.entries(result.ratios).filter(([, ratio]) => !reached(ratio, ratio.value));
if (check && missed.length > 0) {
  console.error(`missed: ${missed.map(([name]) => name).join(", ")}`);
  process.exitCode = 1;
}

/** The page, and every chart by itself for pages that others write. */
async function writeReport(): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "report.html"), reportPage(result));
  for (const chart of result.workloads.flatMap(({ charts }) => charts)) {
    for (const theme of [LIGHT, DARK]) {
      await writeFile(join(folder, `${chart.id}-${theme.name}.svg`), drawChart(chart, theme));
    }
  }
  console.error(`report: ${join(folder, "report.html")}`);
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1000)) throw new InvalidArgumentError("0 to 1000 milliseconds");
  return value;
}

function named(text: string): readonly Workload[] {
  const ids = text.split(",").map((id) => id.trim().toUpperCase());
  const unknown = ids.find((id) => !WORKLOADS.some((workload) => workload.id === id));
  if (unknown !== undefined) throw new InvalidArgumentError(`there is no ${unknown}`);
  return WORKLOADS.filter(({ id }) => ids.includes(id));
}
