import type { DataSource } from "typeorm";
import { DistinctionError } from "../../../domain/distinction/errors.js";

/**
 * Refuses a database whose schema this code does not know: newer code may rely on what older code would overwrite.
 *
 * @param mayBeBehind whether missing migrations are about to be run
 * @throws DistinctionError `SCHEMA_AHEAD`, `SCHEMA_BEHIND`
 */
export async function checkSchema(dataSource: DataSource, mayBeBehind: boolean): Promise<void> {
  const known = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
  const executed = await executedMigrations(dataSource);
  const newer = executed.filter((name) => !known.includes(name));
  if (newer.length > 0) {
    throw new DistinctionError("SCHEMA_AHEAD", `the database was migrated by newer code: ${newer.join(", ")}`);
  }
  const missing = known.filter((name) => !executed.includes(name));
  if (missing.length > 0 && !mayBeBehind) {
    throw new DistinctionError("SCHEMA_BEHIND", `the database lacks migrations: ${missing.join(", ")}`);
  }
}

/** Names of the migrations that were run, or none where even their table is missing. */
async function executedMigrations(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    const table = dataSource.options.migrationsTableName ?? "migrations";
    if (!(await runner.hasTable(table))) return [];
    const rows = (await runner.query(`SELECT name FROM ${table}`)) as { name: string }[];
    return rows.map(({ name }) => name);
  } finally {
    await runner.release();
  }
}
