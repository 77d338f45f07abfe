import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Acknowledged, Bench } from "../bench.js";
import { childScript } from "../child-script.js";
import { timed, type Samples } from "../measure.js";
import { shuffled } from "../random.js";
import { PublishedOracle } from "./published-oracle.js";
import { targetOf, withRepository, type TufPlace } from "./tuf-bench.js";
import type { WorkerOrders, WorkerTally } from "./worker.child.js";

/** Tasks of each worker before any time is taken: a process that has just begun would tell of its compiler and connections. */
const WARM_UP = { quick: 10, full: 20 } as const;

export interface Crew {
  readonly bins: number;
  readonly workers: number;
}

/** What a crew did. */
export interface CrewFindings extends Crew {
  readonly tasks: number;
  /** Milliseconds until all tasks of all workers were visible: `distinction`, and `global lock`. */
  readonly samples: Samples;
  /** Targets; those are lost that clients do not find. By arm, as the samples are. */
  readonly acknowledged: Readonly<Record<Arm, Acknowledged>>;
  /** Of all rounds without a lock. */
  readonly free: Output;
  readonly locked: Output;
}

type Arm = "distinction" | "global lock";

export interface Output {
  tasks: number;
  /** Metadata that clients were given. */
  published: number;
  signatures: number;
  statements: number;
  bytes: number;
}

/**
 * Workers with and without a global lock. All tasks of a worker are there from the start, as from a queue: without a lock
 * they are under way together, with it nobody may be.
 *
 * Each arm has processes of its own, which do all its rounds; before the first, each does as many tasks, one after the other
 * and without a lock: services run for days.
 */
export function workers(bench: Bench, crew: Crew, tasks: number, rounds: number): Promise<CrewFindings> {
  const { random, say } = bench;
  const title = `${crew.workers} workers, ${crew.bins} bins`;
  return withRepository(bench, `workers-${crew.bins}-${crew.workers}`, crew.bins, async ({ place }) => {
    const samples = { distinction: [] as number[], "global lock": [] as number[] };
    const acknowledged = { distinction: { updates: 0, lost: 0 }, "global lock": { updates: 0, lost: 0 } };
    const look = async (arm: Arm, paths: readonly (readonly string[])[]): Promise<void> => {
      acknowledged[arm].updates += paths.flat().length;
      acknowledged[arm].lost += await lostOf(paths, place, crew.bins);
    };
    const outputs = { free: emptyOutput(), lock: emptyOutput() };
    const crews = { free: [] as ChildProcess[], lock: [] as ChildProcess[] };
    try {
      for (const mode of MODES) {
        say(`${title}, ${TITLES[mode]}, warm-up`);
        const warmUp = pathsOf(`${mode}/warm-up`, crew.workers, WARM_UP[bench.quick ? "quick" : "full"]);
        crews[mode] = warmUp.map((paths) => startWorker({ place, mode, warmUp: paths }, bench.signal));
        await Promise.all(crews[mode].map((child) => told(child, (message) => message === "ready")));
        await look("distinction", warmUp); // neither crew has a lock yet
      }
      for (let round = 1; round <= rounds; round++) {
        for (const mode of shuffled(MODES, random)) {
          say(`${title}, ${TITLES[mode]}, round ${round} of ${rounds}`);
          const paths = pathsOf(`${mode}/${round}`, crew.workers, tasks);
          const milliseconds = await oneRound(crews[mode], paths, place, outputs[mode]);
          samples[ARMS[mode]].push(milliseconds);
          await look(ARMS[mode], paths);
        }
      }
    } finally {
      await Promise.all([...crews.free, ...crews.lock].map(end));
    }
    return { ...crew, tasks, samples, acknowledged, free: outputs.free, locked: outputs.lock };
  });
}

const MODES = ["free", "lock"] as const;

const ARMS = { free: "distinction", lock: "global lock" } as const;

const TITLES = { free: "no lock", lock: "a global lock" } as const;

/** For each of `count` workers, tasks on paths that nobody else has. */
function pathsOf(label: string, count: number, tasks: number): string[][] {
  return Array.from({ length: count }, (_, worker) =>
    Array.from({ length: tasks }, (_unused, task) => `${label}/${worker}/${task}.tgz`),
  );
}

/** How many of the targets on these paths clients do not find. */
async function lostOf(paths: readonly (readonly string[])[], place: TufPlace, bins: number): Promise<number> {
  const published = await PublishedOracle.of(place, bins);
  return published.lost(paths.flat().map((path) => [path, targetOf(path)] as const));
}

/** Milliseconds until the targets on all paths, a list for each worker, are visible. */
async function oneRound(
  crew: readonly ChildProcess[],
  paths: readonly (readonly string[])[],
  place: TufPlace,
  output: Output,
): Promise<number> {
  const before = await published(place);
  let tallies: unknown[] = [];
  const milliseconds = await timed(async () => {
    const done = crew.map((child) => told(child, (message) => typeof message === "object"));
    for (const [worker, child] of crew.entries()) child.send(paths[worker]!);
    tallies = await Promise.all(done);
  });
  output.tasks += paths.flat().length;
  for (const { signatures, statements, bytes } of tallies as WorkerTally[]) {
    output.signatures += signatures;
    output.statements += statements;
    output.bytes += bytes;
  }
  output.published += (await published(place)) - before;
  return milliseconds;
}

/** Versions of metadata that were published. The timestamp's file has no number; there is one for every snapshot. */
async function published({ directory }: TufPlace): Promise<number> {
  const names = await readdir(join(directory, "metadata"));
  const count = (pattern: RegExp): number => names.filter((name) => pattern.test(name)).length;
  return count(/^\d+\./) + count(/^\d+\.snapshot\./);
}

function emptyOutput(): Output {
  return { tasks: 0, published: 0, signatures: 0, statements: 0, bytes: 0 };
}

function startWorker(orders: WorkerOrders, signal: AbortSignal): ChildProcess {
  const { path, execArgv } = childScript(import.meta.url, "worker.child");
  const child = fork(path, { execArgv, signal, killSignal: "SIGKILL" });
  child.on("error", () => undefined); // whoever waits for it is told
  child.send(orders);
  return child;
}

/** The next message of that kind. Rejects where the worker ends instead. */
function told(child: ChildProcess, isIt: (message: unknown) => boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void): void => {
      child.off("message", heard).off("error", failed).off("exit", ended);
      done();
    };
    const heard = (message: unknown): void => void (isIt(message) && settle(() => resolve(message)));
    const failed = (error: Error): void => settle(() => reject(error));
    const ended = (code: number | null): void => settle(() => reject(new Error(`a worker ended with ${code}`)));
    child.on("message", heard).on("error", failed).on("exit", ended);
  });
}

/** It ends once nobody has work for it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (child.connected) child.disconnect();
  await exited;
}
