import { apply } from "../../domain/distinction/diff/apply.js";
import type { Change } from "../../domain/distinction/diff/change.js";
import { changeSet, type ChangeSet } from "../../domain/distinction/diff/change-set.js";
import { compareStates, meets } from "../../domain/distinction/record/list-order.js";
import { DistinctionError } from "../../domain/distinction/errors.js";
import type { StoreQuery } from "../../domain/distinction/list-query.js";
import type { Link, RecordKind } from "../../domain/distinction/record/list-view.js";
import { idFrom, idText, type RecordId } from "../../domain/distinction/record/record-id.js";
import { within, type EntryScope, type RecordState } from "../../domain/distinction/record/record-state.js";
import type {
  ApplyOutcome,
  BatchOutcome,
  DecideAll,
  InsertOutcome,
  RecordStore,
  RecordWrite,
  StorePage,
  TakenId,
} from "../../domain/distinction/record-store.js";
import type { AnyRecordType } from "../../domain/distinction/types/record-type.js";
import { addition, edition, removal, type Written } from "../../domain/distinction/save/written.js";
import { remember, type MemoryHistory, type Remembered } from "./memory-history.js";
import { MemoryRows, type ForkedRows } from "./memory-rows.js";

export type Sibling = (store: MemoryRecordStore) => MemoryRecordStore;

/** A store that went its own way, and the way back; see `ForkedRows`. */
export interface MemoryFork extends Omit<ForkedRows, "rows"> {
  readonly store: MemoryRecordStore;
}

/** The in-memory twin of a database table: same outcomes, no durability. Every method is atomic within one tick. */
export class MemoryRecordStore implements RecordStore {
  /** States leave and enter with entry maps of their own: a repository updates its originals in place. */
  #rows: MemoryRows;
  /** Of a fork: takes what it wrote, until it is merged. */
  #later: ((writes: readonly Remembered[]) => void) | undefined;
  #actor: string | undefined;

  /**
   * @param history gets every effective write; none is kept where there is none
   * @param keepsRemoved whether the table that this stands for keeps removed records beside the living
   */
  constructor(
    private readonly type: AnyRecordType,
    private readonly history?: MemoryHistory,
    private readonly keepsRemoved = false,
  ) {
    this.#rows = new MemoryRows(keepsRemoved);
  }

  by(actor: string): MemoryRecordStore {
    if (this.history === undefined) return this;
    const store = new MemoryRecordStore(this.type, this.history, this.keepsRemoved);
    store.#rows = this.#rows;
    store.#later = this.#later;
    store.#actor = actor;
    return store;
  }

  /**
   * A store of its own that holds what this one holds now.
   *
   * @param later takes what the history is to remember once the fork is merged
   * @param sibling what stands for another store beside the fork
   */
  fork(later: (writes: readonly Remembered[]) => void, sibling: Sibling): MemoryFork {
    const { rows, ...fork } = this.#rows.fork();
    const store = this.twin(sibling);
    store.#rows = rows;
    store.#later = later;
    return { ...fork, store };
  }

  /** An empty store of the same kind. */
  protected twin(_sibling: Sibling): MemoryRecordStore {
    return new MemoryRecordStore(this.type, this.history, this.keepsRemoved);
  }

