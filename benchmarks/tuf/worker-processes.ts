import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { childScript } from "../child-script.js";
import type { WorkerOrders, WorkerTally } from "./worker.child.js";

/** Processes that publish to one repository, as `worker.child.ts` does. */
export class WorkerProcesses {
  readonly #children: ChildProcess[] = [];

  /** @returns once all of them are warm: one for each of these orders */
  async start(orders: readonly WorkerOrders[], signal: AbortSignal): Promise<void> {
    const { path, execArgv } = childScript(import.meta.url, "worker.child");
    const own = AbortSignal.any([signal]); // a listener for each process is more than Node expects of one signal
    const ready = orders.map((order) => {
      const child = fork(path, { execArgv, signal: own, killSignal: "SIGKILL" });
      child.on("error", () => undefined); // whoever waits for it is told
      this.#children.push(child);
      child.send(order);
      return told(child, (message) => message === "ready");
    });
    await Promise.all(ready);
  }

  /** Has each of them do the tasks on its list of paths, all of them at once. */
  async work(paths: readonly (readonly string[])[]): Promise<readonly WorkerTally[]> {
    const done = this.#children.map((child) => told(child, (message) => typeof message === "object"));
    for (const [worker, child] of this.#children.entries()) child.send(paths[worker]!);
    return (await Promise.all(done)) as WorkerTally[];
  }

  /** They end once nobody has work for them. */
  async end(): Promise<void> {
    await Promise.all(this.#children.map(end));
  }
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

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (child.connected) child.disconnect();
  await exited;
}
