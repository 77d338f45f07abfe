import type { DataSource, EntityManager } from "typeorm";
import {
  aFunction,
  anObject,
  having,
  requireArguments,
  requireOptions,
  type Rules,
} from "../../domain/distinction/arguments.js";
import { aClock, type Clock } from "../../domain/distinction/clock.js";
import type { History } from "../../domain/distinction/history.js";
import type { RepositoryObserver } from "../../domain/distinction/observer.js";
import type { RetrySettings } from "../../domain/distinction/save/retry.js";
import { WRITE_OPTIONS } from "../../domain/distinction/save/save-options.js";
import type { TransactionScope, UnitOfWork, UnitOptions } from "../../domain/distinction/unit/unit-of-work.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Database, DatabaseOptions } from "../../infrastructure/persistence/connection/database.js";
import { existingDatabase } from "../../infrastructure/persistence/connection/existing-database.js";
import { SqlHistory } from "../../infrastructure/persistence/history/sql-history.js";
import { JoinedTransaction } from "../../infrastructure/persistence/units/joined-transaction.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";

/** How to use a data source of yours. It stays yours: its settings are not changed, and it is not closed. */
export interface DataSourceUse extends Pick<DatabaseOptions, "onStatement"> {
  readonly retry?: Partial<RetrySettings>;
  /** Time, the machine's by default. */
  readonly clock?: Clock;
  /** Randomness for pauses, uniform in [0, 1); `Math.random` by default. */
  readonly random?: () => number;
  /** Told of operations, retries, escalations, conflicts and saves: `OpenTelemetryObserver`, or one of yours. */
  readonly observer?: RepositoryObserver;
}

export const DATA_SOURCE_USE: Rules<keyof DataSourceUse> = {
  onStatement: aFunction,
  retry: anObject,
  clock: aClock,
  random: aFunction,
  observer: anObject,
};

export const aDataSource = having("a TypeORM DataSource", "getMetadata", "createQueryRunner");
const anEntityManager = having("a TypeORM EntityManager", "getRepository", "query");

function requireDataSource(subject: string, dataSource: unknown, use: unknown): void {
  requireArguments(subject, { dataSource: [dataSource, aDataSource] });
  requireOptions(subject, DATA_SOURCE_USE, use);
}

/** The database that all repositories, units and histories over `dataSource` have in common. */
export function databaseOf(dataSource: DataSource, use: DataSourceUse): Database {
  const { clock = systemClock, random = Math.random, onStatement } = use;
  return existingDatabase(dataSource, { clock, random, ...(onStatement && { onStatement }) });
}

/**
 * Units of work over repositories that `distinct` made from the same data source: several entities, all or nothing, run
 * again as a whole on a conflict, deadlock or lock timeout.
 *
 * On SQLite TypeORM has one connection: its statements wait while a unit runs, 5 s at most (`DATABASE_UNAVAILABLE`). Those that
 * the unit's own function sends become part of the unit; it cannot begin a transaction of TypeORM's (`UNIT_MISUSED`).
 *
 * Where the tables of `HISTORY_MIGRATIONS` are there, a unit whose COMMIT was not answered is looked up and neither
 * lost nor done twice; where they are not, it ends in `DATABASE_UNAVAILABLE`.
 */
export function unitOfWork(dataSource: DataSource, use: DataSourceUse = {}): UnitOfWork {
  requireDataSource("unit of work", dataSource, use);
  const { clock = systemClock, random = Math.random, retry = {}, observer } = use;
  return new SqlUnitOfWork(databaseOf(dataSource, use), { clock, random, retry, observer });
}

/** What was written to the entities of `dataSource` whose repositories have the option `history`. */
export function historyIn(dataSource: DataSource, use: DataSourceUse = {}): History {
  requireDataSource("history", dataSource, use);
  return new SqlHistory(databaseOf(dataSource, use));
}

/**
 * Joins a transaction that you began (`dataSource.transaction(async (manager) => …)`): what `repository(photos)` saves
 * becomes part of it, beside what you do with TypeORM, and is undone with it. Saves merge with other writers as they do
 * elsewhere, but nothing is ever run again: a conflict is thrown, and where the database gives up on the transaction, it
 * is yours to roll back and run again (`TRANSACTION_LOST`). Of no use once the transaction has ended.
 *
 * Its connection stays yours. A `deadline` or `signal` ends waiting for a turn on it, for locks and for what is read. But a
 * write that was sent to a server that has stopped answering is waited for until the connection ends, whatever they say:
 * elsewhere the connection would be ended then, and here only you may do that.
 *
 * Not one that reads at READ UNCOMMITTED. A level that TypeORM is given for the transaction is known if the transaction's
 * query runner was made after the first `distinct(dataSource, …)`; one that you set yourself by SQL is not known.
 *
 * @throws DistinctionError `TRANSACTION_ENDED` where the manager has no transaction open; `UNSAFE_ISOLATION`
 */
export function joinTransaction(
  manager: EntityManager,
  options: Pick<UnitOptions, "actor"> = {},
): Pick<TransactionScope, "repository"> {
  requireArguments("joined transaction", { manager: [manager, anEntityManager] });
  requireOptions("joined transaction", WRITE_OPTIONS, options);
  return new JoinedTransaction(manager, options.actor);
}
