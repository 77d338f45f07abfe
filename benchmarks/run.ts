import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Findings, Workload } from "./bench.js";
import { failures } from "./check.js";
import { environment, type Environment } from "./environment.js";
import { LatencyProxy } from "./latency/latency-proxy.js";
import { parseOptions } from "./options.js";
import { seeded } from "./random.js";
import { checkFiles, writeFiles } from "./report-files.js";
import { report } from "./report-json.js";
import { tableText, verdicts } from "./report-tables.js";
import type { Say } from "./say.js";
import { openBenchDatabase } from "./server.js";
import { TableStore } from "./tables.js";

const say: Say = (what) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what.slice(0, (process.stderr.columns || 80) - 1)}`);
};

const options = parseOptions();
const { quick, counts, only, database, rtt, seed, check } = options;

class Interrupted extends Error {}

class CannotBegin extends Error {}

const ending = new AbortController();

/** Rejects when somebody wants the run to end; whoever asks again does not wait for what is tidied up. */
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(130));
      // What is under way fails when its tables go.
      process.on("uncaughtException", () => undefined);
      ending.abort();
      reject(new Interrupted("interrupted"));
    });
  }
});

try {
  await checkFiles(options).catch(cannotBegin);
  const directory = await mkdtemp(join(tmpdir(), "distinction-bench-"));
  const closing: (() => Promise<void>)[] = [];
  const findings = new Map<Workload, Findings & { readonly seconds: number }>();
  let measuredOn: Environment | undefined;
  try {
    const place = await openBenchDatabase(database, say).catch(cannotBegin);
    closing.push(() => place.close());
    measuredOn = environment(place.settings); // now: files and load may be others at the end
    const latency = await LatencyProxy.before(place.url, rtt);
    closing.unshift(() => latency.close());
    const tables = new TableStore(place.url);
    closing.unshift(() => tables.close());
    for (const [index, workload] of only.entries()) {
      const { id, title } = workload;
      console.error(`${id}: ${title} (${index + 1} of ${only.length})`);
      const began = performance.now();
      const seconds = (): number => Math.round((performance.now() - began) / 1000);
      const bench = {
        url: latency.url,
        tables,
        directory,
        quick,
        random: seeded(seed),
        signal: ending.signal,
        say: (what: string) => say(`${id}, ${seconds()} s: ${what}`),
      };
      const found = await Promise.race([counts ? workload.count!(bench) : workload.run(bench), interrupted]);
      say("");
      findings.set(workload, { ...found, seconds: seconds() });
      for (const table of found.tables) console.log(`${tableText(table)}\n`);
    }
  } finally {
    for (const close of closing) await Promise.race([close(), delay(20_000)]);
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  }

  const result = report(findings, { environment: measuredOn, seed, quick, roundTrip: rtt });
  for (const table of verdicts(result)) console.log(`${tableText(table)}\n`);
  for (const warning of result.warnings) console.error(`too noisy: ${warning}`);
  await writeFiles(options, result).catch(cannotBegin);
  console.error(`report: ${join(options.report, "report.html")}`);
  const failed = check ? failures(result) : [];
  for (const failure of failed) console.error(failure);
  if (failed.length > 0) process.exitCode = 1;
} catch (error) {
  say("");
  if (error instanceof Interrupted) {
    console.error("interrupted: tables, processes and files of this run are gone");
    process.exit(130);
  }
  if (!(error instanceof CannotBegin)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}

/** A server, a folder or a disk is not as it must be, and no fault of the benchmarks: one line says it. */
function cannotBegin(error: unknown): never {
  const { message, code } = error as { message?: string; code?: string };
  throw new CannotBegin(message || code || String(error)); // a refused connection has no message
}
