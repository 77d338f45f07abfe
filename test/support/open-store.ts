import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { createTables } from "../../infrastructure/persistence/records/create-table.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { openDatabase, type OpenOptions } from "../../infrastructure/persistence/connection/open-database.js";
import type { RecordTable } from "../../infrastructure/persistence/records/record-table.js";

/** A database by URL with the machine's clock. */
export function openTestDatabase(url: string, options: Partial<OpenOptions> = {}): Database {
  return openDatabase(url, { clock: systemClock, random: Math.random, schema: "migrate", ...options });
}

/** Creates the tables of a record type that only tests know. */
export async function createTestTables(database: Database, table: RecordTable): Promise<void> {
  const dialect = await database.dialect();
  for (const sql of createTables(table, dialect)) {
    await database.session((session) => session.run({ sql, parameters: [], varying: true }));
  }
}
