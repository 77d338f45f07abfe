import { apply } from "../../domain/distinction/apply.js";
import type { Change } from "../../domain/distinction/change.js";
import type { ChangeSet } from "../../domain/distinction/change-set.js";
import { compareStates, meets } from "../../domain/distinction/list-order.js";
import type { StoreQuery } from "../../domain/distinction/list-query.js";
import { idFrom, idText, type RecordId } from "../../domain/distinction/record-id.js";
import { within, type EntryScope, type RecordState } from "../../domain/distinction/record-state.js";
import type {
  ApplyOutcome,
  BatchOutcome,
  DecideAll,
  RecordStore,
  RecordWrite,
  StorePage,
} from "../../domain/distinction/record-store.js";
import type { AnyRecordType } from "../../domain/distinction/record-type.js";

/** A store that went its own way, and the way back. */
export interface MemoryFork {
  readonly store: MemoryRecordStore;
  /** Whether nobody else has written the records of `keys` since, by default those that the fork wrote. */
  isFresh(keys?: readonly string[]): boolean;
  /** Writes what the fork wrote. */
  merge(): void;
}

/** The in-memory twin of a database table: same outcomes, no durability. Every method is atomic within one tick. */
export class MemoryRecordStore implements RecordStore {
  /** States leave and enter with entry maps of their own: a repository updates its originals in place. */
  readonly #states: Map<string, RecordState>;

  constructor(
    private readonly type: AnyRecordType,
    states: ReadonlyMap<string, RecordState> = new Map<string, RecordState>(),
  ) {
    this.#states = new Map(states);
  }

  /** A store of its own that holds what this one holds now. States are immutable, so that both may share them. */
  fork(): MemoryFork {
    const before: ReadonlyMap<string, RecordState> = new Map(this.#states);
    const store = new MemoryRecordStore(this.type, before);
    const written = (): string[] =>
      [...new Set([...before.keys(), ...store.#states.keys()])].filter(
        (key) => before.get(key) !== store.#states.get(key),
      );
    return {
      store,
      isFresh: (keys = written()) => keys.every((key) => before.get(key) === this.#states.get(key)),
      merge: () => {
        for (const key of written()) {
          const state = store.#states.get(key);
          if (state === undefined) this.#states.delete(key);
          else this.#states.set(key, state);
        }
      },
    };
  }

  load(ids: readonly RecordId[], scope?: EntryScope): Promise<(RecordState | undefined)[]> {
    return settled(() => ids.map((id) => this.#load(id, scope)));
  }

  insert(state: RecordState): Promise<"applied" | "duplicate"> {
    return settled(() => {
      const key = this.#key(state);
      if (this.#states.has(key)) return "duplicate";
      this.#states.set(key, within(state));
      return "applied";
    });
  }

  apply(base: RecordState, { changes }: ChangeSet, scope?: EntryScope): Promise<ApplyOutcome> {
    return settled(() => {
      const outcome = this.#check(base, scope);
      if (outcome.kind === "applied") this.#write(this.#key(base), changes);
      return outcome;
    });
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
      this.#write(idText(id), changes);
      return { kind: "applied", state: apply(current, changes) };
    });
  }

  remove(base: RecordState): Promise<ApplyOutcome> {
    return settled(() => {
      const outcome = this.#check(base);
      if (outcome.kind === "applied") this.#states.delete(this.#key(base));
      return outcome;
    });
  }

  insertAll(states: readonly RecordState[]): Promise<readonly RecordId[]> {
    return settled(() => {
      const taken = states.filter((state) => this.#states.has(this.#key(state)));
      if (taken.length === 0) for (const state of states) this.#states.set(this.#key(state), within(state));
      return taken.map(({ attributes }) => idFrom(this.type, attributes));
    });
  }

  applyAll(writes: readonly RecordWrite[], decide: DecideAll): Promise<BatchOutcome> {
    return settled(() => {
      const ids = writes.map(({ base }) => idFrom(this.type, base.attributes));
      const missing = ids.filter((id) => !this.#states.has(idText(id)));
      if (missing.length > 0) return { kind: "missing", ids: missing };
      const stale = new Map<number, RecordState>();
      for (const [index, { base, scope }] of writes.entries()) {
        const current = this.#load(ids[index]!, scope)!;
        if (current.version !== base.version) stale.set(index, current);
      }
      const decided = stale.size === 0 ? new Map<number, readonly Change[]>() : decide(stale);
      const merged = new Map<number, RecordState>();
      for (const [index, { changes: mine, scope }] of writes.entries()) {
        const changes = stale.has(index) ? (decided.get(index) ?? []) : mine;
        if (changes.length > 0) this.#write(idText(ids[index]!), changes);
        if (stale.has(index)) merged.set(index, this.#load(ids[index]!, scope)!);
      }
      return { kind: "applied", merged };
    });
  }

  list({ conditions, sort, limit, after, scope }: StoreQuery): Promise<StorePage> {
    return settled(() => {
      const marker = after && this.#states.get(idText(after));
      if (after !== undefined && marker === undefined) return { kind: "no-marker" };
      const states = [...this.#states.values()]
        .filter((state) => meets(this.type, state, conditions))
        .filter((state) => marker === undefined || compareStates(this.type, marker, state, sort) < 0)
        .sort((left, right) => compareStates(this.type, left, right, sort));
      const page = states.slice(0, limit).map((state) => within(state, scope));
      return { kind: "page", states: page, more: states.length > limit };
    });
  }

  #check(base: RecordState, scope?: EntryScope): ApplyOutcome {
    const current = this.#load(idFrom(this.type, base.attributes), scope);
    if (current === undefined) return { kind: "missing" };
    return current.version === base.version ? { kind: "applied" } : { kind: "stale", current };
  }

  #write(key: string, changes: readonly Change[]): void {
    this.#states.set(key, apply(this.#states.get(key)!, changes));
  }

  #load(id: RecordId, scope?: EntryScope): RecordState | undefined {
    const state = this.#states.get(idText(id));
    return state && within(state, scope);
  }

  #key(state: RecordState): string {
    return idText(idFrom(this.type, state.attributes));
  }
}

/** Runs `work` now and answers as a database would: later, and with a rejection where it throws. */
function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
