import { afterAll, beforeAll, inject } from "vitest";
import { DistinctTargetEdits } from "../../domain/tuf/distinct-target-edits.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Database } from "../../infrastructure/persistence/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/sql-record-store.js";
import { SqlTufStore } from "../../infrastructure/persistence/sql-tuf-store.js";
import { binTable } from "../../infrastructure/persistence/tuf-tables.js";
import { openTestDatabase } from "../support/open-store.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";
import { tufStoreContract, type TufStoreUnderTest } from "./tuf-store.js";

const TABLES = ["repository", "role", "target", "file", "snapshot_head", "pending", "export"];

tufStoreContract("SQLite", inSql(createSqliteFile));
tufStoreContract(inject("serverName"), inSql(createServerDatabase));

/** One database for all tests of a suite, emptied before each. */
function inSql(create: () => Promise<TestDatabase>): () => Promise<TufStoreUnderTest> {
  let place: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    place = await create();
    database = openTestDatabase(place.url);
    await database.connect();
  });
  afterAll(async () => {
    await database.close();
    await place.drop();
  });
  return async () => {
    for (const table of TABLES) {
      await database.session((session) => session.run({ sql: `DELETE FROM tuf_${table}`, parameters: [] }));
    }
    const environment = { clock: systemClock, random: Math.random };
    return {
      store: new SqlTufStore(database),
      edits: new DistinctTargetEdits(new SqlRecordStore(database, binTable), environment),
    };
  };
}
