import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Workload } from "./bench.js";
import { commitTime } from "./commit-time.js";
import { checkFiles, type Files } from "./check-files.js";
import { failures, undecided } from "./check.js";
import { environment, environmentLines, type Environment } from "./environment.js";
import { LatencyProxy } from "./latency/latency-proxy.js";
import { driftTable } from "./noise.js";
import type { Options } from "./options.js";
import { seeded } from "./random.js";
import { type Measured, report, type Report } from "./report-json.js";
import { QUICK, tableText, verdicts } from "./report-tables.js";
import type { Say } from "./say.js";
import { openBenchDatabase } from "./server.js";
import { TableStore } from "./tables.js";

const say: Say = (what) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what.slice(0, (process.stderr.columns || 80) - 1)}`);
};

class Interrupted extends Error {}

/** A server, a folder or a disk is not as it must be, and no fault of the benchmarks: one line says it. */
class CannotRun extends Error {}

/** What a run needs of the arms' and charts' libraries, which are not there wherever the library itself is. */
export interface Libraries {
  /** The isolation level at which every arm was seen to write. Rejects where they differ. */
  isolation(url: string, tables: TableStore, directory: string): Promise<string>;
  writePage(folder: string, report: Report): Promise<void>;
}

/**
 * A whole run: measures, tells on the terminal what it found, and writes it into files. Sets the exit code: 1 where a goal
 * is missed for sure and `--check` asked for it, 2 where something kept it from running or ended it early; ends the process with
 * 130 when interrupted.
 */
export async function runSuite(options: Options, libraries: Libraries): Promise<void> {
  try {
    await checkFiles(options).catch(cannotRun);
    const { result, gone } = await measure(options, libraries, interruption());
    for (const table of verdicts(result)) console.log(`${tableText(table)}\n`);
    if (result.quick && !result.counts) console.error(QUICK);
    for (const warning of result.warnings) console.error(`noisy: ${warning}`);
    if (result.drifts.length > 0) console.error(tableText(driftTable(result.drifts)));
    await writeFiles(options, result, libraries.writePage).catch(cannotRun);
    console.error(`report: ${join(options.report, "report.html")}`);
    if (gone !== undefined) throw gone;
    if (options.check) check(result);
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
}

/** What keeps a run from passing, and what it could not decide, which does not. */
function check(result: Report): void {
  const open = undecided(result);
  if (open.length > 0) console.error(`undecided: ${open.join(", ")}`);
  const failed = failures(result);
  for (const failure of failed) console.error(failure);
  if (failed.length > 0) process.exitCode = 1;
}

interface Interruption {
  readonly signal: AbortSignal;
  /** Rejects when somebody wants the run to end. */
  readonly interrupted: Promise<never>;
}

/** Whoever asks again does not wait for what is tidied up. */
function interruption(): Interruption {
  const ending = new AbortController();
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
  return { signal: ending.signal, interrupted };
}

/** All workloads, one after the other; `gone` where one failed, or the database did not live to see the last. */
async function measure(
  { quick, counts, only, database, rtt, seed }: Options,
  { isolation }: Libraries,
  { signal, interrupted }: Interruption,
): Promise<{ readonly result: Report; readonly gone?: CannotRun }> {
  const directory = await mkdtemp(join(tmpdir(), "distinction-bench-"));
  const closing: (() => Promise<void>)[] = [];
  const findings = new Map<Workload, Measured>();
  let measuredOn: Environment | undefined;
  let gone: CannotRun | undefined;
  try {
    const place = await openBenchDatabase(database, say).catch(cannotRun);
    closing.push(() => place.close());
    const latency = await LatencyProxy.before(place.url, rtt);
    closing.unshift(() => latency.close());
    const tables = new TableStore(place.url);
    closing.unshift(() => tables.close());
    const level = await Promise.race([isolation(place.url, tables, directory).catch(cannotRun), interrupted]);
    measuredOn = environment(place.settings, level); // now: files and load may be others at the end
    console.log(`${environmentLines(measuredOn).join("\n")}\n`);
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
        roundTrip: rtt,
        random: seeded(seed),
        signal,
        say: (what: string) => say(`${id}, ${seconds()} s: ${what}`),
      };
      const running = async () => ({
        commitTime: counts ? undefined : await commitTime(place.url),
        ...(await (counts ? workload.count!(bench) : workload.run(bench))),
      });
      const found = await Promise.race([running(), interrupted]).catch(async (error: unknown) => {
        if (error instanceof Interrupted) throw error;
        if (!(await place.answers())) throw new CannotRun(`the database went away during ${id}: ${words(error)}`);
        console.error(error); // an oracle's word, or a fault: where it arose tells which
        throw new CannotRun(`${id} failed: ${words(error)}`);
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
  const endedEarly = gone !== undefined;
  const result = report(findings, { environment: measuredOn!, seed, quick, counts, endedEarly, roundTrip: rtt });
  return { result, ...(gone && { gone }) };
}

/** The raw figures and the page; the one though the other fails. */
async function writeFiles(
  { report: folder, json }: Files,
  result: Report,
  writePage: Libraries["writePage"],
): Promise<void> {
  const figures = json === undefined ? undefined : writeFile(json, `${JSON.stringify(result, undefined, 2)}\n`);
  const written = await Promise.allSettled([figures, writePage(folder, result)]);
  for (const one of written) if (one.status === "rejected") throw one.reason;
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
