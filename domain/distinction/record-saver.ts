import { apply } from "./apply.js";
import type { Change } from "./change.js";
import { changeSet, type ChangeSet } from "./change-set.js";
import { canonical } from "./diff.js";
import { ConflictError, InvalidValueError } from "./errors.js";
import type { RecordEvent } from "./observer.js";
import { rebase, type RebaseRules } from "./rebase.js";
import { conflict, notFound } from "./record-errors.js";
import { recordFrom, strangers } from "./record.js";
import { idFrom, idText, type RecordId } from "./record-id.js";
import { within, type RecordState } from "./record-state.js";
import type { RecordStore } from "./record-store.js";
import type { AnyRecordType, Attributes, Collections, RecordOf } from "./record-type.js";
import { Backoff, DEFAULT_RETRY, type RetrySettings } from "./retry.js";
import { SaveLanes, type Stored } from "./save-lanes.js";
import type { RepositoryEnvironment, SaveOptions, SaveResult } from "./save-options.js";
import type { TrackedRecord } from "./tracked-record.js";

/** One record's changes on their way into the store. */
export interface PendingSave {
  readonly tracked: TrackedRecord;
  /** The caller's changes, against `tracked.original`. */
  readonly mine: readonly Change[];
  readonly rules: RebaseRules;
}

/** Writes what changed in one record: optimistically, then, where others keep coming first, under a lock. */
export class RecordSaver<R extends AnyRecordType> {
  readonly #retry: RetrySettings;
  readonly #lanes = new SaveLanes();

  constructor(
    private readonly type: R,
    private readonly store: RecordStore,
    private readonly environment: RepositoryEnvironment,
  ) {
    this.#retry = { ...DEFAULT_RETRY, ...environment.retry };
  }

  /**
   * What the caller changed, checked.
   *
   * @throws InvalidValueError
   */
  capture(record: RecordOf<R>, tracked: TrackedRecord, options: SaveOptions): PendingSave {
    const rules = this.#rules(options);
    const mine = tracked.changes(rules.force);
    if (mine.length > 0) this.validate(record);
    return { tracked, mine, rules };
  }

  /** Writes what changed, under the eyes of the observer. */
  async save(record: RecordOf<R>, tracked: TrackedRecord, options: SaveOptions): Promise<SaveResult> {
    const { observer } = this.environment;
    if (observer === undefined) return this.#save(record, tracked, options);
    const event = this.#event(tracked.original);
    const work = async (): Promise<SaveResult> => {
      try {
        return await this.#save(record, tracked, options);
      } catch (error) {
        if (error instanceof ConflictError) observer.conflicted?.(error);
        throw error;
      }
    };
    return observer.around === undefined ? work() : observer.around("save", event, work);
  }

