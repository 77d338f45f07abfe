import { anArray, having, requireArguments, requireOptions } from "./arguments.js";
import { BatchSaver } from "./batch-saver.js";
import type { ChangeSet } from "./change-set.js";
import { checkScope } from "./check-scope.js";
import { ConflictError } from "./errors.js";
import type { Explanation } from "./explanation.js";
import { observed, type Operation, type OperationSubject } from "./observer.js";
import { firstVersion } from "./first-version.js";
import type { ListPage, ListQuery } from "./list-query.js";
import { maskedChangeSet } from "./masked-changes.js";
import { newRecord, newState } from "./new-record.js";
import { foreignChanges } from "./rebase.js";
import { aRecordType } from "./record-definition.js";
import { alreadyExists, conflict, notFound } from "./record-errors.js";
import { idFrom, idText, recordId, type RecordId } from "./record-id.js";
import { RecordSaver } from "./record-saver.js";
import { within, type EntryScope, type RecordState } from "./record-state.js";
import { storeBy, type RecordStore } from "./record-store.js";
import { RecordUpdater, type Mutate } from "./record-updater.js";
import { RecordTracker } from "./record-tracker.js";
import type { AnyRecordType, IdOf, NewRecordOf, RecordOf } from "./record-type.js";
import { actingFor, anEnvironment, type RepositoryEnvironment } from "./repository-environment.js";
import {
  REMOVE_OPTIONS,
  SAVE_OPTIONS,
  WRITE_OPTIONS,
  type RemoveOptions,
  type SaveOptions,
  type SaveRequest,
  type SaveResult,
  type TriedSave,
  type UpdateOptions,
  type WriteOptions,
} from "./save-options.js";
import { saveRules } from "./save-rules.js";
import type { TrackedRecord } from "./tracked-record.js";
import type { UnitBinding } from "./unit-of-work.js";

const aStore = having("a record store", "load", "insert", "apply");
const aUnit = having("a unit of work", "store");

/**
 * A repository that remembers the original of every record it gives out, writes only what changed, and merges with
 * whoever wrote in between. Records are plain objects; the originals are kept beside them.
 */
export class DistinctRepository<R extends AnyRecordType> {
  readonly #tracker: RecordTracker<R>;
  readonly #saver: RecordSaver<R>;
  readonly #updater: RecordUpdater<R>;
  readonly #batches: BatchSaver<R>;

  constructor(
    readonly type: R,
    private readonly store: RecordStore,
    private readonly environment: RepositoryEnvironment,
  ) {
    requireArguments("repository", { type: [type, aRecordType], store: [store, aStore] });
    requireArguments("repository", { environment: [environment, anEnvironment] });
    this.#tracker = new RecordTracker(type);
    this.#saver = new RecordSaver(type, store, environment);
    this.#updater = new RecordUpdater(type, store, environment, this.#tracker, this.#saver);
    this.#batches = new BatchSaver(type, store, environment, this.#tracker, this.#saver);
  }

  /**
   * Loads a record. `scope` limits collections to some keys.
   *
   * @throws DistinctionError `RECORD_NOT_FOUND`
   */
  async get(id: IdOf<R>, scope?: EntryScope): Promise<RecordOf<R>> {
    const record = await this.find(id, scope);
    if (record === undefined) throw notFound(this.type, recordId(this.type, id));
    return record;
  }

  /** Loads a record, or answers `undefined` where there is none. */
  async find(id: IdOf<R>, scope?: EntryScope): Promise<RecordOf<R> | undefined> {
    checkScope(this.type, scope);
    return this.#load(recordId(this.type, id), scope);
  }

