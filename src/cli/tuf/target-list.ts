import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { JsonObject } from "../../../domain/tuf/json.js";
import type { Target } from "../../../domain/tuf/target.js";
import type { Refusal } from "./refusal.js";

export interface ListLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a file that are not empty.
 * @param file `-` is standard input
 */
export async function* readLines(file: string, signal?: AbortSignal): AsyncGenerator<ListLine> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  const stop = (): void => void input.destroy(signal?.reason as Error);
  signal?.addEventListener("abort", stop);
  try {
    let number = 0;
    // readline swallows what goes wrong while nobody waits for a line.
    const failure = new Promise<never>((_, reject) => input.once("error", reject));
    failure.catch(() => undefined);
    const lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
    for (;;) {
      const line = await Promise.race([lines.next(), failure]);
      if (line.done === true) break;
      number += 1;
      if (line.value.trim() !== "") yield { number, text: line.value };
    }
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** `<SHA-256> <length> <path>`; the path may hold spaces. */
const PLAIN = /^([0-9a-fA-F]{64})[ \t]+(\d+)[ \t]+(.+)$/;

/** One line of a list: JSON (`path`, `length`, `sha256` or `hashes.sha256`, `custom`), or `<SHA-256> <length> <path>`. */
export function parseTarget({ number, text }: ListLine): readonly [path: string, target: Target] | Refusal {
  const plain = PLAIN.exec(text);
  if (plain !== null) return [plain[3]!, { length: Number(plain[2]), sha256: plain[1]!.toLowerCase() }];
  const parsed = text.trimStart().startsWith("{") ? jsonTarget(text) : undefined;
  return (
    parsed ?? { path: `line ${number}`, reason: 'neither "<SHA-256> <length> <path>" nor a JSON object with these' }
  );
}

function jsonTarget(text: string): readonly [path: string, target: Target] | undefined {
  let read: { path?: unknown; length?: unknown; sha256?: unknown; hashes?: { sha256?: unknown }; custom?: unknown };
  try {
    read = JSON.parse(text) as typeof read;
  } catch {
    return undefined;
  }
  const { path, length, custom } = read;
  const sha256 = read.sha256 ?? read.hashes?.sha256;
  if (typeof path !== "string" || typeof length !== "number" || typeof sha256 !== "string") return undefined;
  // What the custom object may hold is checked with the rest of the target.
  return [path, { length, sha256, ...(custom === undefined ? {} : { custom: custom as JsonObject }) }];
}
