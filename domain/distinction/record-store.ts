import type { Change } from "./change.js";
import type { ChangeSet } from "./change-set.js";
import type { RecordId } from "./record-id.js";
import type { EntryScope, RecordState } from "./record-state.js";

/** What became of a change set. A store returns outcomes; the repository alone turns them into errors. */
export type ApplyOutcome =
  | { readonly kind: "applied" }
  /** Another version was found than the base: nothing was written. */
  | { readonly kind: "stale"; readonly current: RecordState }
  | { readonly kind: "missing" };

/** The port between repository and database: loads states and applies change sets of one record type. */
export interface RecordStore {
  /** The states of `ids`, in their order; `undefined` where there is none. Each is consistent in itself. */
  load(ids: readonly RecordId[], scope?: EntryScope): Promise<(RecordState | undefined)[]>;

  /** Stores a new record, all of it or nothing. */
  insert(state: RecordState): Promise<"applied" | "duplicate">;

  /**
   * Writes `changes` if the record still has the version of `base`, and raises the version by one: all or nothing.
   * `scope` says what to load where it has not.
   */
  apply(base: RecordState, changes: ChangeSet, scope?: EntryScope): Promise<ApplyOutcome>;

  /**
   * Locks the record, loads it, and writes what `decide` makes of it. The lock ends the race that optimistic attempts
   * keep losing. `decide` must be pure: it may run again when the server gives up on the transaction.
   */
  revise(
    id: RecordId,
    decide: (current: RecordState) => readonly Change[],
    scope?: EntryScope,
  ): Promise<{ readonly kind: "applied"; readonly state: RecordState } | { readonly kind: "missing" }>;

  /** Deletes the record with its entries if it still has the version of `base`. */
  remove(base: RecordState): Promise<ApplyOutcome>;
}
