import { afterAll, beforeAll, inject } from "vitest";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import type { Database } from "../../infrastructure/persistence/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/sql-record-store.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";
import { recordStoreContract } from "./record-store-contract.js";

recordStoreContract("memory", () => Promise.resolve(new MemoryRecordStore(articleType)));
recordStoreContract("SQLite", inSql(createSqliteFile));
recordStoreContract(inject("serverName"), inSql(createServerDatabase));

function inSql(create: () => Promise<TestDatabase>): () => Promise<SqlRecordStore> {
  let place: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    place = await create();
    database = openTestDatabase(place.url, { schema: "unmanaged" });
    await createTestTables(database, articleTable);
  });
  afterAll(async () => {
    await database.close();
    await place.drop();
  });
  return () => Promise.resolve(new SqlRecordStore(database, articleTable));
}
