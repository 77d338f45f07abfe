import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Bench } from "../bench.js";
import { childScript } from "../child-script.js";
import { timed, type Samples } from "../measure.js";
import { withRepository } from "./tuf-bench.js";
import type { WorkerOrders } from "./worker.child.js";

const BINS = 2_048;
const WORKERS = 4;

/** Tasks of each worker before the time is taken: a process that has just begun would tell of its compiler and connections. */
const WARM_UP = 20;

/**
 * Milliseconds until all tasks of all workers are visible, with and without a global lock. All tasks of a worker are there
 * from the start, as from a queue: without a lock they are under way together, with it nobody may be.
 *
 * Before that each worker of either arm does as many tasks, one after the other and without a lock: services run for days.
 */
export function workers({ url, quick, say }: Bench): Promise<Samples> {
  return withRepository(url, "workers", BINS, async ({ place }) => {
    const samples = { distinction: [] as number[], lock: [] as number[] };
    const tasks = quick ? 25 : 100;
    const rounds = quick ? 2 : 5;
    for (let round = 0; round < rounds; round++) {
      for (const mode of round % 2 === 0 ? (["free", "lock"] as const) : (["lock", "free"] as const)) {
        say(`${WORKERS} workers, ${mode === "free" ? "no lock" : "a global lock"}, round ${round + 1} of ${rounds}`);
        const children = Array.from({ length: WORKERS }, (_, worker) => {
          const pathsOf = (count: number, purpose: string) =>
            Array.from({ length: count }, (_unused, task) => `${mode}/${round}/${worker}/${purpose}/${task}.tgz`);
          return startWorker({ place, paths: pathsOf(tasks, "task"), warmUp: pathsOf(WARM_UP, "warm-up"), mode });
        });
        await Promise.all(children.map((child) => told(child, "ready")));
        const milliseconds = await timed(() => {
          for (const child of children) child.send("go");
          return Promise.all(children.map((child) => told(child, "done")));
        });
        samples[mode === "free" ? "distinction" : "lock"].push(milliseconds);
        for (const child of children) if (child.exitCode === null) await once(child, "exit");
      }
    }
    return samples;
  });
}

function startWorker(orders: WorkerOrders): ChildProcess {
  const { path, execArgv } = childScript(import.meta.url, "worker.child");
  return fork(path, [JSON.stringify(orders)], { execArgv });
}

function told(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("message", (message) => message === word && resolve());
    child.once("exit", (code) => reject(new Error(`a worker ended with ${code}`)));
  });
}
