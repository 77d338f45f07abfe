import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nullable, withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { integer } from "../../domain/distinction/types/number-types.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { setOf } from "../../domain/distinction/types/collection-type.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import type { Database, DatabaseAccess } from "../../infrastructure/persistence/connection/database.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { SqlHistory } from "../../infrastructure/persistence/history/sql-history.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { articleTable, articleType } from "../support/article.js";
import { releaseTogether, startChild } from "../support/child.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onSqlBackends } from "./backends.js";
import type { BatchDone, BatchOrder } from "./batch-worker.child.js";

/** A key of two parts, one of them a number; rows deleted by a mark. */
const seatType = recordType({
  name: "seat",
  key: ["hall", "number"],
  attributes: { hall: text(20), number: integer(), holder: nullable(text(100)), price: withInitial(integer(), 0) },
  collections: { notes: setOf(text(20)) },
});
const seatTable = recordTable(seatType, {
  name: "seats",
  entries: { notes: { name: "seat_notes", keyColumn: "note" } },
});

/** The attempt; versions under locks, the loser with its three collections; then all of them. */
const OVERTAKEN = ["UPDATE", ...Array.from({ length: 5 }, () => "SELECT"), "UPDATE"];

function counting(database: Database, counts: { transactions: number }): DatabaseAccess {
  return {
    hasFixedView: database.hasFixedView,
    dialect: () => database.dialect(),
    layout: (table, session) => database.layout(table, session),
    session: (work) => database.session(work),
    transaction: (work) => (counts.transactions++, database.transaction(work)),
  };
}

