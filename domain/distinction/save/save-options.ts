import { arrayOf, aSignal, oneAmong, someNames, someTime, type Rule, type Rules } from "../arguments.js";
import type { ConflictError, RemovedMeanwhileError } from "../errors.js";
import type { EntryScope } from "../record/record-state.js";
import { textFault } from "../types/text-types.js";

/** An attribute by name, the order of a list by the list's name, or one entry of a collection by collection and key. */
export type Subject = string | readonly [collection: string, key: string];

/** How long the caller of an operation waits: for its turn, for a connection, for other writers, for what it reads. */
export interface WaitOptions {
  /**
   * Ends waiting. A write that was begun is finished or rolled back first, a wait for a row lock within 2 seconds: nothing
   * is written after the answer. A server that does not answer is left after 5 more seconds: then `DATABASE_UNAVAILABLE`
   * says that nobody knows whether the write was done, and every other code that it was not. In a transaction that was
   * joined, a write that was sent is waited for until its owner ends the connection.
   */
  readonly signal?: AbortSignal;
  /**
   * Milliseconds after which all waiting ends, as `signal` ends it; by default what the repository was given as
   * `retry.deadline`. Where neither was given, no further attempt starts after 30 seconds, but a pool or a server that
   * does not answer is waited for: a timer for every statement is what only those pay for who ask for it. With a `signal`
   * alone, all waiting ends after 30 seconds, but the work of a unit does not.
   */
  readonly deadline?: number;
}

export interface WriteOptions extends WaitOptions {
  /** Who does this, for the history; by default whom the unit of work names, then whom the repository's environment does. */
  readonly actor?: string;
}

export interface RemoveOptions extends WriteOptions {
  /**
   * Guards: attributes or collections that the decision to remove rests on. A foreign change of anything is a conflict, as
   * it always is; one of these is told as a `guard`, and names that the record does not have are refused.
   */
  readonly expect?: readonly string[];
}

export interface SaveOptions extends WriteOptions {
  /** `merge` (default) combines with other writers' changes; `strict` refuses any, also where there is nothing to write. */
  readonly mode?: "merge" | "strict";
  /**
   * Guards: attributes or collections that the decision to save rests on. A foreign change of one is a conflict, also
   * where there is nothing to write: then one statement looks whether the record is still the same.
   */
  readonly expect?: readonly string[];
  /**
   * What to write even where its value is the original one, and whatever others made of it meanwhile: a value that is
   * not different may still be meant.
   */
  readonly force?: readonly Subject[];
}

/** What the history's column holds. */
const LONGEST_ACTOR = 255;

/** Who writes, as the history can keep it. */
export const anActor: Rule = (value) => (value === "" ? "a name, got none" : textFault(value, LONGEST_ACTOR));

export const WAIT_OPTIONS: Rules<keyof WaitOptions> = { signal: aSignal, deadline: someTime };

export const WRITE_OPTIONS: Rules<keyof WriteOptions> = {
  actor: anActor,
  ...WAIT_OPTIONS,
};

export const REMOVE_OPTIONS: Rules<keyof RemoveOptions> = { ...WRITE_OPTIONS, expect: someNames };

export const SAVE_OPTIONS: Rules<keyof SaveOptions> = {
  ...WRITE_OPTIONS,
  mode: oneAmong("merge", "strict"),
  expect: someNames,
  force: arrayOf("an array of names and of [collection, key]", isSubject),
};

function isSubject(value: unknown): value is Subject {
  if (typeof value === "string") return true;
  return someNames(value) === undefined && (value as readonly string[]).length === 2;
}

export interface UpdateOptions extends SaveOptions {
  /** Which entries to load, as in `get`. */
  readonly scope?: EntryScope;
}

export const UPDATE_OPTIONS: Rules<keyof UpdateOptions> = {
  ...SAVE_OPTIONS,
  scope: () => undefined, // see `checkScope`
};

/** A save as the repository itself asks for it. */
export interface SaveRequest extends SaveOptions {
  /** See `RebaseRules`. */
  readonly derived?: boolean;
}

export interface SaveResult {
  /** The record's version now. */
  readonly version: number;
  /** Whether anything had changed; if not, nothing was sent but the look that guards ask for, and what `update` reads or locks. */
  readonly written: boolean;
  /** How often other writers came first. */
  readonly retries: number;
}

/** The outcome of a save for callers who take a conflict, or a removal meanwhile, for a result rather than an error. */
export type TriedSave =
  | ({ readonly kind: "saved" } & SaveResult)
  | { readonly kind: "conflict"; readonly conflict: ConflictError }
  | { readonly kind: "removed"; readonly removed: RemovedMeanwhileError };
