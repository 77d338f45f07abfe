import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Findings, Workload } from "./bench.js";
import { checkFiles } from "./check-files.js";
import { failures } from "./check.js";
import { environment, type Environment } from "./environment.js";
import { LatencyProxy } from "./latency/latency-proxy.js";
import { parseOptions } from "./options.js";
import { seeded } from "./random.js";
import { writeFiles } from "./report-files.js";
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

/** A server, a folder or a disk is not as it must be, and no fault of the benchmarks: one line says it. */
class CannotRun extends Error {}

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
  await checkFiles(options).catch(cannotRun);
  const directory = await mkdtemp(join(tmpdir(), "distinction-bench-"));
  const closing: (() => Promise<void>)[] = [];
  const findings = new Map<Workload, Findings & { readonly seconds: number }>();
  let measuredOn: Environment | undefined;
  let gone: CannotRun | undefined;
  try {
    const place = await openBenchDatabase(database, say).catch(cannotRun);
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
      const running = counts ? workload.count!(bench) : workload.run(bench);
      const found = await Promise.race([running, interrupted]).catch(async (error: unknown) => {
        if (error instanceof Interrupted || (await place.answers())) throw error;
        throw new CannotRun(`the database went away during ${id}: ${words(error)}`);
      });
      say("");
      findings.set(workload, { ...found, seconds: seconds() });
      for (const table of found.tables) console.log(`${tableText(table)}\n`);
    }
  } catch (error) {
    if (!(error instanceof CannotRun) || findings.size === 0) throw error;
    gone = error; // what was found before is told all the same
  } finally {
    for (const close of closing) await inTime(close);
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  }

  const result = report(findings, { environment: measuredOn!, seed, quick, roundTrip: rtt });
  for (const table of verdicts(result)) console.log(`${tableText(table)}\n`);
  for (const warning of result.warnings) console.error(`too noisy: ${warning}`);
  await writeFiles(options, result).catch(cannotRun);
  console.error(`report: ${join(options.report, "report.html")}`);
  if (gone !== undefined) throw gone;
  const failed = check ? failures(result) : [];
  for (const failure of failed) console.error(failure);
  if (failed.length > 0) process.exitCode = 1;
} catch (error) {
  say("");
  if (error instanceof Interrupted) {
    console.error("interrupted: tables, processes and files of this run are gone");
    process.exit(130);
  }
  if (!(error instanceof CannotRun)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}

function cannotRun(error: unknown): never {
  throw new CannotRun(words(error));
}

function words(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error); // a refused connection has no message
}

/** What does not close in time stays open; the process ends anyway. */
async function inTime(close: () => Promise<void>): Promise<void> {
  const waiting = new AbortController();
  const closed = close().catch((error: unknown) => console.error(`not tidied up: ${words(error)}`));
  await Promise.race([closed, delay(20_000, undefined, { signal: waiting.signal })]);
  waiting.abort();
}
