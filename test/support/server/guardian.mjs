/**
 * Runs one server on a directory of its own and outlives the tests by a moment. The tests hold the other end of this
 * process's standard input: when it closes, whether they ended, failed or were killed, the server is killed by its
 * process id and the directory removed. Plain JavaScript, so that nothing has to be compiled before it can guard.
 *
 * In:  one line, { directory, port, initialise: { program, args }, serve: { program, args } }; then lines of "kill" and
 *      "start": a crash on purpose, and the server again, on the same port and data
 * Out: lines of { ready: pid }, { killed: true } or { failed: reason }; { failed } also when the server dies by itself.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const START_WITHIN_MILLISECONDS = 60_000;

let directory;
let child;
let ending = false;

function end() {
  if (ending) return;
  ending = true;
  // The data is thrown away, so there is nothing to shut down in order.
  if (child !== undefined && child.exitCode === null && child.signalCode === null && child.kill("SIGKILL")) {
    child.once("exit", leave);
  } else {
    leave();
  }
}

function leave() {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  process.exit(0);
}

function tell(message) {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(message)}\n`, resolve));
}

async function fail(reason) {
  if (ending) return;
  await tell({ failed: reason });
  end();
}

function lastLines(file) {
  return readFileSync(file, "utf8").trim().split("\n").slice(-12).join("\n");
}

function start({ program, args }, log) {
  const output = openSync(log, "a");
  child = spawn(program, args, { cwd: directory, stdio: ["ignore", output, output] });
  closeSync(output);
  const exited = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(code === 0 ? undefined : `exit ${signal ?? code}`));
  });
  return { pid: child.pid, exited };
}

/** A server greets first: bytes without asking mean that it takes connections. */
function greets(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port, timeout: 1_000 });
    const answer = (value) => {
      socket.destroy();
      resolve(value);
    };
    socket.once("data", () => answer(true));
    socket.once("error", () => answer(false));
    socket.once("timeout", () => answer(false));
    socket.once("close", () => resolve(false));
  });
}

async function guard(order) {
  directory = order.directory;
  mkdirSync(directory, { mode: 0o700 });
  const log = join(directory, "log");
  const problem = await start(order.initialise, log).exited;
  if (problem !== undefined) return fail(`${order.initialise.program}: ${problem}\n${lastLines(log)}`);
  if (ending) return;

  await serve(order);
}

/** Set while the server is down because somebody wanted it so. */
let killing = false;

async function serve(order) {
  const log = join(directory, "log");
  const server = start(order.serve, log);
  let gone = false;
  void server.exited.then((how) => {
    gone = true;
    if (killing) return tell({ killed: true });
    return fail(`${order.serve.program} stopped: ${how ?? "exit 0"}\n${lastLines(log)}`);
  });
  const deadline = Date.now() + START_WITHIN_MILLISECONDS;
  while (!gone && !ending) {
    if (await greets(order.port)) return tell({ ready: server.pid });
    if (Date.now() > deadline) return fail(`${order.serve.program} did not start in time\n${lastLines(log)}`);
    await delay(50);
  }
}

let order;

function obey(line) {
  const told = JSON.parse(line);
  if (told === "kill") {
    killing = true;
    child.kill("SIGKILL");
    return undefined;
  }
  if (told === "start") {
    killing = false;
    return serve(order);
  }
  order = told;
  return guard(order);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
// When the tests were killed, nobody reads what is told: that must not end the guard before its work is done.
process.stdout.on("error", () => undefined);
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  obey(line)?.catch((error) => fail(String(error)));
});
lines.once("close", end);
process.stdin.once("error", end);
