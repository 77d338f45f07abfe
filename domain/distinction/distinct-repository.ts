import { having, requireArguments, requireOptions } from "./arguments.js";
import type { ChangeSet } from "./diff/change-set.js";
import { maskedChangeSet } from "./diff/masked-changes.js";
import { ConflictError, RemovedMeanwhileError } from "./errors.js";
import type { ListPage, ListQuery } from "./list-query.js";
import { RecordReader } from "./read/record-reader.js";
import { notFound } from "./record-errors.js";
import type { RecordStore } from "./record-store.js";
import { newRecord } from "./record/new-record.js";
import { recordId, type RecordId } from "./record/record-id.js";
import type { EntryScope } from "./record/record-state.js";
import { RepositoryContext } from "./repository-context.js";
import { actingFor, anEnvironment, type RepositoryEnvironment } from "./repository-environment.js";
import { BatchSaver } from "./save/batch-saver.js";
import type { Explanation } from "./save/explanation.js";
import { RecordAdder } from "./save/record-adder.js";
import { RecordRemover } from "./save/record-remover.js";
import { RecordSaver } from "./save/record-saver.js";
import { RecordUpdater, type Mutate } from "./save/record-updater.js";
import {
  SAVE_OPTIONS,
  type RemoveOptions,
  type SaveOptions,
  type SaveResult,
  type TriedSave,
  type UpdateOptions,
  type WaitOptions,
  type WriteOptions,
} from "./save/save-options.js";
import { aRecordType } from "./types/record-definition.js";
import type { AnyRecordType, IdOf, NewRecordOf, RecordOf } from "./types/record-type.js";
import type { UnitBinding } from "./unit/unit-of-work.js";

const aStore = having("a record store", "load", "insert", "apply");
const aUnit = having("a unit of work", "store");

/**
 * A repository that remembers the original of every record it gives out, writes only what changed, and merges with
 * whoever wrote in between. Records are plain objects; the originals are kept beside them.
 */
export class DistinctRepository<R extends AnyRecordType> {
  readonly #context: RepositoryContext<R>;
  readonly #reader: RecordReader<R>;
  readonly #adder: RecordAdder<R>;
  readonly #saver: RecordSaver<R>;
  readonly #updater: RecordUpdater<R>;
  readonly #batches: BatchSaver<R>;
  readonly #remover: RecordRemover<R>;

  constructor(
    readonly type: R,
    store: RecordStore,
    environment: RepositoryEnvironment,
  ) {
    requireArguments("repository", { type: [type, aRecordType], store: [store, aStore] });
    requireArguments("repository", { environment: [environment, anEnvironment] });
    this.#context = new RepositoryContext(type, store, environment);
    this.#reader = new RecordReader(this.#context);
    this.#adder = new RecordAdder(this.#context);
    this.#saver = new RecordSaver(this.#context);
    this.#updater = new RecordUpdater(this.#context, this.#saver);
    this.#batches = new BatchSaver(this.#context);
    this.#remover = new RecordRemover(this.#context);
  }

  /**
   * Loads a record. `scope` limits collections to some keys.
   *
   * @throws DistinctionError `RECORD_NOT_FOUND`
   */
  async get(id: IdOf<R>, scope?: EntryScope, options?: WaitOptions): Promise<RecordOf<R>> {
    const record = await this.find(id, scope, options);
    if (record === undefined) throw notFound(this.type, recordId(this.type, id));
    return record;
  }

  /** Loads a record, or answers `undefined` where there is none. */
  async find(id: IdOf<R>, scope?: EntryScope, options?: WaitOptions): Promise<RecordOf<R> | undefined> {
    return this.#reader.find(id, scope, options);
  }

  /**
   * Loads several records, in the order of their ids; an id given twice gives the same object twice.
   *
   * @throws DistinctionError `RECORD_NOT_FOUND` naming all that are missing
   */
  async getMany(ids: readonly IdOf<R>[], scope?: EntryScope, options?: WaitOptions): Promise<RecordOf<R>[]> {
    return this.#reader.getMany(ids, scope, options);
  }

  /**
   * Lists records page by page.
   *
   * @throws InvalidValueError where a condition or order does not fit its attribute
   * @throws DistinctionError `MARKER_NOT_FOUND` where the record after which to go on was removed
   */
  async list(query: ListQuery<R> = {}, options?: WaitOptions): Promise<ListPage<RecordOf<R>, IdOf<R>>> {
    return this.#reader.list(query, options);
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
    return this.#adder.add(record, options);
  }

  /**
   * Stores new records, all of them or none.
   *
   * @throws InvalidValueError listing the faults of all records, and records given twice
   * @throws DistinctionError `RECORD_EXISTS` naming the ids that are taken
   */
  async addAll(records: readonly RecordOf<R>[], options: WriteOptions = {}): Promise<void> {
    return this.#adder.addAll(records, options);
  }