  load(ids: readonly RecordId[], scope?: EntryScope): Promise<(RecordState | undefined)[]> {
    return settled(() => ids.map((id) => this.#load(id, scope)));
  }

  insert(state: RecordState): Promise<InsertOutcome> {
    return settled(() => {
      const key = this.keyOf(state);
      if (this.#rows.isTaken(key)) return this.#rows.has(key) ? "duplicate" : "deleted";
      this.#remember([addition(this.type, state)]);
      this.#rows.set(key, within(state));
      return "applied";
    });
  }

  apply(base: RecordState, given: ChangeSet, scope?: EntryScope): Promise<ApplyOutcome> {
    return settled(() => {
      const outcome = this.#check(base, scope);
      if (outcome.kind !== "applied") return outcome;
      this.#remember([edition(base.version, given)]);
      this.#write(this.keyOf(base), given.changes);
      return outcome;
    });
  }

  verify(base: RecordState, scope?: EntryScope): Promise<ApplyOutcome> {
    return settled(() => this.#check(base, scope));
  }

  revise(
    id: RecordId,
    decide: (current: RecordState) => readonly Change[],
    scope?: EntryScope,
  ): Promise<{ kind: "applied"; state: RecordState } | { kind: "missing" }> {
    return settled(() => {
      const current = this.#load(id, scope);
      if (current === undefined) return { kind: "missing" };
      const changes = decide(current);
      if (changes.length === 0) return { kind: "applied", state: current };
      this.#remember([this.#edition(id, current, changes)]);
      this.#write(idText(id), changes);
      return { kind: "applied", state: apply(current, changes) };
    });
  }

  remove(base: RecordState): Promise<ApplyOutcome> {
    return settled(() => {
      const outcome = this.#check(base);
      if (outcome.kind !== "applied") return outcome;
      this.#remember([removal(this.type, base)]);
      this.#rows.remove(this.keyOf(base));
      return outcome;
    });
  }

  insertAll(states: readonly RecordState[]): Promise<readonly TakenId[]> {
    return settled(() => {
      const taken = states.filter((state) => this.#rows.isTaken(this.keyOf(state)));
      if (taken.length === 0) {
        this.#remember(states.map((state) => addition(this.type, state)));
        for (const state of states) this.#rows.set(this.keyOf(state), within(state));
      }
      return taken.map((state) => {
        return { id: idFrom(this.type, state.attributes), isDeleted: !this.#rows.has(this.keyOf(state)) };
      });
    });
  }

  applyAll(writes: readonly RecordWrite[], decide: DecideAll): Promise<BatchOutcome> {
    return settled(() => {
      const ids = writes.map(({ base }) => idFrom(this.type, base.attributes));
      const missing = ids.filter((id) => !this.#rows.has(idText(id)));
      if (missing.length > 0) return { kind: "missing", ids: missing };
      const stale = new Map<number, RecordState>();
      for (const [index, { base, scope }] of writes.entries()) {
        const current = this.#load(ids[index]!, scope)!;
        if (current.version !== base.version) stale.set(index, current);
      }
      const decided = stale.size === 0 ? new Map<number, readonly Change[]>() : decide(stale);
      const edits = writes.flatMap(({ changes: mine }, index) => {
        const changes = stale.has(index) ? (decided.get(index) ?? []) : mine;
        return changes.length > 0 ? [{ id: ids[index]!, changes }] : [];
      });
      this.#remember(edits.map(({ id, changes }) => this.#edition(id, this.#rows.get(idText(id))!, changes)));
      for (const { id, changes } of edits) this.#write(idText(id), changes);
      const merged = new Map<number, RecordState>();
      for (const index of stale.keys()) merged.set(index, this.#load(ids[index]!, writes[index]!.scope)!);
      return { kind: "applied", merged };
    });
  }

  list({ conditions, sort, limit, after, scope, view }: StoreQuery): Promise<StorePage> {
    return settled(() => {
      const marker = after && this.#rows.get(idText(after));
      const isMarked = marker !== undefined && this.#isAmong(view?.markers, marker);
      if (after !== undefined && !isMarked) return { kind: "no-marker" };
      const states = [...this.#rows.states()]
        .filter((state) => meets(this.type, state, conditions) && this.#isAmong(view?.kinds, state))
        .filter((state) => marker === undefined || compareStates(this.type, marker, state, sort) < 0)
        .sort((left, right) => compareStates(this.type, left, right, sort));
      const page = states.slice(0, limit).map((state) => within(state, scope));
      return { kind: "page", states: page, more: states.length > limit };
    });
  }

  /** Whether a record is there, at once. */
  holds(id: RecordId): boolean {
    return this.#rows.has(idText(id));
  }

  /** A record as it is, at once. */
  peek(id: RecordId): RecordState | undefined {
    return this.#rows.get(idText(id));
  }

  /** How many records meet a condition, at once. */
  count(condition: (attributes: RecordState["attributes"]) => boolean): number {
    return [...this.#rows.states()].filter(({ attributes }) => condition(attributes)).length;
  }

  /** Deletes the records that meet a condition, at once. */
  drop(condition: (attributes: RecordState["attributes"]) => boolean): void {
    this.#rows.drop(condition);
  }

  protected put(state: RecordState): void {
    this.#rows.set(this.keyOf(state), within(state));
  }

  /** Whether a record that has these values names this one. Stores with links know. */
  protected isLinked(_state: RecordState, { name }: Link): boolean {
    throw new DistinctionError("INVALID_RECORD_TYPE", `record type ${this.type.name}: has no link ${name}`);
  }

  #isAmong(kinds: readonly RecordKind[] | undefined, state: RecordState): boolean {
    if (kinds === undefined) return true;
    return kinds.some(({ conditions, linked }) => {
      return meets(this.type, state, conditions) && (linked === undefined || this.isLinked(state, linked));
    });
  }

  #check(base: RecordState, scope?: EntryScope): ApplyOutcome {
    const current = this.#load(idFrom(this.type, base.attributes), scope);
    if (current === undefined) return { kind: "missing" };
    return current.version === base.version ? { kind: "applied" } : { kind: "stale", current };
  }

  #write(key: string, changes: readonly Change[]): void {
    this.#rows.set(key, apply(this.#rows.get(key)!, changes));
  }

  #edition(id: RecordId, { version }: RecordState, changes: readonly Change[]): Written {
    return edition(version, changeSet(this.type.name, id, version, changes));
  }

  /** To be called before anything is written: the history refuses an actor that is none. */
  #remember(written: readonly Written[]): void {
    const { type, history } = this;
    if (history === undefined) return;
    const remembered = written.map((one) => ({ history, type, written: one, actor: this.#actor }));
    if (this.#later === undefined) remember(remembered);
    else this.#later(remembered);
  }

  #load(id: RecordId, scope?: EntryScope): RecordState | undefined {
    const state = this.#rows.get(idText(id));
    return state && within(state, scope);
  }

  /** The text of a record's id. */
  keyOf(state: RecordState): string {
    return idText(idFrom(this.type, state.attributes));
  }
}

/** Runs `work` now and answers as a database would: later, and with a rejection where it throws. */
function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
