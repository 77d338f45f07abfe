import { apply } from "../diff/apply.js";
import { requireOptions } from "../arguments.js";
import { allExist, BatchConflictError, BatchRemovedError, noneOf } from "./batch-errors.js";
import { checkScope } from "./check-scope.js";
import type { Change } from "../diff/change.js";
import { ConflictError, DistinctionError, InvalidValueError, type Fault } from "../errors.js";
import { storeQuery, type ListPage, type ListQuery } from "../list-query.js";
import { removedMeanwhile } from "../record-errors.js";
import { idText, recordId, type RecordId } from "../record/record-id.js";
import type { PendingSave } from "./save-plan.js";
import { isGuarded, saveRules } from "./save-rules.js";
import type { EntryScope, RecordState } from "../record/record-state.js";
import { keyNames, type AnyRecordType, type Attributes, type IdOf, type RecordOf } from "../types/record-type.js";
import type { RecordStore } from "../record-store.js";
import type { RepositoryContext } from "../repository-context.js";
import type { Backoff } from "./retry.js";
import { SAVE_OPTIONS, WRITE_OPTIONS, type SaveOptions, type SaveResult, type WriteOptions } from "./save-options.js";
import { TrackedRecord } from "../record/tracked-record.js";

/** Most records asked of a store in one call. */
const MOST_LOADED = 1_000;

/** Several records at a time: the work of a repository that has a statement for many of them. */
export class BatchSaver<R extends AnyRecordType> {
  constructor(private readonly context: RepositoryContext<R>) {}

  async getMany(given: readonly IdOf<R>[], scope: EntryScope | undefined, store: RecordStore): Promise<RecordOf<R>[]> {
    checkScope(this.context.type, scope);
    const texts = given.map((id) => recordId(this.context.type, id)).map((id) => [idText(id), id] as const);
    const ids = new Map(texts);
    const records = new Map<string, RecordOf<R>>();
    const missing: RecordId[] = [];
    const asked = [...ids.values()];
    for (let start = 0; start < asked.length; start += MOST_LOADED) {
      const part = asked.slice(start, start + MOST_LOADED);
      const states = await store.load(part, scope);
      for (const [index, id] of part.entries()) {
        const state = states[index];
        if (state === undefined) missing.push(id);
        else records.set(idText(id), this.context.tracker.give(state, scope));
      }
    }
    if (missing.length > 0) throw noneOf(this.context.type, missing);
    return texts.map(([text]) => records.get(text)!); // one object per record, however often it was asked for
  }

  async addAll(records: readonly RecordOf<R>[], options: WriteOptions): Promise<void> {
    requireOptions(this.context.type.name, WRITE_OPTIONS, options);
    const states = this.#checked(records, (record) => this.context.created(record));
    this.#refuseCopies(states);
    if (states.length === 0) return;
    const patience = this.context.waiting.patience("addAll", options, () => ({}));
    const taken = await this.context.storeFor(options, patience).insertAll(states);
    if (taken.length > 0) throw allExist(this.context.type, taken);
    for (const [index, state] of states.entries()) this.context.tracker.adopt(records[index]!, state);
  }

