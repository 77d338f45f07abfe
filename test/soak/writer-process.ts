import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FromChild } from "../support/child-side.js";
import type { Advance, WriteOrder } from "./writer.child.js";

/** A writer in a process of its own, which may be killed at any moment. */
export class WriterProcess {
  readonly #process: ChildProcess;
  #isKilled = false;
  /** How it ended; rejects where it failed by itself. */
  readonly ended: Promise<"done" | "killed">;

  constructor(order: WriteOrder, onAdvance: (told: Advance) => void) {
    const script = fileURLToPath(new URL("writer.child.ts", import.meta.url));
    this.#process = fork(script, [JSON.stringify(order)], { execArgv: ["--import", "tsx"] });
    this.ended = new Promise((resolve, reject) => {
      let failure: Error | undefined;
      let isDone = false;
      this.#process.on("message", (told: FromChild) => {
        if (told.kind === "failed") failure = new Error(`writer ${order.writer}: ${told.stack}`);
        else if (told.kind === "output") isDone = true;
        else if (told.value === "ready") this.#process.send({ value: "go" });
        else onAdvance(told.value as Advance);
      });
      this.#process.once("error", reject);
      this.#process.once("exit", (code, signal) => {
        if (isDone) resolve("done");
        else if (this.#isKilled) resolve("killed");
        else reject(failure ?? new Error(`writer ${order.writer} ended by itself (${signal ?? String(code)})`));
      });
    });
  }

  kill(): void {
    this.#isKilled = true;
    this.#process.kill("SIGKILL");
  }
}
