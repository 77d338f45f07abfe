import { apply } from "./apply.js";
import type { Change } from "./change.js";
import { changeSet, type ChangeSet } from "./change-set.js";
import type { Clock } from "./clock.js";
import { canonical } from "./diff.js";
import { ConflictError, DistinctionError, InvalidValueError } from "./errors.js";
import { newRecord, newState } from "./new-record.js";
import type { Overlap } from "./overlap.js";
import { foreignChanges, rebase, type RebaseRules } from "./rebase.js";
import { recordFrom, strangers } from "./record.js";
import { idFrom, idText, recordId, type RecordId } from "./record-id.js";
import { within, type EntryScope, type RecordState } from "./record-state.js";
import type { RecordStore } from "./record-store.js";
import type { AnyRecordType, Attributes, IdOf, NewRecordOf, RecordOf } from "./record-type.js";
import { Backoff, DEFAULT_RETRY, type RetrySettings } from "./retry.js";
import { TrackedRecord } from "./tracked-record.js";

export interface SaveOptions {
  /** `merge` (default) combines with other writers' changes; `strict` refuses any. */
  readonly mode?: "merge" | "strict";
  /** Attributes that the decision to save rests on: a foreign change of one is a conflict. */
  readonly expect?: readonly string[];
  /** Ends waiting and retrying; a write under way is finished or rolled back first. */
  readonly signal?: AbortSignal;
}

export interface SaveResult {
  /** The record's version now. */
  readonly version: number;
  /** Whether anything had changed; if not, no statement was sent. */
  readonly written: boolean;
  /** How often other writers came first. */
  readonly retries: number;
}

/** What the repository needs from outside: time and randomness. */
export interface RepositoryEnvironment {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly retry?: Partial<RetrySettings>;
}

/**
 * A repository that remembers the original of every record it gives out, writes only what changed, and merges with
 * whoever wrote in between. Records are plain objects; the originals are kept beside them.
 */
export class DistinctRepository<R extends AnyRecordType> {
  readonly #tracked = new WeakMap<object, TrackedRecord>();
  readonly #retry: RetrySettings;

  constructor(
    readonly type: R,
    private readonly store: RecordStore,
    private readonly environment: RepositoryEnvironment,
  ) {
    this.#retry = { ...DEFAULT_RETRY, ...environment.retry };
  }

  /**
   * Loads a record. `scope` limits collections to some keys.
   *
   * @throws DistinctionError `RECORD_NOT_FOUND`
   */
  async get(id: IdOf<R>, scope?: EntryScope): Promise<RecordOf<R>> {
    const record = await this.find(id, scope);
    if (record === undefined) throw this.#notFound(recordId(this.type, id));
    return record;
  }

  /** Loads a record, or answers `undefined` where there is none. */
  async find(id: IdOf<R>, scope?: EntryScope): Promise<RecordOf<R> | undefined> {
    const [state] = await this.store.load([recordId(this.type, id)], scope);
    return state && this.#track(recordFrom(this.type, state, scope), state, scope);
  }

  /**
   * A record that is not stored yet; attributes left out get their initial value.
   *
   * @throws InvalidValueError
   */
  create(values: NewRecordOf<R>): RecordOf<R> {
    return newRecord(this.type, values);
  }

  /**
   * Stores a new record. It can be changed and saved from now on.
   *
   * @throws InvalidValueError
   * @throws DistinctionError `RECORD_EXISTS`
   */
  async add(record: RecordOf<R>): Promise<void> {
    const state = newState(this.type, record);
    this.#validate(record);
    if ((await this.store.insert(state)) === "duplicate") {
      const id = idText(idFrom(this.type, state.attributes));
      throw new DistinctionError("RECORD_EXISTS", `${this.type.name} ${id} exists already`);
    }
    this.#track(record, state, undefined);
    this.#trackedRecord(record).settle(state, state);
  }

  /**
   * What a save would write.
   *
   * @throws InvalidValueError
   */
  changes(record: RecordOf<R>): ChangeSet {
    const tracked = this.#trackedRecord(record);
    return this.#changeSet(tracked.original, tracked.changes());
  }

