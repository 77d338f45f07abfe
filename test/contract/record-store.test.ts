import { afterAll, beforeAll, inject } from "vitest";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import type { Database } from "../../infrastructure/persistence/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/sql-record-store.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";
import { recordBatchesContract } from "./record-batches-contract.js";
import { recordListContract } from "./record-list-contract.js";
import { recordStoreContract } from "./record-store-contract.js";

const inMemory = () => Promise.resolve(new MemoryRecordStore(articleType));
recordStoreContract("memory", inMemory);
recordListContract("memory", inMemory);
const shared = inMemory();
recordBatchesContract("memory", () => shared);
for (const [name, create] of [
  ["SQLite", createSqliteFile],
  [inject("serverName"), createServerDatabase],
] as const) {
  recordStoreContract(name, inSql(create));
  recordListContract(name, inSql(create));
  recordBatchesContract(name, inSql(create));
}

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
