import { apply } from "./apply.js";
import type { Change } from "./change.js";
import { changeSet, type ChangeSet } from "./change-set.js";
import { canonical } from "./diff.js";
import { ConflictError } from "./errors.js";
import { explanation, type Explanation } from "./explanation.js";
import { observed, type RecordEvent } from "./observer.js";
import { rebase, type RebaseRules } from "./rebase.js";
import { conflict, notFound } from "./record-errors.js";
import { RecordChecks } from "./record-checks.js";
import { idFrom, idText, type RecordId } from "./record-id.js";
import { within, type EntryScope, type RecordState } from "./record-state.js";
import { storeBy, type RecordStore } from "./record-store.js";
import type { AnyRecordType, Attributes, RecordOf } from "./record-type.js";
import { Backoff, DEFAULT_RETRY, retrySettings, type RetrySettings } from "./retry.js";
import { isGuarded, saveRules } from "./save-rules.js";
import { SaveLanes, type Stored } from "./save-lanes.js";
import type { RepositoryEnvironment } from "./repository-environment.js";
import type { SaveOptions, SaveRequest, SaveResult } from "./save-options.js";
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
  readonly checks: RecordChecks<R>;

  constructor(
    private readonly type: R,
    private readonly store: RecordStore,
    private readonly environment: RepositoryEnvironment,
  ) {
    this.#retry = retrySettings(environment.retry);
    this.checks = new RecordChecks(type);
  }

  /**
   * What the caller changed, checked.
   *
   * @param rules as `saveRules` answers them
   * @throws InvalidValueError
   */
  capture(record: RecordOf<R>, tracked: TrackedRecord, rules: RebaseRules): PendingSave {
    const mine = tracked.changes(rules.force);
    if (mine.length > 0) this.checks.edited(record, { before: tracked.original, changes: mine });
    else if (isGuarded(rules)) this.checks.open(record, tracked.original);
    return { tracked, mine, rules };
  }

  /** What a save would do. */
  async explain(record: RecordOf<R>, tracked: TrackedRecord, options: SaveOptions): Promise<Explanation> {
    const { mine, rules } = this.capture(record, tracked, saveRules(this.type, options));
    const { original } = tracked;
    const changes = this.changeSet(original, this.stamped(original, mine));
    const isNothing = mine.length === 0 && !isGuarded(rules);
    const statements = await storeBy(this.store, options.actor).explain?.(original, changes);
    return explanation(this.type, changes, rules, statements && isNothing ? [] : statements);
  }

  /** Writes what changed. */
  save(record: RecordOf<R>, tracked: TrackedRecord, options: SaveRequest): Promise<SaveResult> {
    const { observer } = this.environment;
    const work = (): Promise<SaveResult> => this.#save(record, tracked, options);
    if (observer === undefined) return work();
    const subject = (): RecordEvent => this.#event(this.#idOf(tracked.original));
    // A conflict amid `update` is no refusal yet.
    return observed(observer, "save", subject, () => (options.derived === true ? work() : this.telling(work)));
  }

  /** Tells the observer of a conflict that `work` ends in. */
  async telling<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConflictError) this.environment.observer?.conflicted?.(error);
      throw error;
    }
  }

  async #save(record: RecordOf<R>, tracked: TrackedRecord, options: SaveRequest): Promise<SaveResult> {
    const pending = this.capture(record, tracked, saveRules(this.type, options));
    const { original } = tracked;
    const id = this.#idOf(original);
    if (pending.mine.length === 0) {
      if (!isGuarded(pending.rules)) return this.saved(id, original.version, 0, 0);
      return this.#verify(pending, id, storeBy(this.store, options.actor));
    }
    const backoff = this.backoff("save", id, options);
    const store = this.storeFor(options, backoff);
    return this.#inLane(id, options, (before, tell) => this.#write(store, pending, id, backoff, before, tell));
  }

  /** The store as it writes with these options. */
  storeFor(options: SaveOptions, backoff: Backoff): RecordStore {
    const store = storeBy(this.store, options.actor);
    return this.#isHurried(options) ? (store.within?.(backoff) ?? store) : store;
  }

  /** Waiting has to end with the signal or deadline: such a save takes its chances at the database. */
  #inLane<T>(
    id: RecordId,
    options: SaveOptions,
    write: (before: Stored | undefined, tell: (stored: Stored) => void) => Promise<T>,
  ): Promise<T> {
    return this.#isHurried(options) ? write(undefined, () => undefined) : this.#lanes.run(idText(id), write);
  }

  /** Whether the caller waits for less long than the database would by itself. */
  #isHurried({ signal, deadline = this.#retry.deadline }: SaveOptions): boolean {
    return signal !== undefined || deadline < DEFAULT_RETRY.deadline;
  }

  /** Nothing is to be written, but the caller wants to know that what the decision rests on is still so. */
  async #verify(pending: PendingSave, id: RecordId, store: RecordStore): Promise<SaveResult> {
    const { original, scope } = pending.tracked;
    const outcome = await store.verify(original, scope);
    if (outcome.kind === "missing") throw notFound(this.type, id);
    if (outcome.kind === "applied") return this.saved(id, original.version, 0, 0);
    this.rebased(pending, outcome.current, 1);
    return this.#nothingLeft(pending, id, outcome.current, 1);
  }

  async #write(
    store: RecordStore,
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
      if (changes.length === 0) return this.#nothingLeft(pending, id, base, retries);
      observer?.retried?.({ ...this.#event(id), retries });
    }
    for (let attempt = 1; attempt <= this.#retry.optimisticAttempts; attempt++) {
      if (attempt > 1) await backoff.pause();
      const outcome = await store.apply(base, this.changeSet(base, changes), scope);
      if (outcome.kind === "missing") throw notFound(this.type, id);
      if (outcome.kind === "applied") {
        if (base === original) tracked.advance(mine, changes);
        else tracked.settle(apply(original, mine), apply(base, changes));
        if (scope === undefined) tell(() => apply(base, changes)); // a part of the record would not do for others
        return this.saved(id, base.version + 1, retries, changes.length);
      }
      base = outcome.current;
      changes = this.rebased(pending, base, ++retries);
      if (changes.length === 0) return this.#nothingLeft(pending, id, base, retries);
      observer?.retried?.({ ...this.#event(id), retries });
    }

    backoff.check();
    const decide = (current: RecordState): readonly Change[] => (changes = this.rebased(pending, current, retries + 1));
    const state = await this.#revised(store, id, scope, retries, decide);
    tracked.settle(apply(original, mine), state);
    if (scope === undefined) tell(() => state);
    return this.saved(id, state.version, retries, changes.length);
  }

  /** Writes under a lock what `decide` makes of the record as it is stored, and answers what is stored then. */
  locked(
    store: RecordStore,
    id: RecordId,
    options: SaveOptions & { readonly scope?: EntryScope },
    retries: number,
    decide: (current: RecordState) => readonly Change[],
  ): Promise<RecordState> {
    return this.#inLane(id, options, async (_before, tell) => {
      const state = await this.#revised(store, id, options.scope, retries, decide);
      if (options.scope === undefined) tell(() => state);
      return state;
    });
  }

  async #revised(
    store: RecordStore,
    id: RecordId,
    scope: EntryScope | undefined,
    retries: number,
    decide: (current: RecordState) => readonly Change[],
  ): Promise<RecordState> {
    this.environment.observer?.escalated?.({ ...this.#event(id), retries });
    const revision = await store.revise(id, decide, scope);
    if (revision.kind === "missing") throw notFound(this.type, id);
    return revision.state;
  }

  /** Others have written all that was to be written. */
  #nothingLeft({ tracked, mine }: PendingSave, id: RecordId, current: RecordState, retries: number): SaveResult {
    tracked.settle(apply(tracked.original, mine), current);
    return this.saved(id, current.version, retries, 0);
  }

  /** The answer to a save that succeeded, after telling it. */
  saved(id: RecordId, version: number, retries: number, changes: number): SaveResult {
    this.environment.observer?.saved?.({ ...this.#event(id), version, retries, changes });
    return { version, written: changes > 0, retries };
  }

  #event(id: RecordId): RecordEvent {
    return { record: this.type.name, id: idText(id) };
  }

  #idOf({ attributes }: RecordState): RecordId {
    return idFrom(this.type, attributes);
  }

  /**
   * My changes on top of `current`, checked as a whole: two valid edits can make an invalid record.
   *
   * @throws ConflictError, InvalidMergeError
   */
  rebased({ tracked, mine, rules }: PendingSave, current: RecordState, attempts: number): readonly Change[] {
    const { original, scope } = tracked;
    const rebased = rebase(this.type, original, mine, current, rules);
    if (rebased.kind === "conflict") throw conflict(this.type, original, current, attempts, rebased.overlaps);
    const { changes } = rebased;
    if (changes.length > 0) this.checks.merged({ before: current, changes }, scope);
    return this.stamped(current, rebased.changes);
  }

  /** The changes with the time of the write, where the record type keeps it. */
  stamped(base: RecordState, changes: readonly Change[]): readonly Change[] {
    const attribute = this.type.stamp;
    if (attribute === undefined || changes.length === 0) return changes;
    const from = base.attributes[attribute];
    const to = (this.type.attributes as Attributes)[attribute]!.capture(new Date(this.environment.clock.now()));
    return canonical(this.type, [...changes, { kind: "attribute.set", attribute, from, to }]);
  }

  changeSet(base: RecordState, changes: readonly Change[]): ChangeSet {
    return changeSet(this.type.name, idFrom(this.type, base.attributes), base.version, changes);
  }

  backoff(what: string, id: RecordId, { signal, deadline }: Pick<SaveOptions, "signal" | "deadline">): Backoff {
    const settings = deadline === undefined ? this.#retry : retrySettings({ ...this.#retry, deadline });
    const subject = `${what} of ${this.type.name} ${idText(id)}`;
    return new Backoff(subject, settings, this.environment.clock, this.environment.random, signal);
  }
}
