import { MigrationExecutor, type DataSource } from "typeorm";
import type { Dialect } from "./dialect.js";
import { turnsOnFile } from "./sqlite-turns.js";

/** Seconds to wait for another process that is migrating the same server. */
const LOCK_TIMEOUT = 60;

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
    await dataSource.query("ROLLBACK");
    throw error;
  }
}

/** DDL commits implicitly on the servers, so an advisory lock of this database's name keeps others out. */
async function migrateServer(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  const name = "CONCAT('distinction:', SHA1(DATABASE()))";
  try {
    const [row] = (await runner.query(`SELECT GET_LOCK(${name}, ${LOCK_TIMEOUT}) AS locked`)) as { locked: unknown }[];
    if (Number(row?.locked) !== 1) throw new Error(`another process has been migrating for ${LOCK_TIMEOUT} seconds`);
    // On the connection that holds the lock: the pool may have no other.
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = "none";
    await executor.executePendingMigrations();
  } finally {
    await runner.query(`SELECT RELEASE_LOCK(${name})`);
    await runner.release();
  }
}
