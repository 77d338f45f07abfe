import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConflictError } from "../../domain/distinction/errors.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { MemoryUnitOfWork } from "../../infrastructure/memory/memory-unit-of-work.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { code } from "../support/repository-outcomes.js";
import { closeAll, environment, newImage, onEveryBackend, onSqlBackends } from "./backends.js";
import { interposed } from "./interposed.js";
import { childRows } from "./two-writers.js";

const TAKEN = code("RECORD_EXISTS");

describe("the id of a removed image is nobody's any more", () => {
  onEveryBackend((clients) => {
    test("alone, with entries, among others, and in a unit of work", async () => {
      const { a, b, databases } = clients();
      const image = newImage({ tags: ["t"] });
      await a.add(image);
      await b.remove(await b.get(image.id));
      const { id } = image;
      await expect(b.add(newImage({ id }))).rejects.toMatchObject(TAKEN);
      await expect(b.add(newImage({ id, tags: ["t"] }))).rejects.toMatchObject(TAKEN);
      const beside = newImage({ tags: ["t"] });
      await expect(b.addAll([beside, newImage({ id })])).rejects.toMatchObject({
        code: "RECORD_EXISTS",
        message: `image ${id} (deleted): the id is taken`,
      });
      const units =
        databases[0] === undefined ? new MemoryUnitOfWork(environment) : new SqlUnitOfWork(databases[0], environment);
      await expect(units.run((tx) => tx.repository(a).add(newImage({ id })))).rejects.toMatchObject(TAKEN);
      await expect(units.run((tx) => tx.repository(a).addAll([newImage({ id })]))).rejects.toMatchObject(TAKEN);
      expect([await a.find(id), await a.find(beside.id)]).toEqual([undefined, undefined]);
      expect(await childRows(clients(), id)).toBe(0);
    });

    test("not even while it is being removed, or purged", async () => {
      const { a, b, upkeep } = clients();
      for (let round = 0; round < 20; round++) {
        const image = newImage({ tags: ["t"] });
        await a.add(image);
        const added = [newImage({ id: image.id }), newImage({ id: image.id, tags: ["u"] })];
        const [removed, ...outcomes] = await Promise.allSettled([
          a.remove(image),
          b.add(added[0]!),
          b.add(added[1]!),
          b.addAll([newImage({ id: image.id })]),
        ]);
        expect(removed.status).toBe("fulfilled");
        const [purged, purgedToo, ...late] = await Promise.allSettled([
          upkeep.purge(10),
          upkeep.purge(10),
          ...Array.from({ length: 4 }, (_, index) => (index % 2 ? a : b).add(newImage({ id: image.id, tags: ["t"] }))),
          b.addAll([newImage({ id: image.id })]),
        ]);
        expect([purged.status, purgedToo.status]).toEqual(["fulfilled", "fulfilled"]);
        expect(late).toMatchObject(Array.from({ length: 5 }, () => ({ status: "rejected", reason: TAKEN })));
        expect(outcomes).toMatchObject(Array.from({ length: 3 }, () => ({ status: "rejected", reason: TAKEN })));
        expect(await a.find(image.id)).toBeUndefined();
      }
    });
  });

  onSqlBackends((place) => {
    test("nor where a history is kept", async () => {
      const database = openTestDatabase(place().url);
      const store = new HistoryRecordStore(database, imageTable, environment);
      const images = new DistinctImageRepository(store, environment);
      const image = newImage();
      await images.add(image);
      await images.remove(image);
      await expect(images.add(newImage({ id: image.id }))).rejects.toMatchObject(TAKEN);
      await expect(images.addAll([newImage({ id: image.id })])).rejects.toMatchObject(TAKEN);
      await database.close();
    });
  });
});

describe("an id that is free again", () => {
  onSqlBackends((place) => {
    let databases: readonly [Database, Database];
    let others: DistinctRepository<typeof articleType>;
    beforeAll(async () => {
      databases = [openTestDatabase(place().url), openTestDatabase(place().url)];
      await createTestTables(databases[0], articleTable);
      others = articlesIn(databases[1]);
    });
    afterAll(() => closeAll(databases));

    test.each([
      ["add", (articles: typeof others) => articles.add(articles.create({ id: "x", title: "new" }))],
      ["addAll", (articles: typeof others) => articles.addAll([articles.create({ id: "x", title: "new" })])],
    ])("%s takes it, where its owner goes while it is looked for", async (_, add) => {
      await others.add(others.create({ id: "x", title: "old" }));
      let isThere = true;
      const database = interposed(
        databases[0],
        async (step, session) => {
          if (step !== "SELECT" || !isThere) return;
          isThere = false;
          await session.run({ sql: "DELETE FROM articles WHERE id = 'x'", parameters: [] });
        },
        environment.clock,
      );
      await add(articlesIn(database));
      const now = await others.get("x");
      expect([now.title, isThere]).toEqual(["new", false]);
      await others.remove(now);
    });

    test("adding against removing it ends in nothing but what these two are told", async () => {
      const mine = articlesIn(databases[0]);
      const told = new Set<unknown>();
      for (let round = 0; round < 60; round++) {
        await Promise.all(
          [mine, others].map(async (articles) => {
            try {
              const found = await articles.find("contended");
              if (found === undefined) await articles.add(articles.create({ id: "contended", tags: ["t"] }));
              else await articles.remove(found);
            } catch (error) {
              told.add(error instanceof ConflictError ? "CONFLICT" : (error as { code?: string }).code);
            }
          }),
        );
      }
      expect(["RECORD_EXISTS", "RECORD_NOT_FOUND", "CONFLICT"]).toEqual(expect.arrayContaining([...told]));
    });
  });
});

function articlesIn(database: Database): DistinctRepository<typeof articleType> {
  return new DistinctRepository(articleType, new SqlRecordStore(database, articleTable), environment);
}
