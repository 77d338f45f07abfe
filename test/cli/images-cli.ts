import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What people run: `npm test` builds it first. */
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A run of `distinction images`, and how it ends. */
export interface Run {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until it says this on standard error. */
  says(text: string): Promise<void>;
}

export function begin(...parameters: string[]): Run {
  return watched(spawn(process.execPath, [MAIN, "images", ...parameters], { stdio: "pipe" }));
}

/** The same with its output sent elsewhere by a shell: `begun("export - …", "> /dev/full")`. */
export function beginInShell(parameters: readonly string[], redirection: string): Run {
  return watched(spawn("sh", ["-c", `"${process.execPath}" "${MAIN}" images ${parameters.join(" ")} ${redirection}`]));
}

export function images(...parameters: string[]): Promise<Ended> {
  return begin(...parameters).ended;
}

function watched(child: ChildProcess): Run {
  const texts = { out: "", err: "" };
  child.stdout!.on("data", (chunk: Buffer) => (texts.out += chunk.toString()));
  child.stderr!.on("data", (chunk: Buffer) => (texts.err += chunk.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...texts }));
  return {
    process: child,
    ended,
    says: async (text) => {
      while (!texts.err.includes(text)) await once(child.stderr!, "data");
    },
  };
}

export const id = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;

export function line(index: number, properties: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify({
    id: id(index),
    name: `image ${index} 🎉`,
    status: "active",
    diskFormat: "raw",
    containerFormat: "bare",
    size: index,
    createdAt: "2026-01-01T00:00:00.000Z",
    properties: { __proto__x: "y", n: String(index), ...properties },
    tags: ["t"],
    locations: [{ id: "one", url: `file:///${index}`, metadata: { a: [1] } }],
  });
}

export function lines(count: number, properties?: Readonly<Record<string, string>>): string[] {
  return Array.from({ length: count }, (_, index) => line(index, properties));
}
