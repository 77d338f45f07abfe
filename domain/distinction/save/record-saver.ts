import { apply } from "../diff/apply.js";
import type { Change } from "../diff/change.js";
import { ConflictError } from "../errors.js";
import { explanation, type Explanation } from "./explanation.js";
import { observed, type RecordEvent } from "../observer.js";
import { notFound, removedMeanwhile } from "../record-errors.js";
import { idFrom, idText, type RecordId } from "../record/record-id.js";
import { within, type EntryScope, type RecordState } from "../record/record-state.js";
import { storeBy, storeWithin, type RecordStore } from "../record-store.js";
import type { AnyRecordType, RecordOf } from "../types/record-type.js";
import type { Backoff } from "./retry.js";
import { SavePlan, type PendingSave } from "./save-plan.js";
import { isGuarded, saveRules } from "./save-rules.js";
import { SaveLanes, type Stored } from "./save-lanes.js";
import type { RepositoryEnvironment } from "../repository-environment.js";
import type { SaveOptions, SaveRequest, SaveResult, WriteOptions } from "./save-options.js";
import type { TrackedRecord } from "../record/tracked-record.js";
import type { Waiting } from "./waiting.js";

/** Writes what changed in one record: optimistically, then, where others keep coming first, under a lock. */
export class RecordSaver<R extends AnyRecordType> {
  readonly #lanes = new SaveLanes();
  readonly plan: SavePlan<R>;

  constructor(
    private readonly type: R,
    private readonly store: RecordStore,
    private readonly environment: RepositoryEnvironment,
    private readonly waiting: Waiting,
  ) {
    this.plan = new SavePlan(type, environment.clock);
  }

  /** What a save would do. */
  async explain(record: RecordOf<R>, tracked: TrackedRecord, options: SaveOptions): Promise<Explanation> {
    const { mine, rules } = this.plan.capture(record, tracked, saveRules(this.type, options));
    const { original } = tracked;
    const changes = this.plan.changeSet(original, this.plan.stamped(original, mine));
    const isNothing = mine.length === 0 && !isGuarded(rules);
    const statements = await storeBy(this.store, options.actor).explain?.(original, changes);
    return explanation(this.type, changes, rules, statements && isNothing ? [] : statements);
  }

  /**
   * Writes what changed.
   *
   * @param patience the caller's, where it has an end
   */
  save(
    record: RecordOf<R>,
    tracked: TrackedRecord,
    options: SaveRequest,
    patience: Backoff | undefined,
  ): Promise<SaveResult> {
    const { observer } = this.environment;
    const work = (): Promise<SaveResult> => this.#save(record, tracked, options, patience);
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

  async #save(
    record: RecordOf<R>,
    tracked: TrackedRecord,
    options: SaveRequest,
    patience: Backoff | undefined,
  ): Promise<SaveResult> {
    const pending = this.plan.capture(record, tracked, saveRules(this.type, options));
    const { original } = tracked;
    const id = this.#idOf(original);
    const store = this.storeFor(options, patience);
    if (pending.mine.length === 0) {
      if (!isGuarded(pending.rules)) return this.saved(id, original.version, 0, 0);
      return this.#verify(pending, id, store);
    }
    const backoff = this.waiting.backoff("save", options, id, patience?.startedAt);
    return this.#inLane(id, patience, (before, tell) => this.#write(store, pending, id, backoff, before, tell));
  }

  /** The store as it writes with these options. */
  storeFor(options: WriteOptions, patience: Backoff | undefined): RecordStore {
    return storeWithin(storeBy(this.store, options.actor), patience);
  }

  /** Waiting has to end with the signal or deadline: such a save takes its chances at the database. */
  #inLane<T>(
    id: RecordId,
    patience: Backoff | undefined,
    write: (before: Stored | undefined, tell: (stored: Stored) => void) => Promise<T>,
  ): Promise<T> {
    return patience === undefined ? this.#lanes.run(idText(id), write) : write(undefined, () => undefined);
  }

  /** Nothing is to be written, but the caller wants to know that what the decision rests on is still so. */
  async #verify(pending: PendingSave, id: RecordId, store: RecordStore): Promise<SaveResult> {
    const { original, scope } = pending.tracked;
    const outcome = await store.verify(original, scope);
    if (outcome.kind === "missing") throw removedMeanwhile(this.type, original);
    if (outcome.kind === "applied") return this.saved(id, original.version, 0, 0);
    this.plan.rebased(pending, outcome.current, 1);
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
    let changes = this.plan.stamped(original, mine);
    let retries = 0;
    const ahead = before?.();
    if (ahead !== undefined && ahead.version > original.version) {
      backoff.check();
      base = within(ahead, scope);
      changes = this.plan.rebased(pending, base, ++retries);
      if (changes.length === 0) return this.#nothingLeft(pending, id, base, retries);
      observer?.retried?.({ ...this.#event(id), retries });
    }
    for (let attempt = 1; attempt <= this.waiting.settings.optimisticAttempts; attempt++) {
      if (attempt > 1) await backoff.pause();
      const outcome = await store.apply(base, this.plan.changeSet(base, changes), scope);
      if (outcome.kind === "missing") throw removedMeanwhile(this.type, original);
      if (outcome.kind === "applied") {
        if (base === original) tracked.advance(mine, changes);
        else tracked.settle(apply(original, mine), apply(base, changes));
        if (scope === undefined) tell(() => apply(base, changes)); // a part of the record would not do for others
        return this.saved(id, base.version + 1, retries, changes.length);
      }
      base = outcome.current;
      changes = this.plan.rebased(pending, base, ++retries);
      if (changes.length === 0) return this.#nothingLeft(pending, id, base, retries);
      observer?.retried?.({ ...this.#event(id), retries });
    }

    backoff.check();
    const decide = (current: RecordState): readonly Change[] =>
      (changes = this.plan.rebased(pending, current, retries + 1));
    const state = await this.#revised(store, id, scope, retries, decide, original);
    tracked.settle(apply(original, mine), state);
    if (scope === undefined) tell(() => state);
    return this.saved(id, state.version, retries, changes.length);
  }

  /** Writes under a lock what `decide` makes of the record as it is stored, and answers what is stored then. */
  locked(
    store: RecordStore,
    id: RecordId,
    scope: EntryScope | undefined,
    retries: number,
    patience: Backoff | undefined,
    decide: (current: RecordState) => readonly Change[],
  ): Promise<RecordState> {
    return this.#inLane(id, patience, async (_before, tell) => {
      const state = await this.#revised(store, id, scope, retries, decide);
      if (scope === undefined) tell(() => state);
      return state;
    });
  }

  async #revised(
    store: RecordStore,
    id: RecordId,
    scope: EntryScope | undefined,
    retries: number,
    decide: (current: RecordState) => readonly Change[],
    original?: RecordState,
  ): Promise<RecordState> {
    this.environment.observer?.escalated?.({ ...this.#event(id), retries });
    const revision = await store.revise(id, decide, scope);
    if (revision.kind === "missing") {
      throw original === undefined ? notFound(this.type, id) : removedMeanwhile(this.type, original);
    }
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
}