  /** The version of the stored record that this object was loaded from or last saved as. */
  versionOf(record: RecordOf<R>): number {
    return this.#trackedRecord(record).original.version;
  }

  /**
   * Writes what the caller changed. Where other writers came first, merges with their changes and tries again; on
   * success they show in the object. On failure the object stays as it is, and can be saved again.
   *
   * @throws ConflictError where an overlap is refused
   * @throws InvalidValueError listing every value that breaks a rule; nothing was sent
   * @throws DistinctionError `RECORD_NOT_FOUND` (deleted meanwhile), `RECORD_REMOVED`, `UNTRACKED_RECORD`, `ABORTED`
   */
  async save(record: RecordOf<R>, options: SaveOptions = {}): Promise<SaveResult> {
    return this.#trackedRecord(record).inTurn(() => this.#save(record, options));
  }

  /**
   * Loads, runs `mutate`, saves; on a conflict does all three again. `mutate` may therefore run several times and must
   * have no effect but on the record.
   *
   * @throws as `get` and `save`; the last conflict where `mutate` ran `updateAttempts` times
   */
  async update(
    id: IdOf<R>,
    mutate: (record: RecordOf<R>) => void | Promise<void>,
    options: SaveOptions & { readonly scope?: EntryScope } = {},
  ): Promise<SaveResult> {
    const backoff = this.#backoff("update", recordId(this.type, id), options.signal);
    for (let attempt = 1; ; attempt++) {
      const record = await this.get(id, options.scope);
      await mutate(record);
      try {
        const result = await this.save(record, options);
        return { ...result, retries: result.retries + attempt - 1 };
      } catch (error) {
        if (!(error instanceof ConflictError) || attempt >= this.#retry.updateAttempts) throw error;
      }
      await backoff.pause();
    }
  }

  /**
   * Deletes the record, unless somebody changed it since it was loaded: a removal never takes with it what it has not
   * seen.
   *
   * @throws ConflictError naming the foreign changes
   * @throws DistinctionError `RECORD_NOT_FOUND`, `RECORD_REMOVED`, `UNTRACKED_RECORD`
   */
  async remove(record: RecordOf<R>): Promise<void> {
    return this.#trackedRecord(record).inTurn(() => this.#remove(record));
  }

  /** The record as it is stored now, as a new object; changes of this one that were not saved stay in this one. */
  async reload(record: RecordOf<R>): Promise<RecordOf<R>> {
    const { original, scope } = this.#trackedRecord(record);
    const id = idFrom(this.type, original.attributes);
    const [state] = await this.store.load([id], scope);
    if (state === undefined) throw this.#notFound(id);
    return this.#track(recordFrom(this.type, state, scope), state, scope);
  }

  async #save(record: RecordOf<R>, options: SaveOptions): Promise<SaveResult> {
    const tracked = this.#trackedRecord(record);
    const { original, scope } = tracked;
    const rules = this.#rules(options);
    const mine = tracked.changes();
    if (mine.length === 0) return { version: original.version, written: false, retries: 0 };
    this.#validate(record);

    const id = idFrom(this.type, original.attributes);
    const backoff = this.#backoff("save", id, options.signal);
    let base = original;
    let pending = this.#stamped(original, mine);
    for (let retries = 0; retries < this.#retry.optimisticAttempts; retries++) {
      if (retries > 0) await backoff.pause();
      const outcome = await this.store.apply(base, this.#changeSet(base, pending), scope);
      if (outcome.kind === "missing") throw this.#notFound(id);
      if (outcome.kind === "applied") {
        if (base === original) tracked.advance(mine, pending);
        else tracked.settle(apply(original, mine), apply(base, pending));
        return { version: base.version + 1, written: true, retries };
      }
      base = outcome.current;
      pending = this.#rebased(tracked, mine, base, rules, retries + 1);
      if (pending.length === 0) {
        tracked.settle(apply(original, mine), base);
        return { version: base.version, written: false, retries: retries + 1 };
      }
    }

    backoff.check();
    const retries = this.#retry.optimisticAttempts;
    const decide = (current: RecordState): readonly Change[] =>
      (pending = this.#rebased(tracked, mine, current, rules, retries + 1));
    const revision = await this.store.revise(id, decide, scope);
    if (revision.kind === "missing") throw this.#notFound(id);
    tracked.settle(apply(original, mine), revision.state);
    return { version: revision.state.version, written: pending.length > 0, retries };
  }

  async #remove(record: RecordOf<R>): Promise<void> {
    const tracked = this.#trackedRecord(record);
    const { original, scope } = tracked;
    const outcome = await this.store.remove(original);
    if (outcome.kind === "missing") throw this.#notFound(idFrom(this.type, original.attributes));
    if (outcome.kind === "stale") {
      const overlaps = foreignChanges(this.type, original, within(outcome.current, scope));
      throw this.#conflict(original, outcome.current, 1, overlaps);
    }
    tracked.removed = true;
  }

  /** A guard that names nothing would guard nothing: a misspelt one is refused. */
  #rules({ mode = "merge", expect = [] }: SaveOptions): RebaseRules {
    const faults = strangers(this.type, expect);
    if (faults.length > 0) throw new InvalidValueError(this.type.name, faults);
    return { mode, expect };
  }

