import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inject, onTestFinished } from "vitest";
import { bundleOf } from "./child-bundles.js";
import type { FromChild } from "./child-side.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A script in a Node process of its own: what cannot be told apart inside one process shows here. */
export interface Child {
  readonly pid: number;
  send(message: unknown): void;
  /** The messages of the script, in order. Rejects when the process ends before it sends one. */
  next(): Promise<unknown>;
  /** What the script returned. Rejects with its error, or when it was killed. */
  readonly output: Promise<unknown>;
  kill(signal?: NodeJS.Signals): void;
  /** Never rejects. */
  readonly exited: Promise<ChildExit>;
  stdout(): string;
  stderr(): string;
}

const running = new Set<Child>();

/** A test that fails between start and end must leave no process behind: called after each file. */
export async function endChildren(): Promise<void> {
  for (const child of running) child.kill("SIGKILL");
  await Promise.all([...running].map((child) => child.exited));
}

/** Starts a script that calls `runAsChild`. It is killed when the test, or else the file, is finished. */
export function startChild(script: URL, input: unknown): Child {
  const bundle = bundleOf(inject("childBundles"), script);
  const process = fork(bundle ?? fileURLToPath(script), [JSON.stringify(input)], {
    cwd: ROOT,
    execArgv: bundle === undefined ? ["--import", "tsx"] : ["--enable-source-maps"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const texts = { stdout: "", stderr: "" };
  process.stdout?.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
  process.stderr?.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));

  const messages: unknown[] = [];
  const waiting: PromiseWithResolvers<unknown>[] = [];
  const output = withResolvers<unknown>();
  // Nobody has to ask for the output of a child that is meant to be killed.
  output.promise.catch(() => undefined);

  process.on("message", (message) => {
    const told = message as FromChild;
    switch (told.kind) {
      case "message": {
        const first = waiting.shift();
        if (first === undefined) messages.push(told.value);
        else first.resolve(told.value);
        return;
      }
      case "output":
        return output.resolve(told.value);
      case "failed":
        return output.reject(new Error(`${script.pathname} failed: ${told.stack}`));
    }
  });

  let ended: Error | undefined;
  const exited = new Promise<ChildExit>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      if (ended !== undefined) return;
      ended = new Error(`${script.pathname} ended (${signal ?? `exit ${String(code)}`})\n${texts.stderr}`);
      running.delete(child);
      output.reject(ended);
      for (const one of waiting.splice(0)) one.reject(ended);
      resolve({ code, signal });
    };
    // "close" comes after the last byte of both streams, "exit" may come before.
    process.once("close", end);
    process.once("error", () => {
      if (process.pid === undefined) end(null, null);
    });
  });

  const child: Child = {
    pid: process.pid ?? -1,
    send: (message) => void process.send({ value: message }),
    next() {
      if (messages.length > 0) return Promise.resolve(messages.shift());
      if (ended !== undefined) return Promise.reject(ended);
      const one = withResolvers<unknown>();
      waiting.push(one);
      return one.promise;
    },
    output: output.promise,
    kill: (signal = "SIGTERM") => void process.kill(signal),
    exited,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
  };
  running.add(child);
  killWhenTestFinished(child);
  return child;
}

/** Runs a script to its end and gives what it returned. */
export async function runChild<Output>(script: URL, input: unknown): Promise<Output> {
  const child = startChild(script, input);
  const output = await child.output;
  await child.exited;
  return output as Output;
}

/** A barrier: waits until every child has sent a message ("ready"), then lets all go at once. */
export async function releaseTogether(children: readonly Child[], go: unknown = "go"): Promise<void> {
  await Promise.all(children.map((child) => child.next()));
  for (const child of children) child.send(go);
}

function killWhenTestFinished(child: Child): void {
  try {
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await child.exited;
    });
  } catch {
    // Started in a hook that runs for the whole file: it ends with that.
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: Error): void;
}

/** Promise.withResolvers came after Node 20. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let settle: Omit<PromiseWithResolvers<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle! };
}
