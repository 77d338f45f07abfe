import { MigrationExecutor, type DataSource } from "typeorm";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Dialect } from "./dialect.js";
import { LOCK_WAIT_TIMEOUT } from "./short-lock-waits.js";
import { turnsOnFile } from "./sqlite-turns.js";

/** Seconds to wait for another process that is migrating the same server. */
const LOCK_TIMEOUT = 60;

/** Seconds that an ALTER TABLE waits for transactions that use the table; whoever comes after it waits with it. */
const ALTER_TIMEOUT = 60;

/** Brings the schema up to date. Processes that start together take turns, and all but the first find nothing to do. */
export async function migrate(dataSource: DataSource, dialect: Dialect): Promise<void> {
  if (dialect.name === "sqlite") await turnsOnFile(dataSource).run(() => migrateFile(dataSource));
  else await migrateServer(dataSource);
}

/** DDL is transactional in SQLite, and IMMEDIATE keeps other processes out until it is done. */
async function migrateFile(dataSource: DataSource): Promise<void> {
  await dataSource.query("BEGIN IMMEDIATE");
  try {
    await dataSource.runMigrations({ transaction: "none" });
    await dataSource.query("COMMIT");
  } catch (error) {
    await dataSource.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/** DDL commits implicitly on the servers, so an advisory lock of this database's name keeps others out. */
async function migrateServer(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  // A lock's name has at most 64 characters, a database's name too. MySQL 9.6 took SHA1 out.
  const name = "CONCAT('distinction:', LEFT(SHA2(DATABASE(), 256), 40))";
  try {
    const [row] = (await runner.query(`SELECT GET_LOCK(${name}, ${LOCK_TIMEOUT}) AS locked`)) as { locked: unknown }[];
    if (Number(row?.locked) !== 1) {
      const message = `another process has been migrating this database for ${LOCK_TIMEOUT} seconds`;
      throw new DistinctionError("DATABASE_UNAVAILABLE", message);
    }
    await runner.query(`SET SESSION lock_wait_timeout = ${ALTER_TIMEOUT}`);
    // On the connection that holds the lock: the pool may have no other.
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = "none";
    await executor.executePendingMigrations();
  } finally {
    // Where the connection broke, the lock went with it.
    await runner.query(`SELECT RELEASE_LOCK(${name})`).catch(() => undefined);
    await runner.query(`SET SESSION lock_wait_timeout = ${LOCK_WAIT_TIMEOUT}`).catch(() => undefined);
    await runner.release();
  }
}
