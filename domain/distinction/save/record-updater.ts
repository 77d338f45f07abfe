import { apply } from "../diff/apply.js";
import { aFunction, requireArguments, requireOptions } from "../arguments.js";
import type { Change } from "../diff/change.js";
import { checkScope } from "./check-scope.js";
import { ConflictError, DistinctionError, InvalidMergeError, InvalidValueError } from "../errors.js";
import { HotRecords } from "./hot-records.js";
import { waitFor } from "./patience.js";
import { notFound } from "../record-errors.js";
import { idText, recordId, type RecordId } from "../record/record-id.js";
import type { RecordSaver } from "./record-saver.js";
import type { PendingSave } from "./save-plan.js";
import type { EntryScope, RecordState } from "../record/record-state.js";
import { storeWithin } from "../record-store.js";
import type { RepositoryContext } from "../repository-context.js";
import type { AnyRecordType, IdOf, RecordOf } from "../types/record-type.js";
import { isHurried, type Backoff } from "./retry.js";
import { saveRules } from "./save-rules.js";
import { UpdateTurns } from "./update-turns.js";
import { UPDATE_OPTIONS, type SaveResult, type UpdateOptions } from "./save-options.js";

/**
 * Changes a record. May run several times, on other objects, and must have no effect but on the object that it is given:
 * least of all write the same record by another way, see `DistinctRepository.update`.
 */
export type Mutate<R extends AnyRecordType> = (record: RecordOf<R>) => void | Promise<void>;

/**
 * Loads, changes and saves one record, again and again: optimistically, then, where others keep coming first, under a
 * lock. Only a function that answers at once runs under the lock: nobody is to hold others up while it waits for
 * something, least of all for this database. Those that answer a promise take turns in this process instead.
 *
 * Once one that answers at once had to lock, those that follow lock at once, for a while: reading and writing without a lock
 * again, they would lose again. Of each repository they come one at a time, but for `longestTurn` at most: whoever has a
 * signal or a deadline then waits for the lock beside the one before, and the others in their lane.
 *
 * Once one that answers at once has lost, those of this process take turns as long as they come without a break: each then
 * loads what the one before it saved, where side by side all but one would work for nothing.
 */
export class RecordUpdater<R extends AnyRecordType> {
  /** Of functions that answer at once, at records where one of them has lost. */
  readonly #turns: UpdateTurns;
  /** Of functions that answer a promise, and keep losing. */
  readonly #longTurns: UpdateTurns;
  /** Where those that answer at once had to lock. */
  readonly #hot: HotRecords;
  /** The record whose function is being called right now: whoever asks for its update now asks from within that call. */
  #called: RecordId | undefined;

  constructor(
    private readonly context: RepositoryContext<R>,
    private readonly saver: RecordSaver<R>,
  ) {
    const { environment, waiting } = context;
    this.#hot = new HotRecords(environment.clock);
    this.#turns = new UpdateTurns(environment.clock, waiting.settings.longestTurn);
    this.#longTurns = new UpdateTurns(environment.clock, waiting.settings.longestTurn);
  }

  async update(given: IdOf<R>, mutate: Mutate<R>, options: UpdateOptions): Promise<SaveResult> {
    const { context } = this;
    const { type } = context;
    requireArguments(type.name, { mutate: [mutate, aFunction] });
    requireOptions(type.name, UPDATE_OPTIONS, options);
    checkScope(type, options.scope);
    const id = recordId(type, given);
    this.#refuseWithin(id);
    return context.observed(
      "update",
      () => context.event(id),
      () => context.telling(() => this.#update(id, mutate, options)),
    );
  }

  async #update(id: RecordId, mutate: Mutate<R>, options: UpdateOptions): Promise<SaveResult> {
    const { context } = this;
    const { settings } = context.waiting;
    const { optimisticAttempts, updateAttempts } = settings;
    const backoff = context.waiting.backoff("update", options, id);
    const patience = isHurried(context.environment.retry, options) ? backoff : undefined;
    const once = (leave?: () => void): Promise<Run> => this.#once(id, mutate, options, patience, leave);
    let isPrompt = true;
    for (let attempt = 1; ; attempt++) {
      const isEscalated = attempt > optimisticAttempts;
      if (isPrompt && isEscalated) this.#hot.add(id);
      if (isPrompt && this.#hot.has(id)) {
        backoff.check();
        const result = await this.#turns.run(id, backoff, () =>
          this.#underLock(id, mutate, options, patience, attempt - 1),
        );
        if (result !== undefined) return result;
        this.#hot.delete(id);
      }
      const isContended: boolean = isPrompt && (attempt > 1 || this.#turns.isTaken(id));
      let run: Run;
      if (isEscalated) run = await this.#longTurns.run(id, backoff, () => once());
      else run = await (isContended ? this.#turns.run(id, backoff, once) : once());
      if (run.kind === "saved") {
        if (run.isPrompt && this.saver.hadToLock(run.result)) this.#hot.add(id);
        return { ...run.result, retries: run.result.retries + attempt - 1 };
      }
      if (attempt >= updateAttempts) throw run.error;
      isPrompt &&= run.isPrompt;
      context.observer?.retried({ ...context.event(id), retries: attempt });
      await backoff.pause();
    }
  }

  /**
   * Loads, changes and saves once, unless somebody comes first.
   *
   * @param leave called where `mutate` answers a promise: nobody is to wait for what it waits for
   */
  async #once(
    id: RecordId,
    mutate: Mutate<R>,
    options: UpdateOptions,
    patience: Backoff | undefined,
    leave?: () => void,
  ): Promise<Run> {
    const record = await this.#load(id, options.scope, patience);
    const edit = this.#call(id, mutate, record);
    const isPrompt = !isPromise(edit);
    if (!isPrompt) {
      leave?.();
      await waitFor(patience, () => edit);
    }
    try {
      const tracked = this.context.tracker.of(record);
      const result = await this.saver.save(record, tracked, { ...options, derived: true }, patience);
      return { isPrompt, kind: "saved", result };
    } catch (error) {
      if (!isLost(error)) throw error;
      return { isPrompt, kind: "lost", error };
    }
  }

