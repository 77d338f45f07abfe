import type { Clock } from "./clock.js";
import type { ConflictError } from "./errors.js";
import type { RepositoryObserver } from "./observer.js";
import type { RetrySettings } from "./retry.js";

/** An attribute by name, the order of a list by the list's name, or one entry of a collection by collection and key. */
export type Subject = string | readonly [collection: string, key: string];

export interface WriteOptions {
  /** Who does this, for the history; by default whom the unit of work names, then whom the repository's environment does. */
  readonly actor?: string;
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
  /** Ends waiting and retrying; a write under way is finished or rolled back first. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which no further attempt starts; the repository's setting by default. */
  readonly deadline?: number;
}

/** A save as the repository itself asks for it. */
export interface SaveRequest extends SaveOptions {
  /** See `RebaseRules`. */
  readonly derived?: boolean;
}

export interface SaveResult {
  /** The record's version now. */
  readonly version: number;
  /** Whether anything had changed; if not, nothing was sent but the look that guards ask for. */
  readonly written: boolean;
  /** How often other writers came first. */
  readonly retries: number;
}

/** The outcome of a save for callers who take a conflict for a result rather than an error. */
export type TriedSave =
  ({ readonly kind: "saved" } & SaveResult) | { readonly kind: "conflict"; readonly conflict: ConflictError };

/** What a repository needs from outside: time and randomness. */
export interface RepositoryEnvironment {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly retry?: Partial<RetrySettings>;
  /** The version of a record that is added; by default the time, see `firstVersion`. */
  readonly firstVersion?: () => number;
  /** Who writes, for the history, where a save does not name anybody. */
  readonly actor?: (() => string | undefined) | undefined;
  /** Told about retries, escalations, conflicts and saves. */
  readonly observer?: RepositoryObserver | undefined;
}
