import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { RecordStore } from "../../domain/distinction/record-store.js";
import type { UnitOfWork } from "../../domain/distinction/unit/unit-of-work.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { imageType } from "../../domain/image/image-type.js";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import { MemoryUnitOfWork } from "../../infrastructure/memory/memory-unit-of-work.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { environment, imagesIn, onSqlBackends } from "../integration/backends.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";

/** Units of work, and repositories that join them. */
export interface UnitPlace {
  readonly units: UnitOfWork;
  readonly images: DistinctImageRepository;
  readonly articles: DistinctRepository<typeof articleType>;
  /** Over connections of their own. */
  readonly others: DistinctRepository<typeof articleType>;
  /** The units' database and that of the others; none in memory. */
  readonly databases: readonly Database[];
}

/** The same tests of units of work in memory, on SQLite and on the server. */
export function onUnitBackends(tests: (place: () => UnitPlace, backend: "memory" | "SQLite" | "server") => void): void {
  describe("memory", () => {
    const [images, articles] = [new MemoryRecordStore(imageType), new MemoryRecordStore(articleType)];
    const place: UnitPlace = {
      units: new MemoryUnitOfWork(environment),
      images: new DistinctImageRepository(images, environment),
      articles: articlesOver(articles),
      others: articlesOver(articles),
      databases: [],
    };
    tests(() => place, "memory");
  });
  onSqlBackends((url, backend) => {
    let place: UnitPlace;
    beforeAll(async () => {
      const [database, other] = [openTestDatabase(url().url), openTestDatabase(url().url)];
      await createTestTables(database, articleTable);
      place = {
        units: new SqlUnitOfWork(database, environment),
        images: imagesIn(database),
        articles: articlesOver(new SqlRecordStore(database, articleTable)),
        others: articlesOver(new SqlRecordStore(other, articleTable)),
        databases: [database, other],
      };
    });
    afterAll(async () => {
      for (const database of place.databases) await database.close();
    });
    tests(() => place, backend);
  });
}

function articlesOver(store: RecordStore): DistinctRepository<typeof articleType> {
  return new DistinctRepository(articleType, store, environment);
}

/** The id of a new article. */
export async function stored(
  articles: DistinctRepository<typeof articleType>,
  values: Partial<Parameters<(typeof articles)["create"]>[0]> = {},
): Promise<string> {
  const id = randomUUID();
  await articles.add(articles.create({ ...values, id }));
  return id;
}
