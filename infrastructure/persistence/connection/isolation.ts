import type { DataSource, QueryRunner } from "typeorm";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Session } from "./session.js";

/** As TypeORM and SQL spell it; the servers' variables have a hyphen. */
const DIRTY = /^READ[ -]UNCOMMITTED$/i;

/**
 * The level that TypeORM was asked for when a transaction began on a runner. The servers tell only the session's, unless
 * one may look at other people's transactions, too.
 */
const levels = new WeakMap<QueryRunner, string>();
const watched = new WeakSet<DataSource>();

/** Notes from now on at which level transactions begin on runners of `dataSource`; each is wrapped once. */
export function watchLevels(dataSource: DataSource): void {
  if (isSqlite(dataSource) || watched.has(dataSource)) return;
  watched.add(dataSource);
  const create = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (...mode) => {
    const runner = create(...mode);
    if (levels.has(runner)) return runner;
    levels.set(runner, "");
    const start = runner.startTransaction.bind(runner);
    runner.startTransaction = (level) => {
      // Within a transaction it sets a savepoint, whatever the level.
      if (!runner.isTransactionActive) levels.set(runner, level ?? "");
      return start(level);
    };
    return runner;
  };
}

/**
 * Refuses a transaction that TypeORM began at a level where it reads what is not committed.
 *
 * @throws DistinctionError `UNSAFE_ISOLATION`
 */
export function refuseDirtyTransaction(runner: QueryRunner): void {
  if (isSqlite(runner.dataSource)) return;
  refuseDirtyDefault(runner.dataSource);
  refuse("the transaction that is to be joined", levels.get(runner));
}

/**
 * Refuses a data source whose transactions begin at such a level.
 *
 * @throws DistinctionError `UNSAFE_ISOLATION`
 */
export function refuseDirtyDefault(dataSource: DataSource): void {
  if (!isSqlite(dataSource)) refuse("the data source's option isolationLevel", dataSource.options.isolationLevel);
}

/**
 * Refuses a session that reads at such a level: what it finds may be rolled back, and its version given to what another
 * writer commits next, so that a version which is found again proves nothing.
 *
 * @throws DistinctionError `UNSAFE_ISOLATION`
 */
export async function refuseDirtySession(session: Session): Promise<void> {
  // MariaDB before 11.1 has only the one, MySQL only the other.
  const sql = "SHOW SESSION VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')";
  for (const [, level] of await session.rows({ sql, parameters: [], varying: true })) {
    refuse("the session's default level", String(level));
  }
}

/** One connection sees its own writes only, whatever the level. */
function isSqlite({ options }: DataSource): boolean {
  return options.type === "better-sqlite3";
}

function refuse(whose: string, level = ""): void {
  if (!DIRTY.test(level)) return;
  const message =
    `${whose} is READ UNCOMMITTED, where a version that was rolled back cannot be told from one that was committed: ` +
    "READ COMMITTED or higher is needed";
  throw new DistinctionError("UNSAFE_ISOLATION", message);
}
