import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import type { Operation } from "./operation.js";

/** How an operation ended. `versions` are those that its records got, by the position of their ids. */
export type Outcome =
  | { readonly kind: "done"; readonly versions: readonly number[]; readonly retries: number }
  /** Refused: nothing was written. */
  | { readonly kind: "conflict" }
  /** The record was not there, or was there already: nothing was written. */
  | { readonly kind: "void" }
  /** The writer died; what is stored shows whether the operation was. `versions` are those of the look-up. */
  | { readonly kind: "settled"; readonly applied: boolean; readonly versions: readonly number[] }
  /** The writer died, and the record may have come and gone since. */
  | { readonly kind: "clouded" };

/** An operation, and how it ended where that is known. */
export interface Event {
  readonly operation: Operation;
  readonly outcome: Outcome | undefined;
}

/**
 * What a writer was about to do and what came of it, in a file of its own. A line is with the operating system before
 * the writer goes on: no SIGKILL takes it back. So the operation of a dead writer is either in here with its outcome,
 * or the last one and without.
 */
export class Journal {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  begin({ number, kind, ids, amount }: Operation): void {
    writeSync(this.#file, `${JSON.stringify([number, kind, ids, amount])}\n`);
  }

  end(outcome: Outcome): void {
    writeSync(this.#file, `${JSON.stringify(outcome)}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Takes away the part of a line that a writer died in: a beginning that was not whole did not begin, an end did not end. */
export function mendJournal(path: string): void {
  if (!existsSync(path)) return; // it died before it wrote anything
  truncateSync(path, readFileSync(path).lastIndexOf("\n") + 1);
}

export function readJournal(path: string, writer: number): Event[] {
  const events: Event[] = [];
  if (!existsSync(path)) return events;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line === "") continue;
    const entry = JSON.parse(line) as [number, Operation["kind"], readonly string[], number] | Outcome;
    if (Array.isArray(entry)) {
      const [number, kind, ids, amount] = entry;
      events.push({ operation: { writer, number, kind, ids, amount }, outcome: undefined });
    } else {
      const { operation } = events.pop()!;
      events.push({ operation, outcome: entry });
    }
  }
  return events;
}