  /**
   * What a save would write, secrets masked.
   *
   * @throws InvalidValueError
   */
  changes(record: RecordOf<R>): ChangeSet {
    const tracked = this.#context.tracker.of(record);
    return maskedChangeSet(this.type, this.#context.plan.changeSet(tracked.original, tracked.changes()));
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
    return this.#context.inTurn("explain", record, options, (tracked) => this.#saver.explain(record, tracked, options));
  }

  /** The id of the stored record that this object was loaded from or last saved as, whatever the object says by now. */
  idOf(record: RecordOf<R>): RecordId {
    return this.#context.idOf(this.#context.tracker.of(record).original);
  }

  /** The version of the stored record that this object was loaded from or last saved as. */
  versionOf(record: RecordOf<R>): number {
    return this.#context.tracker.of(record).original.version;
  }

  /**
   * Writes what the caller changed. Where other writers came first, merges with their changes and tries again; on
   * success they show in the object. On failure the object stays as it is, and can be saved again. Saves of one object take turns: what
   * is edited after the call is written with it, where it waits for its turn, or is left for the next.
   *
   * @throws ConflictError where an overlap is refused
   * @throws InvalidValueError listing every value that breaks a rule; nothing was sent
   * @throws DistinctionError `RECORD_REMOVED`, `UNTRACKED_RECORD`, `ABORTED`
   * @throws RemovedMeanwhileError (`RECORD_NOT_FOUND`) where another writer removed the record since it was loaded
   */
  async save(record: RecordOf<R>, options: SaveOptions = {}): Promise<SaveResult> {
    requireOptions(this.type.name, SAVE_OPTIONS, options);
    return this.#context.inTurn("save", record, options, (tracked, patience) =>
      this.#saver.save(record, tracked, options, patience),
    );
  }

  /**
   * Saves several records in one transaction, all of them or none. Where other writers came first, locks those records
   * and merges with their changes. On failure every object stays as it is.
   *
   * @throws BatchConflictError (a `ConflictError`) with the conflicts of all records
   * @throws InvalidValueError listing the faults of all records, and two objects of one record
   * @throws BatchRemovedError (a `RemovedMeanwhileError`) with all that other writers removed since they were loaded
   * @throws DistinctionError as `save`
   */
  async saveAll(records: readonly RecordOf<R>[], options: SaveOptions = {}): Promise<SaveResult[]> {
    return this.#batches.saveAll(records, options);
  }

  /** Saves, and answers a conflict, or a removal meanwhile, as a result. Throws as `save` does in every other case. */
  async trySave(record: RecordOf<R>, options: SaveOptions = {}): Promise<TriedSave> {
    try {
      return { kind: "saved", ...(await this.save(record, options)) };
    } catch (error) {
      if (error instanceof ConflictError) return { kind: "conflict", conflict: error };
      if (error instanceof RemovedMeanwhileError) return { kind: "removed", removed: error };
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
   * `mutate` answers at once. One that answers a promise, and could hold others up, runs without a lock, and takes turns
   * with others of this repository that do; a turn is over after `longestTurn`, whatever becomes of the function.
   *
   * Once one that answers at once had to lock, those that follow through this repository lock the record at once, for 5
   * seconds: then also one that changes nothing takes the row lock, and waits for whoever has it.
   *
   * `mutate` must not write this record by itself, but change the object that it is given. Where it calls `update` for the
   * same record before it has waited for anything, that call is refused (`INVALID_VALUE`). Later it cannot be told from
   * other callers: each run then writes what is called within, and where both change the same thing conflicts with that,
   * until `updateAttempts` or the deadline end it.
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
   * @throws InvalidValueError where the record type's guards forbid it, or the object names another record by now
   * @throws DistinctionError `RECORD_NOT_FOUND`, `RECORD_REMOVED`, `UNTRACKED_RECORD`
   */
  async remove(record: RecordOf<R>, options: RemoveOptions = {}): Promise<void> {
    return this.#remover.remove(record, options);
  }

  /** The record as it is stored now, as a new object; changes of this one that were not saved stay in this one. */
  async reload(record: RecordOf<R>, options?: WaitOptions): Promise<RecordOf<R>> {
    return this.#reader.reload(record, options);
  }

  /** This repository inside a unit of work, with a memory of its own; `TransactionScope.repository` calls it. */
  inUnit(unit: UnitBinding): DistinctRepository<R> {
    requireArguments(this.type.name, { unit: [unit, aUnit] });
    const { store, environment } = this.#context;
    return new DistinctRepository(this.type, unit.store(store), actingFor(unit, environment));
  }
}