  async #save(record: RecordOf<R>, tracked: TrackedRecord, options: SaveOptions): Promise<SaveResult> {
    const pending = this.capture(record, tracked, options);
    const { original } = tracked;
    if (pending.mine.length === 0) return this.#saved(original, original.version, 0, 0);
    const id = idFrom(this.type, original.attributes);
    const backoff = this.backoff("save", id, options);
    // A signal has to end all waiting at once: such a save takes its chances at the database.
    if (options.signal !== undefined) return this.#write(pending, id, backoff, undefined, () => undefined);
    return this.#lanes.run(idText(id), (before, tell) => this.#write(pending, id, backoff, before, tell));
  }

  async #write(
    pending: PendingSave,
    id: RecordId,
    backoff: Backoff,
    before: Stored | undefined,
    tell: (stored: Stored) => void,
  ): Promise<SaveResult> {
    const { tracked, mine } = pending;
    const { original, scope } = tracked;
    const { observer } = this.environment;
    let base = original;
    let changes = this.stamped(original, mine);
    let retries = 0;
    const ahead = before?.();
    if (ahead !== undefined && ahead.version > original.version) {
      backoff.check();
      base = within(ahead, scope);
      changes = this.rebased(pending, base, ++retries);
      if (changes.length === 0) return this.#nothingLeft(pending, base, retries);
      observer?.retried?.({ ...this.#event(original), retries });
    }
    for (let attempt = 1; attempt <= this.#retry.optimisticAttempts; attempt++) {
      if (attempt > 1) await backoff.pause();
      const outcome = await this.store.apply(base, this.changeSet(base, changes), scope);
      if (outcome.kind === "missing") throw notFound(this.type, id);
      if (outcome.kind === "applied") {
        if (base === original) tracked.advance(mine, changes);
        else tracked.settle(apply(original, mine), apply(base, changes));
        if (scope === undefined) tell(() => apply(base, changes)); // a part of the record would not do for others
        return this.#saved(original, base.version + 1, retries, changes.length);
      }
      base = outcome.current;
      changes = this.rebased(pending, base, ++retries);
      if (changes.length === 0) return this.#nothingLeft(pending, base, retries);
      observer?.retried?.({ ...this.#event(original), retries });
    }

    backoff.check();
    observer?.escalated?.({ ...this.#event(original), retries });
    const decide = (current: RecordState): readonly Change[] => (changes = this.rebased(pending, current, retries + 1));
    const revision = await this.store.revise(id, decide, scope);
    if (revision.kind === "missing") throw notFound(this.type, id);
    tracked.settle(apply(original, mine), revision.state);
    if (scope === undefined) tell(() => revision.state);
    return this.#saved(original, revision.state.version, retries, changes.length);
  }

  /** Others have written all that was to be written. */
  #nothingLeft({ tracked, mine }: PendingSave, current: RecordState, retries: number): SaveResult {
    const { original } = tracked;
    tracked.settle(apply(original, mine), current);
    return this.#saved(original, current.version, retries, 0);
  }

  #saved(original: RecordState, version: number, retries: number, changes: number): SaveResult {
    this.environment.observer?.saved?.({ ...this.#event(original), version, retries, changes });
    return { version, written: changes > 0, retries };
  }

  #event(original: RecordState): RecordEvent {
    return { record: this.type.name, id: idText(idFrom(this.type, original.attributes)) };
  }

  /**
   * My changes on top of `current`, checked as a whole: two valid edits can make an invalid record.
   *
   * @throws ConflictError, InvalidValueError
   */
  rebased({ tracked, mine, rules }: PendingSave, current: RecordState, attempts: number): readonly Change[] {
    const { original, scope } = tracked;
    const rebased = rebase(this.type, original, mine, current, rules);
    if (rebased.kind === "conflict") throw conflict(this.type, original, current, attempts, rebased.overlaps);
    if (this.type.validate) this.validate(recordFrom(this.type, apply(current, rebased.changes), scope));
    return this.stamped(current, rebased.changes);
  }

  /** The changes with the time of the write, where the record type keeps it. */
  stamped(base: RecordState, changes: readonly Change[]): readonly Change[] {
    const attribute = this.type.stamp;
    if (attribute === undefined || changes.length === 0) return changes;
    const from = base.attributes[attribute];
    const to = (this.type.attributes as Attributes)[attribute]!.capture(new Date(this.environment.clock.now()));
    return canonical([...changes, { kind: "attribute.set", attribute, from, to }]);
  }

  /** @throws InvalidValueError with the faults that the record type's own `validate` finds */
  validate(record: RecordOf<R>): void {
    const faults = this.type.validate?.(record as RecordOf<AnyRecordType>) ?? [];
    if (faults.length > 0) throw new InvalidValueError(this.type.name, faults);
  }

  changeSet(base: RecordState, changes: readonly Change[]): ChangeSet {
    return changeSet(this.type.name, idFrom(this.type, base.attributes), base.version, changes);
  }

  backoff(what: string, id: RecordId, { signal, deadline }: Pick<SaveOptions, "signal" | "deadline">): Backoff {
    const settings = deadline === undefined ? this.#retry : { ...this.#retry, deadline };
    const subject = `${what} of ${this.type.name} ${idText(id)}`;
    return new Backoff(subject, settings, this.environment.clock, this.environment.random, signal);
  }

  /** A guard that names nothing would guard nothing, and force nothing: misspelt ones are refused. */
  #rules({ mode = "merge", expect = [], force = [] }: SaveOptions): RebaseRules {
    if (mode !== "merge" && mode !== "strict") {
      throw new InvalidValueError(this.type.name, [{ path: "mode", reason: "one of merge, strict" }]);
    }
    const collections = this.type.collections as Collections;
    const faults = strangers(this.type, [
      ...expect,
      ...force.map((subject) => (typeof subject === "string" ? subject : subject[0])),
    ]);
    for (const subject of force) {
      const name = typeof subject === "string" ? subject : subject[0];
      const isEntry = typeof subject !== "string";
      if (Object.hasOwn(collections, name) === isEntry) continue;
      const reason = isEntry ? "is no collection: force it by its name" : "is a collection: force [collection, key]";
      faults.push({ path: name, reason });
    }
    if (faults.length > 0) throw new InvalidValueError(this.type.name, faults);
    return { mode, expect, force };
  }
}
