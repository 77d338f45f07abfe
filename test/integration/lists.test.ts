import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apply } from "../../domain/distinction/diff/apply.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { RecordState } from "../../domain/distinction/record/record-state.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { Statement } from "../../infrastructure/persistence/connection/session.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { SqlHistory } from "../../infrastructure/persistence/history/sql-history.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { galleryTable, galleryType, picture, picturesOf, shownOrder, type Gallery } from "../support/gallery.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { closeAll, environment, onSqlBackends } from "./backends.js";

type Galleries = DistinctRepository<typeof galleryType>;

onSqlBackends((place, backend) => {
  let database: Database;
  let galleries: Galleries;
  let sent: Statement[] = [];
  let count = 0;
  const galleriesIn = (of: Database): Galleries =>
    new DistinctRepository(galleryType, new SqlRecordStore(of, galleryTable), environment);
  const named = (prefix: string, size: number): string[] => Array.from({ length: size }, (_, i) => `${prefix}${i}`);

  beforeAll(async () => {
    database = openTestDatabase(place().url, {
      onStatement: (event) => void (event.kind === "statement" && sent.push(event)),
    });
    await createTestTables(database, galleryTable);
    galleries = galleriesIn(database);
  });
  afterAll(() => database.close());

  async function added(keys: Iterable<string>, of = galleries): Promise<Gallery> {
    const gallery = of.create({ town: "t", number: ++count, pictures: picturesOf(keys) });
    await of.add(gallery);
    return gallery;
  }

  async function statements(work: () => Promise<unknown>): Promise<Statement[]> {
    sent = [];
    await work();
    return [...sent];
  }
  const kinds = (some: readonly Statement[]): string[] => some.map(({ sql }) => sql.slice(0, sql.indexOf(" ")));

  describe("statements for lists", () => {
    test("two for what is appended or edited, one more for what is removed, none more where it is reordered", async () => {
      const gallery = await added("abcd");
      gallery.pictures.set("x", picture("x")).set("e", picture("e")).set("a", picture("A"));
      expect(kinds(await statements(() => galleries.save(gallery)))).toEqual(["UPDATE", "INSERT"]);
      gallery.pictures.move("x", 0);
      expect(kinds(await statements(() => galleries.save(gallery)))).toEqual(["UPDATE", "INSERT"]);
      gallery.pictures.delete("b");
      gallery.pictures.set("y", picture("y")).set("c", picture("C")).move("y", 1);
      expect(kinds(await statements(() => galleries.save(gallery)))).toEqual(["UPDATE", "DELETE", "INSERT"]);
      gallery.pictures.reorder([...gallery.pictures.keys()].reverse()).reorder([...gallery.pictures.keys()].reverse());
      expect(await statements(() => galleries.save(gallery))).toEqual([]);
      expect(kinds(await statements(() => galleries.get({ town: "t", number: gallery.number })))).toHaveLength(4);
    });

    test("the same, word by word, for an append to 10 and to 10,000 entries", async () => {
      const appended = async (size: number): Promise<Statement[]> => {
        const gallery = await added(named("k", size));
        gallery.pictures.set("new", picture("new"));
        return statements(() => galleries.save(gallery));
      };
      const [few, many] = [await appended(10), await appended(10_000)];
      expect(kinds(many)).toEqual(["UPDATE", "INSERT"]);
      expect(many.map(({ sql }) => sql)).toEqual(few.map(({ sql }) => sql));
      expect(many.map(({ parameters }) => parameters.length)).toEqual(few.map(({ parameters }) => parameters.length));
    });

    test("the end of a list is found in the index", async () => {
      const sql = "SELECT MAX(position) FROM gallery_pictures WHERE gallery_town = 't' AND gallery_number = 1";
      const explain = backend === "SQLite" ? `EXPLAIN QUERY PLAN ${sql}` : `EXPLAIN FORMAT=TRADITIONAL ${sql}`;
      const plan = await database.session((session) => session.rows({ sql: explain, parameters: [], varying: true }));
      const wanted = backend === "SQLite" ? /SEARCH .*gallery_pictures_position/ : /Select tables optimized away/;
      expect(plan.flat().map(String).join(" ")).toMatch(wanted);
    });
  });

  describe("races over lists", () => {
    const clients: Database[] = [];
    afterAll(() => closeAll(clients));

    function client(): Galleries {
      const own = openTestDatabase(place().url);
      clients.push(own);
      return galleriesIn(own);
    }

    async function readByAll(gallery: Gallery): Promise<readonly string[]> {
      const id = { town: gallery.town, number: gallery.number };
      const orders: string[][] = [];
      for (const each of [client(), client(), galleries]) orders.push([...(await each.get(id)).pictures.keys()]);
      const [page] = (await galleries.list({ where: { number: { eq: gallery.number } } })).records;
      orders.push([...page!.pictures.keys()]);
      for (const order of orders) expect(order).toEqual(orders[0]);
      const rows = await database.session((session) =>
        session.rows({
          sql: "SELECT COUNT(*), COUNT(DISTINCT position) FROM gallery_pictures WHERE gallery_number = ?",
          parameters: [gallery.number],
        }),
      );
      expect(Number(rows[0]![1])).toBe(Number(rows[0]![0]));
      return orders[0]!;
    }

    test("writers who append lose nothing, and each one's entries stay in its order", async () => {
      const gallery = await added("zy");
      const id = { town: gallery.town, number: gallery.number };
      const writers = ["a", "b", "c", "d"];
      await Promise.all(
        writers.map(async (writer) => {
          const own = client();
          for (const key of named(writer, 12)) {
            await own.update(id, ({ pictures }) => void pictures.set(key, picture(key)));
          }
        }),
      );
      const order = await readByAll(gallery);
      expect(order).toHaveLength(2 + 4 * 12);
      expect(order.slice(0, 2)).toEqual(["z", "y"]);
      for (const writer of writers) expect(order.filter((key) => key.startsWith(writer))).toEqual(named(writer, 12));
    });

    test("writers who append, edit, remove and reorder at once lose nothing", async () => {
      const gallery = await added(["keep", ...named("old", 8)]);
      const id = { town: gallery.town, number: gallery.number };
      let written = 0;
      const update = async (own: Galleries, edit: (gallery: Gallery) => void): Promise<void> => {
        const result = await own.update(id, edit);
        written += Number(result.written);
      };
      const append = ["a", "b"].map(async (writer) => {
        const own = client();
        for (const key of named(writer, 10)) {
          await update(own, ({ pictures }) => void pictures.set(key, picture(key)));
        }
      });
      const reorder = [0, 1].map(async () => {
        const own = client();
        for (let round = 0; round < 6; round++) {
          await update(own, ({ pictures }) => void pictures.reorder([...pictures.keys()].reverse()));
        }
      });
      const others = async (): Promise<void> => {
        const own = client();
        for (const [round, key] of named("old", 8).entries()) {
          await update(own, ({ pictures }) => {
            pictures.delete(key);
            pictures.get("keep")!.size = round + 1;
          });
        }
      };
      await Promise.all([...append, ...reorder, others()]);
      const order = await readByAll(gallery);
      expect(order.toSorted()).toEqual([...named("a", 10), ...named("b", 10), "keep"].toSorted());
      const last = await galleries.get(id);
      expect(last.pictures.get("keep")!.size).toBe(8);
      expect(galleries.versionOf(last)).toBe(1 + written); // two who reverse at once write one order
    });
  });

  test("the history of a list leads through all of its orders", async () => {
    const recorded = new DistinctRepository(
      galleryType,
      new HistoryRecordStore(database, galleryTable, environment),
      environment,
    );
    const gallery = await added("ba", recorded);
    const id = { town: gallery.town, number: gallery.number };
    const wanted = ["ba", "bazc", "czab", "cxb"];
    gallery.pictures.set("z", picture("z")).set("c", picture("c"));
    await recorded.save(gallery);
    gallery.pictures.reorder("czab");
    await recorded.save(gallery);
    gallery.pictures.clear();
    for (const [key, entry] of picturesOf("cxb")) gallery.pictures.set(key, entry);
    await recorded.save(gallery);

    let state: RecordState = {
      version: 0,
      attributes: {},
      collections: { pictures: new Map(), rooms: new Map(), visitors: new Map() },
    };
    const orders: string[] = [];
    for (const { changeSet } of await new SqlHistory(database).historyOf(galleryType, id)) {
      state = apply(state, changeSet.changes);
      orders.push([...state.collections.pictures!.keys()].join(""));
    }
    expect(orders).toEqual(wanted);
    expect(shownOrder(await galleries.get(id))).toBe(wanted.at(-1));
  });

  test("a table that others write to, too, is appended to and reordered all the same", async () => {
    const pictures = { ...galleryTable.entryTables.pictures!, insertNew: true as const };
    const table = { ...galleryTable, entryTables: { ...galleryTable.entryTables, pictures } };
    const careful = new DistinctRepository(galleryType, new SqlRecordStore(database, table), environment);
    const gallery = await added("ba", careful);
    gallery.pictures.set("z", picture("z")).set("b", picture("B")).set("c", picture("c"));
    await careful.save(gallery);
    expect(shownOrder(await galleries.get({ town: "t", number: gallery.number }))).toBe("bazc");
    gallery.pictures.set("x", picture("x")).set("y", picture("y")).reorder("yczxab");
    await careful.save(gallery);
    gallery.pictures.set("last", picture("last"));
    await careful.save(gallery);
    expect(shownOrder(await galleries.get({ town: "t", number: gallery.number }))).toBe("yczxablast");
  });

  test("a unit of work orders lists, or leaves them as they were", async () => {
    const [one, other] = [await added("abc"), await added("xyz")];
    const ids = [one, other].map(({ town, number }) => ({ town, number })) as [Gallery, Gallery];
    const units = new SqlUnitOfWork(database, environment);
    const edit = async (inside: Galleries): Promise<void> => {
      const [first, second] = (await inside.getMany(ids)) as [Gallery, Gallery];
      first.pictures.move("c", 0).set("d", picture("d"));
      await inside.save(first);
      second.pictures.set("w", picture("w"));
      first.pictures.set("e", picture("e"));
      await inside.saveAll([first, second]);
    };
    await expect(
      units.run(async (tx) => {
        await edit(tx.repository(galleries));
        throw new Error("undo");
      }),
    ).rejects.toThrow("undo");
    expect((await galleries.getMany(ids)).map(shownOrder)).toEqual(["abc", "xyz"]);
    await units.run((tx) => edit(tx.repository(galleries)));
    expect((await galleries.getMany(ids)).map(shownOrder)).toEqual(["cabde", "xyzw"]);
  });

  describe("a table whose positions cannot be kept is refused", () => {
    const spoiltTable = recordTable(galleryType, {
      name: "spoilt",
      entries: {
        pictures: { name: "spoilt_pictures", keyColumn: "name", positionColumn: "rank" },
        rooms: { name: "spoilt_rooms", keyColumn: "name", digestColumn: "digest" },
        visitors: { name: "spoilt_visitors", keyColumn: "name" },
      },
    });
    const refused = (message: RegExp): object => {
      return expect.objectContaining({
        code: "UNSAFE_POSITION_COLUMN",
        message: expect.stringMatching(message) as string,
      }) as object;
    };
    const load = (): Promise<unknown> => new SqlRecordStore(database, spoiltTable).load([["t", 1]]);

    test("where there is none, and where it is of another type; mended, it is accepted", async () => {
      await createTestTables(database, { ...spoiltTable });
      const run = (sql: string): Promise<unknown> =>
        database.session((session) => session.run({ sql, parameters: [], varying: true }));
      await run(backend === "SQLite" ? "DROP INDEX spoilt_pictures_rank" : "DO 0");
      await run("ALTER TABLE spoilt_pictures DROP COLUMN `rank`");
      await expect(load()).rejects.toEqual(refused(/spoilt_pictures\.rank .*there is none/));
      await run(
        "ALTER TABLE spoilt_pictures ADD COLUMN `rank` VARCHAR(20) NOT NULL DEFAULT ''".replace(
          "VARCHAR(20)",
          backend === "SQLite" ? "TEXT" : "VARCHAR(20)",
        ),
      );
      await expect(load()).rejects.toEqual(refused(/must be a BIGINT, but it is (varchar|text)/));
      await run("ALTER TABLE spoilt_pictures DROP COLUMN `rank`");
      await run(
        `ALTER TABLE spoilt_pictures ADD COLUMN \`rank\` ${backend === "SQLite" ? "INTEGER" : "BIGINT"} NOT NULL DEFAULT 0`,
      );
      expect(await load()).toEqual([undefined]);
    });

    test("where the record type or its table contradicts itself", () => {
      const entries = galleryTable.entryTables;
      const table = (changed: object) => () =>
        recordTable(galleryType, { name: "x", entries: { ...entries, ...changed } });
      expect(table({ pictures: { name: "p", keyColumn: "position" } })).toThrow(/another positionColumn/);
      expect(table({ visitors: { name: "p", keyColumn: "k", positionColumn: "p" } })).toThrow(/is no list/);
    });
  });
});
