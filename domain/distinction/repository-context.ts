import { ConflictError } from "./errors.js";
import { HarmlessObserver, observed, type Operation, type OperationSubject, type RecordEvent } from "./observer.js";
import { firstVersion } from "./record/first-version.js";
import { newState } from "./record/new-record.js";
import { idFrom, idText, type RecordId } from "./record/record-id.js";
import type { RecordState } from "./record/record-state.js";
import { undone } from "./record-errors.js";
import { RecordTracker } from "./record/record-tracker.js";
import { storeBy, storeWithin, type RecordStore } from "./record-store.js";
import type { RepositoryEnvironment } from "./repository-environment.js";
import type { TrackedRecord } from "./record/tracked-record.js";
import type { Patience } from "./save/patience.js";
import type { Backoff } from "./save/retry.js";
import type { WaitOptions, WriteOptions } from "./save/save-options.js";
import { Standing } from "./save/standing.js";
import { SavePlan } from "./save/save-plan.js";
import { Waiting } from "./save/waiting.js";
import type { AnyRecordType, RecordOf } from "./types/record-type.js";

/** What the parts of one repository share. */
export class RepositoryContext<R extends AnyRecordType> {
  readonly observer: HarmlessObserver | undefined;
  readonly waiting: Waiting;
  readonly tracker: RecordTracker<R>;
  readonly plan: SavePlan<R>;

  constructor(
    readonly type: R,
    readonly store: RecordStore,
    readonly environment: RepositoryEnvironment,
  ) {
    this.observer = HarmlessObserver.of(environment.observer);
    this.waiting = new Waiting(type, environment);
    this.tracker = new RecordTracker(type, store.moments);
    this.plan = new SavePlan(type, environment.clock);
  }

  /** The store as it writes with these options. */
  storeFor(options: WriteOptions, patience: Patience | undefined): RecordStore {
    return storeWithin(storeBy(this.store, options.actor), patience);
  }

  /** As `storeFor`, for a write that begins now and rests on `original`: nothing of it is sent where that is undone first. */
  storeForChange(options: WriteOptions, patience: Patience | undefined, original: RecordState): RecordStore {
    const { moments } = this.store;
    if (moments === undefined) return this.storeFor(options, patience);
    return this.storeFor(options, new Standing(moments, patience, () => undone(this.type, original)));
  }

  /** What a record that is not stored yet is to be stored as. */
  created(record: RecordOf<R>): RecordState {
    const state = { ...newState(this.type, record), version: firstVersion(this.environment) };
    this.plan.checks.created(record, state);
    return state;
  }

  /** Runs `work` after whatever was begun on this object before: it may have been removed by then. */
  inTurn<T>(
    operation: string,
    record: RecordOf<R>,
    options: WaitOptions,
    work: (tracked: TrackedRecord, patience: Backoff | undefined) => Promise<T>,
  ): Promise<T> {
    const tracked = this.tracker.of(record);
    const patience = this.waiting.patience(operation, options, () => this.subjectOf(tracked.original));
    return tracked.inTurn(() => work(this.tracker.of(record), patience), patience);
  }

  /** Runs an operation inside what the observer puts around it. */
  observed<T>(operation: Operation, subject: () => OperationSubject, work: () => Promise<T>): Promise<T> {
    if (this.observer === undefined) return work();
    return observed(this.observer, operation, () => ({ record: this.type.name, ...subject() }), work);
  }

  /** Tells the observer of a conflict that `work` ends in. */
  async telling<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConflictError) this.observer?.conflicted(error);
      throw error;
    }
  }

  subjectOf(state: RecordState): OperationSubject {
    return { id: this.textOf(state) };
  }

  event(id: RecordId): RecordEvent {
    return { record: this.type.name, id: idText(id) };
  }

  idOf({ attributes }: RecordState): RecordId {
    return idFrom(this.type, attributes);
  }

  textOf(state: RecordState): string {
    return idText(this.idOf(state));
  }
}