describe("batches in a database", () => {
  onSqlBackends((place, backend) => {
    const sent: StatementEvent[] = [];
    let database: Database;
    let articles: DistinctRepository<typeof articleType>;
    let seats: DistinctRepository<typeof seatType>;

    beforeAll(async () => {
      database = openTestDatabase(place().url, {
        onStatement: (event) => void (event.kind === "statement" && sent.push(event)),
      });
      for (const table of [articleTable, seatTable]) await createTestTables(database, table);
      articles = new DistinctRepository(articleType, new SqlRecordStore(database, articleTable), environment);
      seats = new DistinctRepository(seatType, new SqlRecordStore(database, seatTable), environment);
      const warm = await stored(2);
      for (const article of warm) article.views++;
      await articles.saveAll(warm); // learns the key's type, once per table
    });
    afterAll(() => database.close());

    const stored = async (count: number) => {
      const ids = Array.from({ length: count }, () => randomUUID());
      await articles.addAll(ids.map((id) => articles.create({ id, labels: [["k", ""]], tags: ["t"] })));
      return articles.getMany(ids);
    };
    const statements = async (work: () => Promise<unknown>): Promise<string[]> => {
      sent.length = 0;
      await work();
      return sent.map(({ sql }) => sql.slice(0, sql.indexOf(" ")));
    };

    if (backend === "server")
      test("send a number of statements that does not grow with the records", async () => {
        const texts = new Set<string>();
        for (const count of [2, 50, 300]) {
          const loaded = await stored(count);
          for (const article of loaded) article.title = "new";
          expect(await statements(() => articles.saveAll(loaded))).toEqual(["UPDATE"]);
          expect(sent[0]).toMatchObject({ parameters: { length: 1 } });
          expect(sent[0]!.prepared).toBe(true);
          texts.add(sent[0]!.sql);
          for (const article of loaded) {
            article.labels.delete("k");
            article.labels.set("new", "1");
            article.tags.add("u");
          }
          expect(await statements(() => articles.saveAll(loaded))).toEqual(["UPDATE", "DELETE", "INSERT", "INSERT"]);
          expect(await statements(() => articles.saveAll(loaded))).toEqual([]);
        }
        expect(texts.size).toBe(1);
      });

    if (backend === "SQLite")
      test("send an UPDATE for each record, and one statement per collection and kind for all of them", async () => {
        const loaded = await stored(4);
        for (const article of loaded) article.title = "new";
        const updates = ["UPDATE", "UPDATE", "UPDATE", "UPDATE"];
        expect(await statements(() => articles.saveAll(loaded))).toEqual(updates);
        for (const article of loaded) {
          article.labels.delete("k");
          article.labels.set("new", "1");
          article.tags.add("u");
        }
        expect(await statements(() => articles.saveAll(loaded))).toEqual([...updates, "DELETE", "INSERT", "INSERT"]);
        expect(await statements(() => articles.saveAll(loaded))).toEqual([]);
      });

    test("beside which a removal is one statement, whatever collections the record has", async () => {
      const [article] = await stored(1);
      expect(await statements(() => articles.remove(article!))).toEqual(["DELETE"]);
      const left = { sql: "SELECT COUNT(*) FROM article_labels WHERE article_id = ?", parameters: [article!.id] };
      const [[count] = []] = await database.session((session) => session.rows(left));
      expect(Number(count)).toBe(0);
    });

    if (backend === "server")
      test("need no transaction for a single statement, which writes all or nothing by itself", async () => {
        const counts = { transactions: 0 };
        const store = new SqlRecordStore(counting(database, counts), articleTable);
        const counted = new DistinctRepository(articleType, store, environment);
        const theirs = new DistinctRepository(articleType, new SqlRecordStore(database, articleTable), environment);
        const ids = (await stored(5)).map(({ id }) => id).toSorted();
        const loaded = await counted.getMany(ids);
        for (const article of loaded) article.title = "one statement";
        await counted.saveAll(loaded);
        expect(counts.transactions).toBe(0);
        for (const article of loaded) article.tags.add("two statements");
        await counted.saveAll(loaded);
        expect(counts.transactions).toBe(1);

        for (const position of [0, 4]) {
          await theirs.update(ids[position]!, (article) => void article.views++);
          for (const article of loaded) article.title = `overtaken at ${position}`;
          sent.length = 0;
          const results = await counted.saveAll(loaded);
          expect(results.map(({ retries }) => retries)).toEqual(ids.map((_, index) => (index === position ? 1 : 0)));
          expect(sent.map(({ sql }) => sql.slice(0, 6))).toEqual(OVERTAKEN);
        }
        for (const position of [0, 4]) {
          const some = await counted.getMany(ids);
          await theirs.remove(await theirs.get(ids[position]!));
          for (const article of some) article.title = "never written";
          await expect(counted.saveAll(some)).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
          const rest = await theirs.getMany(ids.filter((_, index) => index !== position));
          expect(rest.map(({ title }) => title)).not.toContain("never written");
          await theirs.add(theirs.create({ id: ids[position]! }));
        }
      });

    test("add and list in one statement per table, however many", async () => {
      for (const count of [2, 50]) {
        expect(await statements(() => stored(count))).toEqual([
          ...["INSERT", "INSERT", "INSERT"], // no files: nothing to insert
          ...["SELECT", "SELECT", "SELECT", "SELECT"],
        ]);
        const list = () => articles.list({ limit: count, sort: [{ by: "title" }] });
        expect(await statements(list)).toEqual(["SELECT", "SELECT", "SELECT", "SELECT"]);
      }
      const first = await articles.list({ limit: 1 });
      expect(await statements(() => articles.list({ limit: 1, after: first.next }))).toHaveLength(4);
    });

    test("keys of several parts, numbers among them", async () => {
      const all = Array.from({ length: 20 }, (_, index) => seats.create({ hall: `H${index % 3}`, number: index - 10 }));
      await seats.addAll(all);
      await seats.update({ hall: "H1", number: -9 }, (seat) => void (seat.price = 9));
      for (const seat of all) seat.holder = `${seat.hall} ${seat.number}`;
      for (const seat of all) seat.notes.add("paid");
      const results = await seats.saveAll(all);
      expect(results.map(({ retries }) => retries).reduce((sum, one) => sum + one)).toBe(1);
      expect(all[1]).toMatchObject({ price: 9, holder: "H1 -9" });
      const page = await seats.list({ limit: 7, sort: [{ by: "price", order: "desc" }] });
      expect(page.records.map(({ hall, number }) => `${hall} ${number}`).slice(0, 3)).toEqual([
        "H1 -9",
        "H0 -10",
        "H0 -7",
      ]);
      const rest = await seats.list({ after: page.next, sort: [{ by: "price", order: "desc" }] });
      expect(rest.records).toHaveLength(13);
      expect(rest.records.every(({ hall, number, holder }) => holder === `${hall} ${number}`)).toBe(true);
    });

    test("take part in a unit of work: all of it or nothing, and again where a record was changed", async () => {
      const units = new SqlUnitOfWork(database, environment);
      const others = openTestDatabase(place().url);
      const loaded = await stored(4);
      const ids = loaded.map(({ id }) => id);
      const theirs = new DistinctRepository(articleType, new SqlRecordStore(others, articleTable), environment);
      const extra = randomUUID();
      let runs = 0;
      await units.run(async (tx) => {
        const inside = tx.repository(articles);
        const records = await inside.getMany(ids);
        // SQLite's transaction keeps others out, from its beginning.
        if (++runs === 1 && backend === "server") await theirs.update(ids[2]!, (article) => void (article.views += 3));
        for (const article of records) article.views++;
        await inside.saveAll(records);
        for (const article of records) article.title = "unit";
        await inside.saveAll(records);
        await inside.addAll([inside.create({ id: extra })]);
        expect((await inside.list({ where: { title: { eq: "unit" } } })).records).toHaveLength(4);
      });
      expect(runs).toBe(backend === "server" ? 2 : 1);
      const now = await theirs.getMany([...ids, extra]);
      expect(now.map(({ views }) => views)).toEqual([1, 1, backend === "server" ? 4 : 1, 1, 0]);

      const undone = units.run(async (tx) => {
        const inside = tx.repository(articles);
        const records = await inside.getMany(ids);
        for (const article of records) article.title = "undone";
        await inside.saveAll(records);
        throw new Error("no");
      });
      await expect(undone).rejects.toThrow("no");
      expect((await theirs.getMany(ids)).map(({ title }) => title)).toEqual(ids.map(() => "unit"));
      await others.close();
    });

    test("write the history of each record in the same transaction", async () => {
      const store = new HistoryRecordStore(database, articleTable, environment);
      const recorded = new DistinctRepository(articleType, store, environment);
      const history = new SqlHistory(database);
      const ids = [randomUUID(), randomUUID(), randomUUID()];
      await recorded.addAll(ids.map((id) => recorded.create({ id })));
      const loaded = await recorded.getMany(ids);
      await recorded.update(ids[1]!, (article) => void (article.body = "theirs"));
      for (const article of loaded) article.title = "mine";
      await recorded.saveAll(loaded);
      const lengths = await Promise.all(ids.map(async (id) => (await history.historyOf(articleType, id)).length));
      expect(lengths).toEqual([2, 3, 2]);
      await expect(recorded.addAll(ids.map((id) => recorded.create({ id })))).rejects.toMatchObject({
        code: "RECORD_EXISTS",
      });
      expect(await history.historyOf(articleType, ids[0]!)).toHaveLength(2);
    });

    test("processes that save overlapping sets in opposite orders lose nothing and all come to their end", async () => {
      const ids = (await stored(12)).map(({ id }) => id);
      const rounds = 15;
      const orders: BatchOrder[] = [
        { url: place().url, writer: "w0", ids: ids.slice(0, 9), rounds },
        { url: place().url, writer: "w1", ids: ids.slice(3).toReversed(), rounds },
        { url: place().url, writer: "w2", ids: ids.toSorted(() => Math.random() - 0.5), rounds },
      ];
      const children = orders.map((order) => startChild(new URL("batch-worker.child.ts", import.meta.url), order));
      await releaseTogether(children);
      const done = (await Promise.all(children.map(({ output }) => output))) as BatchDone[];
      expect(done.map(({ acknowledged }) => acknowledged)).toEqual([rounds, rounds, rounds]);
      expect(done.reduce((sum, { merged }) => sum + merged, 0)).toBeGreaterThan(0);

      for (const article of await articles.getMany(ids)) {
        const writers = orders.filter((order) => order.ids.includes(article.id));
        expect(article.views).toBe(rounds * writers.length);
        expect(articles.versionOf(article)).toBe(rounds * writers.length + 1);
        for (const { writer, ids: order } of writers) {
          const index = order.indexOf(article.id);
          const metadata = article.metadata as { [writer: string]: JsonValue };
          expect(metadata[writer]).toBe(index % 2 === 0 ? rounds : undefined);
          expect(article.labels.get(writer)).toBe(index % 3 === 0 ? String(rounds) : undefined);
          const tags = [...article.tags].filter((tag) => tag.startsWith(writer));
          expect(tags).toEqual(index % 3 === 1 ? [`${writer} ${rounds}`] : []);
        }
      }
    }, 120_000);
  });
});
