import { writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import type { Findings, Workload } from "./bench.js";
import type { Say } from "./say.js";
import { environment } from "./environment.js";
import { reached } from "./goals.js";
import { seeded } from "./random.js";
import { report } from "./report-json.js";
import { tableText, verdicts } from "./report-terminal.js";
import { openBenchDatabase } from "./server.js";
import { TableStore } from "./tables.js";
import { WORKLOADS } from "./workloads/index.js";

interface Options {
  readonly quick: boolean;
  readonly only?: readonly Workload[];
  readonly json?: string;
  readonly database?: string;
  readonly seed: number;
  readonly check: boolean;
}

const {
  quick,
  only = WORKLOADS,
  json,
  database,
  seed,
  check,
} = new Command("npm run bench --")
  .description("What writing only the difference buys, what it costs, and whether anything is lost.")
  .option("--quick", "fewer rounds: a look in minutes", false)
  .option("--only <ids>", `some workloads, of ${WORKLOADS.map(({ id }) => id).join(",")}`, named)
  .option("--json <file>", "also write ratios, environment and raw samples to a file")
  .option("--database <url>", "a server to run on, mysql://user:password@host:port/; by default one is started")
  .option("--seed <number>", "for the order of the arms", Number, 1)
  .option("--check", "exit 1 where a ratio misses its goal", false)
  .parse()
  .opts<Options>();

const say: Say = (what) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
};

const place = await openBenchDatabase(database, say);
const tables = new TableStore(place.url);
const findings = new Map<string, Findings>();
try {
  for (const { id, title, run } of only) {
    console.error(`${id}: ${title}`);
    const bench = { url: place.url, tables, quick, random: seeded(seed), say: (what: string) => say(`${id}: ${what}`) };
    const found = await run(bench);
    say("");
    findings.set(id, found);
    for (const table of found.tables) console.log(`${tableText(table)}\n`);
  }
} finally {
  await tables.close();
  await place.close();
}

const result = report(findings, { environment: environment(place.settings), seed, quick });
for (const table of verdicts(result)) console.log(`${tableText(table)}\n`);
if (json !== undefined) await writeFile(json, `${JSON.stringify(result, undefined, 2)}\n`);

const missed = Object.entries(result.ratios).filter(([, ratio]) => !reached(ratio, ratio.value));
if (check && missed.length > 0) {
  console.error(`missed: ${missed.map(([name]) => name).join(", ")}`);
  process.exitCode = 1;
}

function named(text: string): readonly Workload[] {
  const ids = text.split(",").map((id) => id.trim().toUpperCase());
  const unknown = ids.find((id) => !WORKLOADS.some((workload) => workload.id === id));
  if (unknown !== undefined) throw new InvalidArgumentError(`there is no ${unknown}`);
  return WORKLOADS.filter(({ id }) => ids.includes(id));
}