  /** My changes on top of `current`, checked as a whole: two valid edits can make an invalid record. */
  #rebased(
    { original, scope }: TrackedRecord,
    mine: readonly Change[],
    current: RecordState,
    rules: RebaseRules,
    attempts: number,
  ): readonly Change[] {
    const rebased = rebase(this.type, original, mine, current, rules);
    if (rebased.kind === "conflict") throw this.#conflict(original, current, attempts, rebased.overlaps);
    if (this.type.validate) this.#validate(recordFrom(this.type, apply(current, rebased.changes), scope));
    return this.#stamped(current, rebased.changes);
  }

  /** The changes with the time of the write, where the record type keeps it. */
  #stamped(base: RecordState, changes: readonly Change[]): readonly Change[] {
    const attribute = this.type.stamp;
    if (attribute === undefined || changes.length === 0) return changes;
    const from = base.attributes[attribute];
    const to = (this.type.attributes as Attributes)[attribute]!.capture(new Date(this.environment.clock.now()));
    return canonical([...changes, { kind: "attribute.set", attribute, from, to }]);
  }

  #validate(record: RecordOf<R>): void {
    const faults = this.type.validate?.(record) ?? [];
    if (faults.length > 0) throw new InvalidValueError(this.type.name, faults);
  }

  #track(record: RecordOf<R>, state: RecordState, scope: EntryScope | undefined): RecordOf<R> {
    this.#tracked.set(record, new TrackedRecord(this.type, record, state, scope));
    return record;
  }

  #trackedRecord(record: RecordOf<R>): TrackedRecord {
    const tracked = this.#tracked.get(record);
    if (tracked === undefined) {
      const message = `this ${this.type.name} was neither loaded nor added by this repository`;
      throw new DistinctionError("UNTRACKED_RECORD", message);
    }
    if (tracked.removed) throw new DistinctionError("RECORD_REMOVED", `this ${this.type.name} was removed`);
    return tracked;
  }

  #changeSet(base: RecordState, changes: readonly Change[]): ChangeSet {
    return changeSet(this.type.name, idFrom(this.type, base.attributes), base.version, changes);
  }

  #notFound(id: RecordId): DistinctionError {
    return new DistinctionError("RECORD_NOT_FOUND", `${this.type.name} ${idText(id)} does not exist`);
  }

  #conflict(
    original: RecordState,
    current: RecordState,
    attempts: number,
    overlaps: readonly Overlap[],
  ): ConflictError {
    return new ConflictError({
      record: this.type.name,
      id: idText(idFrom(this.type, original.attributes)),
      baseVersion: original.version,
      currentVersion: current.version,
      attempts,
      overlaps,
    });
  }

  #backoff(what: string, id: RecordId, signal: AbortSignal | undefined): Backoff {
    const subject = `${what} of ${this.type.name} ${idText(id)}`;
    return new Backoff(subject, this.#retry, this.environment.clock, this.environment.random, signal);
  }
}
