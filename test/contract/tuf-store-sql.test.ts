import { afterAll, beforeAll, inject } from "vitest";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlTargetEdits } from "../../infrastructure/persistence/tuf/sql-target-edits.js";
import { SqlTrustStore } from "../../infrastructure/persistence/tuf/sql-trust-store.js";
import { SqlTufStore } from "../../infrastructure/persistence/tuf/sql-tuf-store.js";
import { openTestDatabase } from "../support/open-store.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";
import { tufStoreContract, type TufStoreUnderTest } from "./tuf-store.js";

const TABLES = [
  ...["repository", "role", "target", "file", "snapshot_head", "snapshot_diff", "pending", "export"],
  ...["key", "role_key", "role_trust", "signing_event", "signature"],
];

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
    return {
      store: new SqlTufStore(database),
      trust: new SqlTrustStore(database),
      edits: new SqlTargetEdits(database),
    };
  };
}
