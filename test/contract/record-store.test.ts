import { afterAll, beforeAll, inject } from "vitest";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { articleTable, articleType } from "../support/article.js";
import { galleryTable, galleryType } from "../support/gallery.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";
import { recordBatchesContract } from "./record-batches-contract.js";
import { recordListContract } from "./record-list-contract.js";
import { recordOrderedContract } from "./record-ordered-contract.js";
import { recordStoreContract } from "./record-store-contract.js";

const inMemory = () => Promise.resolve(new MemoryRecordStore(articleType));
recordStoreContract("memory", inMemory);
recordListContract("memory", inMemory);
const shared = inMemory();
recordBatchesContract("memory", () => shared);
recordOrderedContract("memory", () => Promise.resolve(new MemoryRecordStore(galleryType)));
for (const [name, create] of [
  ["SQLite", createSqliteFile],
  [inject("serverName"), createServerDatabase],
] as const) {
  recordStoreContract(name, inSql(create));
  recordListContract(name, inSql(create));
  recordBatchesContract(name, inSql(create));
  recordOrderedContract(name, inSql(create, galleryTable));
}

function inSql(create: () => Promise<TestDatabase>, table = articleTable): () => Promise<SqlRecordStore> {
  let place: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    place = await create();
    database = openTestDatabase(place.url, { schema: "unmanaged" });
    await createTestTables(database, table);
  });
  afterAll(async () => {
    await database.close();
    await place.drop();
  });
  return () => Promise.resolve(new SqlRecordStore(database, table));
}
