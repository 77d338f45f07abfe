import { apply } from "../diff/apply.js";
import type { Change } from "../diff/change.js";
import { explanation, type Explanation } from "./explanation.js";
import type { RecordEvent } from "../observer.js";
import { notFound, removedMeanwhile } from "../record-errors.js";
import { idText, type RecordId } from "../record/record-id.js";
import { within, type EntryScope, type RecordState } from "../record/record-state.js";
import type { RecordStore } from "../record-store.js";
import type { RepositoryContext } from "../repository-context.js";
import type { AnyRecordType, RecordOf } from "../types/record-type.js";
import type { Backoff } from "./retry.js";
import type { PendingSave } from "./save-plan.js";
import { isGuarded, saveRules } from "./save-rules.js";
import { SaveLanes, type Stored } from "./save-lanes.js";
import type { SaveOptions, SaveRequest, SaveResult } from "./save-options.js";
import type { TrackedRecord } from "../record/tracked-record.js";

/** Writes what changed in one record: optimistically, then, where others keep coming first, under a lock. */
export class RecordSaver<R extends AnyRecordType> {
  readonly #lanes = new SaveLanes();
  /** What was answered to saves that locked. */
  readonly #escalated = new WeakSet<SaveResult>();

  constructor(private readonly context: RepositoryContext<R>) {}

  /** What a save would do. */
  async explain(record: RecordOf<R>, tracked: TrackedRecord, options: SaveOptions): Promise<Explanation> {
    const { type, plan } = this.context;
    const { mine, rules } = plan.capture(record, tracked, saveRules(type, options));
    const { original } = tracked;
    const changes = plan.changeSet(original, plan.stamped(original, mine));
    const isNothing = mine.length === 0 && !isGuarded(rules);
    const statements = await this.context.storeFor(options, undefined).explain?.(original, changes);
    return explanation(type, changes, rules, statements && isNothing ? [] : statements);
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
    const { context } = this;
    const work = (): Promise<SaveResult> => this.#save(record, tracked, options, patience);
    if (context.observer === undefined) return work();
    const subject = (): RecordEvent => context.event(context.idOf(tracked.original));
    // A conflict amid `update` is no refusal yet.
    return context.observed("save", subject, () => (options.derived === true ? work() : context.telling(work)));
  }

  async #save(
    record: RecordOf<R>,
    tracked: TrackedRecord,
    options: SaveRequest,
    patience: Backoff | undefined,
  ): Promise<SaveResult> {
    const pending = this.context.plan.capture(record, tracked, saveRules(this.context.type, options));
    const { original } = tracked;
    const id = this.context.idOf(original);
    const store = this.context.storeForChange(options, patience, original);
    if (pending.mine.length === 0) {
      if (!isGuarded(pending.rules)) return this.saved(id, original.version, 0, 0);
      return this.#verify(pending, id, store);
    }
    const backoff = this.context.waiting.backoff("save", options, id, patience?.startedAt);
    return this.#inLane(id, patience, (before, tell) => this.#write(store, pending, id, backoff, before, tell));
  }

  /**
   * Waiting has to end with the signal or deadline: such a save takes its chances at the database. So does one in somebody
   * else's transaction: what the one before it stored may be undone.
   */
  #inLane<T>(
    id: RecordId,
    patience: Backoff | undefined,
    write: (before: Stored | undefined, tell: (stored: Stored) => void) => Promise<T>,
  ): Promise<T> {
    const waits = patience === undefined && this.context.store.moments === undefined;
    return waits ? this.#lanes.run(idText(id), write) : write(undefined, () => undefined);
  }

  /** Nothing is to be written, but the caller wants to know that what the decision rests on is still so. */
  async #verify(pending: PendingSave, id: RecordId, store: RecordStore): Promise<SaveResult> {
    const { original, scope } = pending.tracked;
    const outcome = await store.verify(original, scope);
    if (outcome.kind === "missing") throw removedMeanwhile(this.context.type, original);
    if (outcome.kind === "applied") return this.saved(id, original.version, 0, 0);
    this.context.plan.rebased(pending, outcome.current, 1);
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
    const { observer } = this.context;
    let base = original;
    let changes = this.context.plan.stamped(original, mine);
    let retries = 0;
    const ahead = before?.();
    if (ahead !== undefined && ahead.version > original.version) {
      backoff.check();
      base = within(ahead, scope);
      changes = this.context.plan.rebased(pending, base, ++retries);
      if (changes.length === 0) return this.#nothingLeft(pending, id, base, retries);
      observer?.retried({ ...this.context.event(id), retries });
    }
    for (let attempt = 1; attempt <= this.context.waiting.settings.optimisticAttempts; attempt++) {
      if (attempt > 1) await backoff.pause();
      const outcome = await store.apply(base, this.context.plan.changeSet(base, changes), scope);
      if (outcome.kind === "missing") throw removedMeanwhile(this.context.type, original);
      if (outcome.kind === "applied") {
        if (base === original) tracked.advance(mine, changes);
        else tracked.settle(apply(original, mine), apply(base, changes));
        if (scope === undefined) tell(() => apply(base, changes)); // a part of the record would not do for others
        return this.saved(id, base.version + 1, retries, changes.length);
      }
      base = outcome.current;
      changes = this.context.plan.rebased(pending, base, ++retries);
      if (changes.length === 0) return this.#nothingLeft(pending, id, base, retries);
      observer?.retried({ ...this.context.event(id), retries });
    }

    backoff.check();
    const decide = (current: RecordState): readonly Change[] =>
      (changes = this.context.plan.rebased(pending, current, retries + 1));
    const state = await this.#revised(store, id, scope, retries, decide, original);
    tracked.settle(apply(original, mine), state);
    if (scope === undefined) tell(() => state);
    const result = this.saved(id, state.version, retries, changes.length);
    this.#escalated.add(result);
    return result;
  }

  /** Whether a save had to lock: its retries do not tell, since it makes one, too, where it waited in its lane. */
  hadToLock(result: SaveResult): boolean {
    return this.#escalated.has(result);
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
    this.context.observer?.escalated({ ...this.context.event(id), retries });
    const revision = await store.revise(id, decide, scope);
    if (revision.kind === "missing") {
      throw original === undefined ? notFound(this.context.type, id) : removedMeanwhile(this.context.type, original);
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
    this.context.observer?.saved({ ...this.context.event(id), version, retries, changes });
    return { version, written: changes > 0, retries };
  }
}
