import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { startChild } from "../child.js";
import { startGuarded, type GuardOrder } from "./guarded-server.js";

const node = (script: string, ...args: string[]) => ({ program: process.execPath, args: ["-e", script, ...args] });

/** Greets like a database server, and ignores what would end an ordinary process. */
const GREETER = `
  process.on("SIGTERM", () => {});
  require("node:net").createServer((socket) => socket.write("hello")).listen(Number(process.argv[1]), "127.0.0.1");
`;

async function order(changes: Partial<GuardOrder> = {}): Promise<GuardOrder> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const address = probe.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((resolve) => probe.close(resolve));
  return {
    directory: join(tmpdir(), `distinction-guarded-${randomUUID()}`),
    port,
    initialise: node(`require("node:fs").mkdirSync("data")`),
    serve: node(GREETER, String(port)),
    ...changes,
  };
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it("runs a server in its directory until told to stop", async () => {
  const task = await order();
  const server = await startGuarded(task, () => undefined);
  expect(existsSync(join(task.directory, "data"))).toBe(true);
  expect(runs(server.pid)).toBe(true);
  await server.stop();
  expect(runs(server.pid)).toBe(false);
  expect(existsSync(task.directory)).toBe(false);
});

it("kills a server on purpose, and starts it again where it was", async () => {
  const task = await order();
  const lost: string[] = [];
  const server = await startGuarded(task, (reason) => lost.push(reason));
  await server.kill();
  expect(runs(server.pid)).toBe(false);
  expect(existsSync(join(task.directory, "data"))).toBe(true);
  await server.start();
  expect(lost).toEqual([]);
  await server.stop();
  expect(existsSync(task.directory)).toBe(false);
});

it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("leaves nothing behind after %s", async (signal) => {
  const task = await order();
  const child = startChild(new URL("guarded-server.child.ts", import.meta.url), task);
  const pid = Number(await child.next());
  expect(runs(pid)).toBe(true);
  child.kill(signal);
  expect((await child.exited).signal).toBe(signal);
  await vi.waitUntil(() => !runs(pid) && !existsSync(task.directory), { timeout: 10_000 });
});

it("leaves nothing behind when killed while the data directory is made", async () => {
  const task = await order({ initialise: node("setTimeout(() => {}, 60_000)") });
  const child = startChild(new URL("guarded-server.child.ts", import.meta.url), task);
  await vi.waitUntil(() => existsSync(task.directory), { timeout: 10_000 });
  child.kill("SIGKILL");
  await vi.waitUntil(() => !existsSync(task.directory), { timeout: 10_000 });
});

it.each([
  ["initialise", /exit 3\nno room/],
  ["serve", /stopped: exit 3\nno room/],
])("fails with the end of the log when it cannot %s", async (step, reason) => {
  const task = await order({ [step]: node(`console.error("no room"); process.exit(3)`) });
  await expect(startGuarded(task, () => undefined)).rejects.toThrow(reason);
  expect(existsSync(task.directory)).toBe(false);
});

it("fails when there is no such program", async () => {
  const task = await order({ initialise: { program: "/none/mysqld", args: [] } });
  await expect(startGuarded(task, () => undefined)).rejects.toThrow(/\/none\/mysqld.*ENOENT/);
  expect(existsSync(task.directory)).toBe(false);
});

it("says when the server dies by itself", async () => {
  const task = await order();
  const lost = vi.fn();
  const server = await startGuarded(task, lost);
  process.kill(server.pid, "SIGKILL");
  await vi.waitUntil(() => lost.mock.calls.length > 0, { timeout: 10_000 });
  expect(lost).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("SIGKILL"));
  await server.stop();
  expect(existsSync(task.directory)).toBe(false);
});
