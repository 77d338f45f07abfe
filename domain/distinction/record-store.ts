import type { Moments } from "./record/moments.js";
import type { Change } from "./diff/change.js";
import type { ChangeSet } from "./diff/change-set.js";
import type { PlannedStatement } from "./save/explanation.js";
import type { StoreQuery } from "./list-query.js";
import type { Patience } from "./save/patience.js";
import type { RecordId } from "./record/record-id.js";
import type { EntryScope, RecordState } from "./record/record-state.js";

/** What became of a change set. A store returns outcomes; the repository alone turns them into errors. */
export type ApplyOutcome =
  | { readonly kind: "applied" }
  /** Another version was found than the base: nothing was written. */
  | { readonly kind: "stale"; readonly current: RecordState }
  | { readonly kind: "missing" };

/** `deleted`: the id is taken by a record that is not there any more, but kept. */
export type InsertOutcome = "applied" | "duplicate" | "deleted";

/** An id under which no record can be added. */
export interface TakenId {
  readonly id: RecordId;
  /** Whether by a record that is not there any more, but kept. */
  readonly isDeleted: boolean;
}

/** One record's part in a batch. */
export interface RecordWrite {
  readonly base: RecordState;
  readonly changes: readonly Change[];
  /** What to load where the record has another version than `base`. */
  readonly scope?: EntryScope | undefined;
}

export type BatchOutcome =
  /** All is written. `merged` has what is stored now of those that were stale, by their position in the batch. */
  | { readonly kind: "applied"; readonly merged: ReadonlyMap<number, RecordState> }
  /** Nothing was written: these are not there. */
  | { readonly kind: "missing"; readonly ids: readonly RecordId[] };

/**
 * What to write of the records that were found changed, given what is stored now, by position. Must be pure: it may run
 * again. What it throws undoes the batch.
 */
export type DecideAll = (stale: ReadonlyMap<number, RecordState>) => ReadonlyMap<number, readonly Change[]>;

/** A part of a list, in its order. */
export type StorePage =
  | { readonly kind: "page"; readonly states: readonly RecordState[]; readonly more: boolean }
  /** The record after which to go on is not there. */
  | { readonly kind: "no-marker" };

/** The port between repository and database: loads states and applies change sets of one record type. */
export interface RecordStore {
  /** The states of `ids`, in their order; `undefined` where there is none. Each is consistent in itself. */
  load(ids: readonly RecordId[], scope?: EntryScope): Promise<(RecordState | undefined)[]>;

  /** Stores a new record, all of it or nothing. */
  insert(state: RecordState): Promise<InsertOutcome>;

  /**
   * Writes `changes` if the record still has the version of `base`, and raises the version by one: all or nothing.
   * `scope` says what to load where it has not.
   */
  apply(base: RecordState, changes: ChangeSet, scope?: EntryScope): Promise<ApplyOutcome>;

  /**
   * Whether the record still has the version of `base` (`applied`), without writing. Inside a unit of work it keeps that
   * version until the unit ends. `scope` says what to load where it has another.
   */
  verify(base: RecordState, scope?: EntryScope): Promise<ApplyOutcome>;

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

  /** Stores new records with different ids, all of them or nothing. Answers the ids that are taken; none if it did. */
  insertAll(states: readonly RecordState[]): Promise<readonly TakenId[]>;

  /**
   * Writes all of `writes`, each to a different record, or nothing. Those whose record has another version than their
   * base are locked, and written as `decide` says.
   */
  applyAll(writes: readonly RecordWrite[], decide: DecideAll): Promise<BatchOutcome>;

  /** The records that meet a query. One that changed while its parts were read is answered as it is after that. */
  list(query: StoreQuery): Promise<StorePage>;

  /**
   * The statements that `apply` would send to a record that has the version of `base`; those of `verify` where there are
   * no changes. A store without statements has no such method.
   */
  explain?(base: RecordState, changes: ChangeSet): Promise<readonly PlannedStatement[]>;

  /**
   * This store for a caller who waits no longer than `patience`: not for a connection, and not for other writers once
   * more. A store that never waits, or whose waiting is not the caller's, has no such method.
   */
  within?(patience: Patience): RecordStore;

  /** Where somebody else may undo a part of what is written. */
  readonly moments?: Moments | undefined;

  /** This store as it writes for `actor`. A store that does not keep who wrote has no such method. */
  by?(actor: string): RecordStore;
}

/** `store` as it writes for a caller who waits no longer than `patience`, where that has an end. */
export function storeWithin(store: RecordStore, patience: Patience | undefined): RecordStore {
  return patience === undefined ? store : (store.within?.(patience) ?? store);
}

/** `store` as it writes for `actor`, where anybody is named. */
export function storeBy(store: RecordStore, actor: string | undefined): RecordStore {
  return actor === undefined ? store : (store.by?.(actor) ?? store);
}