  /**
   * Loads several records, in the order of their ids; an id given twice gives the same object twice.
   *
   * @throws DistinctionError `RECORD_NOT_FOUND` naming all that are missing
   */
  async getMany(ids: readonly IdOf<R>[], scope?: EntryScope): Promise<RecordOf<R>[]> {
    requireArguments(this.type.name, { ids: [ids, anArray] });
    return this.#observed(
      "getMany",
      () => ({ count: ids.length }),
      () => this.#batches.getMany(ids, scope),
    );
  }

  /**
   * Lists records page by page.
   *
   * @throws InvalidValueError where a condition or order does not fit its attribute
   * @throws DistinctionError `MARKER_NOT_FOUND` where the record after which to go on was removed
   */
  async list(query: ListQuery<R> = {}): Promise<ListPage<RecordOf<R>, IdOf<R>>> {
    return this.#observed(
      "list",
      () => ({}),
      () => this.#batches.list(query),
    );
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
  async add(record: RecordOf<R>, options: WriteOptions = {}): Promise<void> {
    requireOptions(this.type.name, WRITE_OPTIONS, options);
    const state = { ...newState(this.type, record), version: firstVersion(this.environment) };
    this.#saver.plan.checks.created(record, state);
    await this.#observed(
      "add",
      () => this.#subjectOf(state),
      async () => {
        const outcome = await storeBy(this.store, options.actor).insert(state);
        if (outcome !== "applied") throw alreadyExists(this.type, state, outcome);
      },
    );
    this.#tracker.adopt(record, state);
  }

  /**
   * Stores new records, all of them or none.
   *
   * @throws InvalidValueError listing the faults of all records, and records given twice
   * @throws DistinctionError `RECORD_EXISTS` naming the ids that are taken
   */
  async addAll(records: readonly RecordOf<R>[], options: WriteOptions = {}): Promise<void> {
    requireArguments(this.type.name, { records: [records, anArray] });
    return this.#observed(
      "addAll",
      () => ({ count: records.length }),
      () => this.#batches.addAll(records, options),
    );
  }

  /**
   * What a save would write, secrets masked.
   *
   * @throws InvalidValueError
   */
  changes(record: RecordOf<R>): ChangeSet {
    const tracked = this.#tracker.of(record);
    return maskedChangeSet(this.type, this.#saver.plan.changeSet(tracked.original, tracked.changes()));
  }

  /**
   * What a save with these options would do, given that no other writer comes first: its changes with the policies that
   * apply to them, and the statements, secrets masked. Nothing is written, and no statement is sent.
   *
   * @throws InvalidValueError as the save would
   * @throws DistinctionError `RECORD_REMOVED`, `UNTRACKED_RECORD`
   */
  async explain(record: RecordOf<R>, options: SaveOptions = {}): Promise<Explanation> {
    requireOptions(this.type.name, SAVE_OPTIONS, options);
    return this.#tracker.of(record).inTurn(() => this.#saver.explain(record, this.#tracker.of(record), options));
  }

  /** The version of the stored record that this object was loaded from or last saved as. */
  versionOf(record: RecordOf<R>): number {
    return this.#tracker.of(record).original.version;
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
    requireOptions(this.type.name, SAVE_OPTIONS, options);
    return this.#save(record, options);
  }

  /**
   * Saves several records in one transaction, all of them or none. Where other writers came first, locks those records
   * and merges with their changes. On failure every object stays as it is.
   *
   * @throws BatchConflictError (a `ConflictError`) with the conflicts of all records
   * @throws InvalidValueError listing the faults of all records, and two objects of one record
   * @throws DistinctionError as `save`; `RECORD_NOT_FOUND` names all that were deleted
   */
  async saveAll(records: readonly RecordOf<R>[], options: SaveOptions = {}): Promise<SaveResult[]> {
    requireArguments(this.type.name, { records: [records, anArray] });
    return this.#observed(
      "saveAll",
      () => ({ count: records.length }),
      () => this.#batches.saveAll(records, options),
    );
  }

  /** Saves, and answers a conflict as a result. Throws as `save` does in every other case. */
  async trySave(record: RecordOf<R>, options: SaveOptions = {}): Promise<TriedSave> {
    try {
      return { kind: "saved", ...(await this.save(record, options)) };
    } catch (error) {
      if (error instanceof ConflictError) return { kind: "conflict", conflict: error };
      throw error;
    }
  }

  /**
   * Loads, runs `mutate`, saves; on a conflict, and where a merge with another writer breaks a rule of the record, does all
   * three again. `mutate` may therefore run several times and must have no effect but on the record. What it changed and
   * others changed too is worked out again, whatever its policy (but for `sum`, which adds both up): two calls that each
   * raise a counter by one raise it by two. What `mutate` reads and does not change is guarded by `expect`.
   *
   * After `optimisticAttempts` lost runs, the next one has the record locked, so that nobody comes first: given that
   * `mutate` answers at once. One that answers a promise, and could hold others up, goes on without a lock.
   *
   * @throws as `get` and `save`; the last conflict or `InvalidMergeError` where `mutate` ran `updateAttempts` times
   */
  async update(id: IdOf<R>, mutate: Mutate<R>, options: UpdateOptions = {}): Promise<SaveResult> {
    return this.#updater.update(id, mutate, options);
  }

  /**
   * Deletes the record, unless somebody changed it since it was loaded: a removal never takes with it what it has not
   * seen.
   *
   * @throws ConflictError naming the foreign changes, those of what is expected as `guard`
   * @throws InvalidValueError where the record type's guards forbid it
   * @throws DistinctionError `RECORD_NOT_FOUND`, `RECORD_REMOVED`, `UNTRACKED_RECORD`
   */
  async remove(record: RecordOf<R>, options: RemoveOptions = {}): Promise<void> {
    requireOptions(this.type.name, REMOVE_OPTIONS, options);
    const tracked = this.#tracker.of(record);
    const work = (): Promise<void> => this.#saver.telling(() => this.#remove(this.#tracker.of(record), options));
    return tracked.inTurn(() => this.#observed("remove", () => this.#subjectOf(tracked.original), work));
  }

  /** The record as it is stored now, as a new object; changes of this one that were not saved stay in this one. */
  async reload(record: RecordOf<R>): Promise<RecordOf<R>> {
    const { original, scope } = this.#tracker.of(record);
    const id = idFrom(this.type, original.attributes);
    const current = await this.#load(id, scope);
    if (current === undefined) throw notFound(this.type, id);
    return current;
  }

  /** This repository inside a unit of work, with a memory of its own; `TransactionScope.repository` calls it. */
  inUnit(unit: UnitBinding): DistinctRepository<R> {
    requireArguments(this.type.name, { unit: [unit, aUnit] });
    return new DistinctRepository(this.type, unit.store(this.store), actingFor(unit, this.environment));
  }

  #load(id: RecordId, scope: EntryScope | undefined): Promise<RecordOf<R> | undefined> {
    return this.#observed(
      "get",
      () => ({ id: idText(id) }),
      async () => {
        const [state] = await this.store.load([id], scope);
        return state && this.#tracker.give(state, scope);
      },
    );
  }

  #observed<T>(operation: Operation, subject: () => OperationSubject, work: () => Promise<T>): Promise<T> {
    const { observer } = this.environment;
    return observed(observer, operation, () => ({ record: this.type.name, ...subject() }), work);
  }

  #subjectOf({ attributes }: RecordState): OperationSubject {
    return { id: idText(idFrom(this.type, attributes)) };
  }

  #save(record: RecordOf<R>, request: SaveRequest): Promise<SaveResult> {
    return this.#tracker.of(record).inTurn(() => this.#saver.save(record, this.#tracker.of(record), request));
  }

  async #remove(tracked: TrackedRecord, { actor, expect = [] }: RemoveOptions): Promise<void> {
    const { original, scope } = tracked;
    tracked.requireShown();
    saveRules(this.type, { expect }); // refuses names that guard nothing
    this.#saver.plan.checks.removed(original);
    const outcome = await storeBy(this.store, actor).remove(original);
    if (outcome.kind === "missing") throw notFound(this.type, idFrom(this.type, original.attributes));
    if (outcome.kind === "stale") {
      const overlaps = foreignChanges(this.type, original, within(outcome.current, scope), expect);
      throw conflict(this.type, original, outcome.current, 1, overlaps);
    }
    tracked.removed = true;
  }
}
