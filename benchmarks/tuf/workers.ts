import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Bench } from "../bench.js";
import { childScript } from "../child-script.js";
import { timed, type Samples } from "../measure.js";
import { shuffled } from "../random.js";
import { PublishedOracle } from "./published-oracle.js";
import { targetOf, withRepository, type TufPlace } from "./tuf-bench.js";
import type { WorkerOrders, WorkerTally } from "./worker.child.js";

/** Tasks of each worker before the time is taken: a process that has just begun would tell of its compiler and connections. */
const WARM_UP = 20;

export interface Crew {
  readonly bins: number;
  readonly workers: number;
}

/** What a crew did. */
export interface CrewFindings extends Crew {
  readonly tasks: number;
  /** Milliseconds until all tasks of all workers were visible: `distinction`, and with a global lock, `lock`. */
  readonly samples: Samples;
  /** Acknowledged targets of either arm that clients do not find. */
  readonly lost: number;
  /** Of all rounds without a lock. */
  readonly free: Output;
  readonly locked: Output;
}

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
 * Before that each worker of either arm does as many tasks, one after the other and without a lock: services run for days.
 */
export function workers(
  { url, directory, random, signal, say }: Bench,
  crew: Crew,
  tasks: number,
  rounds: number,
): Promise<CrewFindings> {
  return withRepository({ url, directory }, `workers-${crew.bins}-${crew.workers}`, crew.bins, async ({ place }) => {
    const samples = { distinction: [] as number[], lock: [] as number[] };
    let lost = 0;
    const outputs = { free: emptyOutput(), lock: emptyOutput() };
    for (let round = 0; round < rounds; round++) {
      for (const mode of shuffled(["free", "lock"] as const, random)) {
        const lock = mode === "free" ? "no lock" : "a global lock";
        say(`${crew.workers} workers, ${crew.bins} bins, ${lock}, round ${round + 1} of ${rounds}`);
        const orders = ordersOf(place, mode, `${mode}/${round}`, crew.workers, tasks);
        const milliseconds = await oneRound(orders, place, signal, outputs[mode]);
        samples[mode === "free" ? "distinction" : "lock"].push(milliseconds);
        const paths = orders.flatMap((order) => [...order.warmUp, ...order.paths]);
        const published = await PublishedOracle.of(place, crew.bins);
        lost += await published.lost(paths.map((path) => [path, targetOf(path)] as const));
      }
    }
    return { ...crew, tasks, samples, lost, free: outputs.free, locked: outputs.lock };
  });
}

/** For each of `count` workers, tasks on paths that nobody else has. */
function ordersOf(
  place: TufPlace,
  mode: WorkerOrders["mode"],
  label: string,
  count: number,
  tasks: number,
): WorkerOrders[] {
  return Array.from({ length: count }, (_, worker) => {
    const pathsOf = (number: number, purpose: string) =>
      Array.from({ length: number }, (_unused, task) => `${label}/${worker}/${purpose}/${task}.tgz`);
    return { place, paths: pathsOf(tasks, "task"), warmUp: pathsOf(WARM_UP, "warm-up"), mode };
  });
}

async function oneRound(
  orders: readonly WorkerOrders[],
  place: TufPlace,
  signal: AbortSignal,
  output: Output,
): Promise<number> {
  const children = orders.map((order) => startWorker(order, signal));
  try {
    await Promise.all(children.map((child) => told(child, (message) => message === "ready")));
    const before = await published(place);
    let tallies: unknown[] = [];
    const milliseconds = await timed(async () => {
      for (const child of children) child.send("go");
      tallies = await Promise.all(children.map((child) => told(child, (message) => typeof message === "object")));
    });
    for (const { paths } of orders) output.tasks += paths.length;
    for (const { signatures, statements, bytes } of tallies as WorkerTally[]) {
      output.signatures += signatures;
      output.statements += statements;
      output.bytes += bytes;
    }
    for (const child of children) if (child.exitCode === null) await once(child, "exit");
    output.published += (await published(place)) - before;
    return milliseconds;
  } finally {
    for (const child of children) child.kill();
  }
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
  child.send(orders);
  return child;
}

function told(child: ChildProcess, isIt: (message: unknown) => boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.on("message", (message) => isIt(message) && resolve(message));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`a worker ended with ${code}`)));
  });
}
