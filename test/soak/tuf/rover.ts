import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FromChild } from "../../support/child-side.js";
import type { RoverOrder, RoverTold } from "./rover.child.js";

const SCRIPT = fileURLToPath(new URL("rover.child.ts", import.meta.url));

/** A roving worker in a process of its own, which may be stopped and killed at any moment. */
export class Rover {
  readonly #process: ChildProcess;
  #isKilled = false;
  /** How it ended; rejects where it failed by itself. */
  readonly ended: Promise<"done" | "killed">;

  constructor(
    readonly name: string,
    order: RoverOrder,
    onTold: (told: RoverTold, rover: Rover) => void,
  ) {
    this.#process = fork(SCRIPT, [JSON.stringify(order)], { execArgv: ["--import", "tsx"] });
    this.ended = new Promise((resolve, reject) => {
      let failure = `${name} ended by itself`;
      let isDone = false;
      this.#process.on("message", (told: FromChild) => {
        if (told.kind === "message") onTold(told.value as RoverTold, this);
        else if (told.kind === "output") isDone = true;
        else failure = `${name}: ${told.stack}`;
      });
      this.#process.once("error", reject);
      this.#process.once("close", () => {
        if (isDone) resolve("done");
        else if (this.#isKilled) resolve("killed");
        else reject(new Error(failure));
      });
    });
  }

  goOn(): void {
    if (this.#process.connected) this.#process.send({ value: "go" });
  }

  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  wake(): void {
    this.#process.kill("SIGCONT");
  }

  kill(): void {
    this.#isKilled = true;
    this.#process.kill("SIGKILL");
  }
}
