import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ServerCommands } from "./server-commands.js";

export interface GuardedServer {
  /** The server's own process id. */
  readonly pid: number;
  /** Kills the server by SIGKILL, as a crash would; `start` brings it back on the same port and data. */
  kill(): Promise<void>;
  /** Resolves when a server that was killed takes connections again. */
  start(): Promise<void>;
  /** Kills the server, removes its directory, resolves when both are gone. */
  stop(): Promise<void>;
}

export interface GuardOrder extends ServerCommands {
  /** Made by the guardian, must not exist: what nobody made, nobody has to remove. */
  readonly directory: string;
  readonly port: number;
}

type Told = { readonly ready: number } | { readonly killed: true } | { readonly failed: string };

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
  let isUp = false;
  let awaited: { resolve(pid: number): void; reject(reason: Error): void };
  const told = (): Promise<number> =>
    new Promise((resolve, reject) => {
      awaited = { resolve, reject };
    });
  const ask = async (word: "kill" | "start"): Promise<void> => {
    isUp = false;
    const answer = told();
    guardian.stdin.write(`${JSON.stringify(word)}\n`);
    await answer;
  };
  const up = told();
  createInterface({ input: guardian.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Told;
    if ("failed" in message) {
      if (isUp) lost(message.failed);
      else awaited.reject(new Error(message.failed));
    } else if ("ready" in message) {
      isUp = true;
      awaited.resolve(message.ready);
    } else awaited.resolve(0);
  });
  gone.then(
    () => awaited.reject(new Error("the guardian of the server ended before it was ready")),
    (error: unknown) => awaited.reject(error instanceof Error ? error : new Error(String(error))),
  );
  const pid = await up.catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { pid, kill: () => ask("kill"), start: () => ask("start"), stop };
}
