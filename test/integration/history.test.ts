import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { whoChanged, type HistoryEntry } from "../../domain/distinction/history.js";
import type { Database } from "../../infrastructure/persistence/database.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history-record-store.js";
import { SqlHistory } from "../../infrastructure/persistence/sql-history.js";
import { SqlRecordStore } from "../../infrastructure/persistence/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/sql-unit-of-work.js";
import { UnitRecordStore } from "../../infrastructure/persistence/unit-record-store.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { environment, onSqlBackends } from "./backends.js";

test.each([HistoryRecordStore, UnitRecordStore])("%o says of every way to write how it is remembered", (kind) => {
  const READS = ["constructor", "load", "list", "isIn", "locked", "current", "ready"];
  const writes = Object.getOwnPropertyNames(SqlRecordStore.prototype).filter((name) => !READS.includes(name));
  expect(writes).toContain("apply");
  // A way to write that is inherited would leave the history, and what a unit knows of its own writes, behind.
  for (const name of writes) expect(Object.hasOwn(kind.prototype, name), name).toBe(true);
});

describe("history", () => {
  onSqlBackends((place, backend) => {
    let database: Database;
    let history: SqlHistory;
    let articles: DistinctRepository<typeof articleType>;
    let units: SqlUnitOfWork;
    const acting = { ...environment, actor: () => "ann" };

    beforeAll(async () => {
      database = openTestDatabase(place().url);
      await createTestTables(database, articleTable);
      history = new SqlHistory(database);
      articles = articlesIn(database);
      units = new SqlUnitOfWork(database, environment);
    });
    afterAll(() => database.close());

    function articlesIn(of: Database): DistinctRepository<typeof articleType> {
      return new DistinctRepository(articleType, new HistoryRecordStore(of, articleTable, acting), acting);
    }

    async function added(values: object = {}): Promise<string> {
      const id = randomUUID();
      await articles.add(articles.create({ ...values, id }));
      return id;
    }

    test("has an entry for every effective write, with its author, versions and changes", async () => {
      const id = await added({ bytes: 2n ** 60n, labels: [["k", "1"]] });
      const article = await articles.get(id);
      await articles.save(article);
      article.title = "new";
      article.labels.set("k", "2");
      await articles.save(article);
      await units.run(
        async (tx) => {
          const inside = tx.repository(articles);
          await inside.update(id, (one) => void (one.title = "newer"));
          await inside.remove(await inside.get(id));
        },
        { actor: "bob" },
      );
      const entries = await history.historyOf(articleType, id);
      const first = entries[0]!.versionTo!;
      expect(entries.map(({ actor, versionFrom, versionTo }) => [actor, versionFrom, versionTo])).toEqual([
        ["ann", undefined, first],
        ["ann", first, first + 1],
        ["bob", first + 1, first + 2],
        ["bob", first + 2, undefined],
      ]);
      expect(entries[0]!.changeSet.changes).toContainEqual({
        kind: "attribute.set",
        attribute: "bytes",
        from: undefined,
        to: 2n ** 60n,
      });
      expect(entries[2]!.operation).toBe(entries[3]!.operation);
      expect(new Set(entries.map(({ operation }) => operation)).size).toBe(3);
      expect(
        whoChanged(entries, "title").map(({ entry, change }) => [entry.actor, "to" in change && change.to]),
      ).toEqual([
        ["bob", "newer"],
        ["ann", "new"],
        ["ann", ""],
      ]);
      expect(whoChanged(entries, 'labels["k"]')).toHaveLength(2);
    });

    test("has nothing of what failed or was undone", async () => {
      const id = await added();
      await expect(articles.add(articles.create({ id }))).rejects.toMatchObject({ code: "RECORD_EXISTS" });
      const run = units.run(async (tx) => {
        await tx.repository(articles).update(id, (one) => void (one.title = "undone"));
        throw new Error("no");
      });
      await expect(run).rejects.toThrow("no");
      const [one, two] = [await articles.get(id), await articles.get(id)];
      one.title = "one";
      two.title = "two";
      await articles.save(one);
      await expect(articles.save(two)).rejects.toMatchObject({ code: "CONFLICT" });
      two.title = "";
      two.body = "two";
      await articles.save(two);
      expect((await history.historyOf(articleType, id)).map((entry) => entry.changeSet.changes.length)).toEqual([
        Object.keys(articleType.attributes).length,
        1,
        1,
      ]);
    });

    test("is read page by page, each write once", async () => {
      const ids = await Promise.all(Array.from({ length: 12 }, () => added()));
      await Promise.all(ids.map((id) => articles.update(id, (one) => void one.views++)));
      const all = await everything(history);
      expect(new Set(all.map(({ position }) => position)).size).toBe(all.length);
      const mine = all.filter(({ changeSet }) => ids.includes(changeSet.id[0] as string));
      expect(mine).toHaveLength(24);
      for (const id of ids) {
        const [add, edit] = mine.filter(({ changeSet }) => changeSet.id[0] === id);
        expect([add!.versionFrom, edit!.versionFrom]).toEqual([undefined, add!.versionTo]);
      }
      const { cursor } = await history.changesSince(all.at(-1)!.position!, 10);
      expect(cursor).toBe(all.at(-1)!.position);
    });

    test("several readers at once see the same", async () => {
      const readers = Array.from({ length: 4 }, () => new SqlHistory(database));
      for (let round = 0; round < 5; round++) await added();
      const [first, ...others] = await Promise.all(readers.map((reader) => everything(reader)));
      const positions = first!.map(({ position, operation }) => [position, operation]);
      for (const other of others) {
        expect(other.map(({ position, operation }) => [position, operation])).toEqual(positions);
      }
    });

    if (backend === "SQLite") return;

    test.each(["READ-COMMITTED", "REPEATABLE-READ"])(
      "skips nobody who commits late, as a reader by id does, under %s",
      async (isolation) => {
        const other = openTestDatabase(place().url, { poolSize: 1 });
        const name = (await other.dialect()).name === "mariadb" ? "tx_isolation" : "transaction_isolation";
        for (const one of [other, database]) {
          await one.session((session) =>
            session.run({ sql: `SET SESSION ${name} = '${isolation}'`, parameters: [], varying: true }),
          );
        }
        const [slow, quick] = [await added(), await added()];
        const lateArticles = articlesIn(other);
        const lateUnits = new SqlUnitOfWork(other, environment);
        let { cursor } = { cursor: (await everything(history)).at(-1)!.position! };
        let naive = await newestId(database);
        const before = naive;

        let finish!: () => void;
        const finished = new Promise<void>((resolve) => (finish = resolve));
        let written!: () => void;
        const hasWritten = new Promise<void>((resolve) => (written = resolve));
        const late = lateUnits.run(async (tx) => {
          await tx.repository(lateArticles).update(slow, (one) => void (one.title = "late"));
          written();
          await finished;
        });
        await hasWritten;
        await articles.update(quick, (one) => void (one.title = "quick"));

        const firstPage = await history.changesSince(cursor, 10);
        expect(titles(firstPage.entries)).toEqual(["quick"]);
        ({ cursor } = firstPage);
        naive = await newestId(database);
        finish();
        await late;

        // The late row has an id between: whoever reads ids above the newest one seen never learns of it.
        expect(naive).toBeGreaterThan(before + 1);
        expect(await newestId(database)).toBe(naive);
        expect(titles((await history.changesSince(cursor, 10)).entries)).toEqual(["late"]);
        await other.close();
      },
    );

    test.each([
      ["drop reply", "after the server has it"],
      ["cut before", "before the server has it"],
      ["hold", "on its way"],
    ] as const)("clears up a single save whose COMMIT broke: %s, %s", async (kind, _when) => {
      const { hostname, port } = new URL(place().url);
      const proxy = await TcpProxy.to(hostname, Number(port || 3306));
      const breaking = openTestDatabase(proxy.through(place().url), { poolSize: 1 });
      const through = articlesIn(breaking);
      const id = await added({ views: 1 });
      const article = await through.get(id);
      article.views++;
      proxy.breakAt("COMMIT", kind);
      if (kind === "hold") setTimeout(() => proxy.release(), 300);
      expect(await through.save(article)).toMatchObject({ written: true, retries: 0 });
      expect(proxy.mishaps).toBe(1);
      expect((await articles.get(id)).views).toBe(2);
      expect(await history.historyOf(articleType, id)).toHaveLength(2);
      proxy.breakAt("COMMIT", kind);
      if (kind === "hold") setTimeout(() => proxy.release(), 300);
      await through.remove(article);
      expect(await articles.find(id)).toBeUndefined();
      expect(await history.historyOf(articleType, id)).toHaveLength(3);
      await breaking.close();
      await proxy.close();
    });
  });
});

async function everything(history: SqlHistory): Promise<HistoryEntry[]> {
  const all: HistoryEntry[] = [];
  for (let cursor = 0; ;) {
    const page = await history.changesSince(cursor, 5);
    if (page.entries.length === 0) return all;
    all.push(...page.entries);
    ({ cursor } = page);
  }
}

function titles(entries: readonly HistoryEntry[]): unknown[] {
  return entries.map(({ changeSet }) => changeSet.changes.map((change) => "to" in change && change.to).join());
}

/** What a reader would take for its cursor that goes by ids. */
async function newestId(database: Database): Promise<number> {
  const sql = "SELECT MAX(id) FROM distinction_history";
  const [row] = await database.session((session) => session.rows({ sql, parameters: [] }));
  return Number(row![0]);
}
