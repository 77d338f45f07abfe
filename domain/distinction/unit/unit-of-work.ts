import type { RecordStore } from "../record-store.js";
import type { WriteOptions } from "../save/save-options.js";

/**
 * Several repositories in one transaction: all of it is stored, or nothing. Where another writer came first, or the
 * database gave up on the transaction, the whole of it runs again from the start, on fresh records.
 */
export interface UnitOfWork {
  /**
   * Runs `work` and commits what it wrote. `work` may run several times, so it must have no effect but on the records
   * that it loads inside: objects from outside are unknown there, and objects from inside die with their run.
   *
   * What it only reads is not checked: two units that each read two records and each change another one of them are both
   * committed (write skew). `save(record, { expect: ["attribute"] })` of a record that the work decides by, and does not
   * change, looks whether it is still what was read, and locks it.
   *
   * @returns what the run that was committed returned
   * @throws what `work` throws, after undoing everything; then it does not run again
   * @throws DistinctionError `ABORTED`, `RETRIES_EXHAUSTED`, `UNIT_MISUSED`, `DATABASE_UNAVAILABLE`
   */
  run<T>(work: (tx: TransactionScope) => Promise<T>, options?: UnitOptions): Promise<T>;
}

/** What the work of a unit reaches its records through. Of no use once the unit has ended. */
export interface TransactionScope {
  /** How often the work has been started, this time included. */
  readonly attempt: number;
  /** The repository inside this unit: the same one whenever it is asked for. */
  repository<T>(repository: UnitMember<T>): T;
}

/**
 * `signal` and `deadline`, counted from the call of `run` for all runs together, end waiting and the run under way: it is
 * undone, and what its work still does is refused (`UNIT_MISUSED`). Where no deadline is named, none ends a run: after 30
 * seconds the work is not started again.
 */
export type UnitOptions = WriteOptions;

/** What can take part in a unit: anything that can be made anew over the stores of the unit. */
export interface UnitMember<T> {
  inUnit(unit: UnitBinding): T;
}

/** The unit, as a repository sees it that takes part. */
export interface UnitBinding {
  /**
   * What stands for `store` inside the unit.
   *
   * @throws DistinctionError `UNIT_MISUSED` where it is a store of something else
   */
  store(store: RecordStore): RecordStore;
  readonly actor: string | undefined;
}