  /** Until `mutate` waits for something, nobody else runs. */
  #call(id: RecordId, mutate: Mutate<R>, record: RecordOf<R>): void | Promise<void> {
    this.#called = id;
    try {
      return mutate(record);
    } finally {
      this.#called = undefined;
    }
  }

  /**
   * An update that its own function asks for would make that function's changes stale each time that it runs.
   *
   * @throws InvalidValueError
   */
  #refuseWithin(id: RecordId): void {
    if (this.#called === undefined || idText(this.#called) !== idText(id)) return;
    const reason = "a function that changes the object that it is given, got one that calls update for the same record";
    throw new InvalidValueError(this.context.type.name, [{ path: "mutate", reason }], idText(id));
  }

  #load(id: RecordId, scope: EntryScope | undefined, patience: Backoff | undefined): Promise<RecordOf<R>> {
    const { context } = this;
    // Even where the caller has left, what waits for a table that is altered is to give its connection back.
    const store = storeWithin(context.store, patience);
    const load = async (): Promise<RecordOf<R>> => {
      const since = context.tracker.now();
      const [state] = await waitFor(patience, () => store.load([id], scope));
      if (state === undefined) throw notFound(context.type, id);
      return context.tracker.give(state, scope, since);
    };
    return context.observed("get", () => context.event(id), load);
  }

  /** Answers nothing, with nothing written, where `mutate` answers a promise all of a sudden. */
  async #underLock(
    id: RecordId,
    mutate: Mutate<R>,
    options: UpdateOptions,
    patience: Backoff | undefined,
    retries: number,
  ): Promise<SaveResult | undefined> {
    const { context } = this;
    const rules = saveRules(context.type, options);
    let pending: PendingSave | undefined;
    let changes: readonly Change[] = [];
    const decide = (current: RecordState): readonly Change[] => {
      // Amid the lock nobody goes back: what is current was read at this moment.
      const record = context.tracker.give(current, options.scope, context.tracker.now());
      const edit = this.#call(id, mutate, record);
      if (isPromise(edit)) {
        Promise.resolve(edit).catch(() => undefined); // this update does not rest on it
        throw new NotAtOnce();
      }
      pending = context.plan.capture(record, context.tracker.of(record), rules);
      return (changes = context.plan.stamped(current, pending.mine));
    };
    try {
      const store = context.storeFor(options, patience);
      const state = await this.saver.locked(store, id, options.scope, retries, patience, decide);
      const { tracked, mine } = pending!;
      tracked.settle(apply(tracked.original, mine), state);
      return this.saver.saved(id, state.version, retries, changes.length);
    } catch (error) {
      if (error instanceof NotAtOnce) return undefined;
      throw error;
    }
  }
}

/** What became of one run of `mutate`, and whether it answered at once. */
type Run = { readonly isPrompt: boolean } & (
  { readonly kind: "saved"; readonly result: SaveResult } | { readonly kind: "lost"; readonly error: DistinctionError }
);

/** Whether to load again: others came first, or what was loaded was undone, by going back to a savepoint. */
function isLost(error: unknown): error is DistinctionError {
  if (error instanceof ConflictError || error instanceof InvalidMergeError) return true;
  return error instanceof DistinctionError && error.code === "UNTRACKED_RECORD";
}

/** Undoes what was begun under a lock for a function that wants to wait. */
class NotAtOnce extends Error {}

function isPromise(answer: void | Promise<void>): answer is Promise<void> {
  return typeof (answer as Promise<void> | undefined)?.then === "function";
}
