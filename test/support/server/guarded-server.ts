import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ServerCommands } from "./server-commands.js";

export interface GuardedServer {
  /** The server's own process id. */
  readonly pid: number;
  /** Kills the server, removes its directory, resolves when both are gone. */
  stop(): Promise<void>;
}

export interface GuardOrder extends ServerCommands {
  /** Made by the guardian, must not exist: what nobody made, nobody has to remove. */
  readonly directory: string;
  readonly port: number;
}

type Told = { readonly ready: number } | { readonly failed: string };

/**
 * Starts a server under a guardian process, which stops it and removes its directory when this process is gone, even
 * by SIGKILL. The guardian leads a process group of its own, or Ctrl-C would end it together with those it watches.
 *
 * @param lost called when the server dies by itself after it was ready
 * @throws Error with the end of the server's log when it does not start
 */
export async function startGuarded(order: GuardOrder, lost: (reason: string) => void): Promise<GuardedServer> {
  const guardian = spawn(process.execPath, [fileURLToPath(new URL("guardian.mjs", import.meta.url))], {
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const gone = once(guardian, "exit");
  // A guardian that died first says so by its exit; the broken pipe adds nothing.
  guardian.stdin.on("error", () => undefined);
  guardian.stdin.write(`${JSON.stringify(order)}\n`);
  const stop = async () => {
    guardian.stdin.end();
    await gone;
  };
  let ready = false;
  const pid = await new Promise<number>((resolve, reject) => {
    createInterface({ input: guardian.stdout }).on("line", (line) => {
      const told = JSON.parse(line) as Told;
      if ("ready" in told) {
        ready = true;
        resolve(told.ready);
      } else if (ready) {
        lost(told.failed);
      } else {
        reject(new Error(told.failed));
      }
    });
    gone.then(
      () => reject(new Error("the guardian of the server ended before it was ready")),
      (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
    );
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { pid, stop };
}