  async saveAll(records: readonly RecordOf<R>[], options: SaveOptions): Promise<SaveResult[]> {
    requireOptions(this.context.type.name, SAVE_OPTIONS, options);
    const tracked = records.map((record) => this.context.tracker.of(record));
    this.#refuseCopies(tracked.map(({ original }) => original));
    const patience = this.context.waiting.patience("saveAll", options, () => ({}));
    return TrackedRecord.inTurns(tracked, () => this.#saveAll(records, options, patience), patience);
  }

  async list(query: ListQuery<R>, store: RecordStore): Promise<ListPage<RecordOf<R>, IdOf<R>>> {
    const checked = storeQuery(this.context.type, query);
    const page = await store.list(checked);
    if (page.kind === "no-marker") {
      const message = `${this.context.type.name} ${idText(checked.after!)}, after which to list, does not exist`;
      throw new DistinctionError("MARKER_NOT_FOUND", message);
    }
    const last = page.states.at(-1);
    return {
      records: page.states.map((state) => this.context.tracker.give(state, checked.scope)),
      next: page.more && last !== undefined ? this.#shownId(last) : undefined,
    };
  }

  async #saveAll(
    records: readonly RecordOf<R>[],
    options: SaveOptions,
    patience: Backoff | undefined,
  ): Promise<SaveResult[]> {
    const rules = saveRules(this.context.type, options);
    const all = this.#checked(records, (record) =>
      this.context.plan.capture(record, this.context.tracker.of(record), rules),
    );
    const pending = isGuarded(rules) ? all : all.filter(({ mine }) => mine.length > 0);
    const merged =
      pending.length === 0 ? new Map<TrackedRecord, number>() : await this.#write(pending, options, patience);
    return all.map(({ tracked, mine }) => {
      const left = merged.get(tracked) ?? mine.length;
      const retries = merged.has(tracked) ? 1 : 0;
      const { version } = tracked.original;
      const { observer } = this.context;
      if (observer !== undefined) {
        const event = { ...this.context.event(this.context.idOf(tracked.original)), retries };
        if (retries > 0) observer.retried(event);
        observer.saved({ ...event, version, changes: left });
      }
      return { version, written: left > 0, retries };
    });
  }

  /** Answers how many changes were left to write of each record for which another writer came first. */
  async #write(
    pending: readonly PendingSave[],
    options: SaveOptions,
    patience: Backoff | undefined,
  ): Promise<ReadonlyMap<TrackedRecord, number>> {
    const changes = pending.map(({ tracked, mine }) => this.context.plan.stamped(tracked.original, mine));
    const writes = pending.map(({ tracked: { original, scope } }, index) => ({
      base: original,
      changes: changes[index]!,
      scope,
    }));
    let rebased: ReadonlyMap<number, readonly Change[]> = new Map();
    const outcome = await this.context
      .storeFor(options, patience)
      .applyAll(writes, (stale) => (rebased = this.#rebased(pending, stale)));
    if (outcome.kind === "missing") throw this.#gone(outcome.ids, pending);
    const merged = new Map<TrackedRecord, number>();
    for (const [index, { tracked, mine }] of pending.entries()) {
      const state = outcome.merged.get(index);
      if (state === undefined) {
        if (mine.length > 0) tracked.advance(mine, changes[index]!);
      } else {
        merged.set(tracked, rebased.get(index)?.length ?? 0);
        tracked.settle(apply(tracked.original, mine), state);
      }
    }
    return merged;
  }

  /** All stale records on top of what is stored now, or all conflicts. */
  #rebased(
    pending: readonly PendingSave[],
    stale: ReadonlyMap<number, RecordState>,
  ): ReadonlyMap<number, readonly Change[]> {
    const conflicts: ConflictError[] = [];
    const changes = new Map<number, readonly Change[]>();
    for (const [index, current] of [...stale].sort(([left], [right]) => left - right)) {
      try {
        changes.set(index, this.context.plan.rebased(pending[index]!, current, 1));
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        conflicts.push(error);
      }
    }
    const [first, ...others] = conflicts;
    if (first !== undefined) {
      for (const conflict of conflicts) this.context.observer?.conflicted(conflict);
      throw new BatchConflictError([first, ...others]);
    }
    return changes;
  }

  /** What `check` makes of each record; all faults of all records are told at once. */
  #checked<T>(records: readonly RecordOf<R>[], check: (record: RecordOf<R>) => T): T[] {
    const faults: Fault[] = [];
    const checked: T[] = [];
    for (const [index, record] of records.entries()) {
      try {
        checked.push(check(record));
      } catch (error) {
        if (!(error instanceof InvalidValueError)) throw error;
        const { id } = error;
        for (const { path, reason } of error.faults) {
          faults.push({ ...(id !== undefined && { id }), path: `[${index}].${path}`, reason });
        }
      }
    }
    if (faults.length > 0) throw new InvalidValueError(this.context.type.name, faults);
    return checked;
  }

  /** Two objects of one record: each would take the other's write for a foreign one. */
  #refuseCopies(states: readonly RecordState[]): void {
    const seen = new Map<string, number>();
    const faults: Fault[] = [];
    for (const [index, state] of states.entries()) {
      const id = this.context.textOf(state);
      const first = seen.get(id);
      if (first === undefined) seen.set(id, index);
      else
        faults.push({
          path: `[${index}]`,
          reason: `is ${id} again, as [${first}]: a batch takes one object of each record`,
        });
    }
    if (faults.length > 0) throw new InvalidValueError(this.context.type.name, faults);
  }

  #gone(ids: readonly RecordId[], pending: readonly PendingSave[]): BatchRemovedError {
    const gone = new Set(ids.map(idText));
    const originals = pending.map(({ tracked }) => tracked.original);
    const [first, ...others] = originals
      .filter((original) => gone.has(this.context.textOf(original)))
      .map((original) => removedMeanwhile(this.context.type, original));
    return new BatchRemovedError([first!, ...others]);
  }

  #shownId({ attributes }: RecordState): IdOf<R> {
    const shown = keyNames(this.context.type).map((name) => {
      return [name, (this.context.type.attributes as Attributes)[name]!.expose(attributes[name])] as const;
    });
    return (typeof this.context.type.key === "string" ? shown[0]![1] : Object.fromEntries(shown)) as IdOf<R>;
  }
}
