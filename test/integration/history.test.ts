import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { HistoryEntry } from "../../domain/distinction/history.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { SqlHistory } from "../../infrastructure/persistence/history/sql-history.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { UnitRecordStore } from "../../infrastructure/persistence/units/unit-record-store.js";
import { articleTable, articleType } from "../support/article.js";
import { entireHistory } from "../support/entire-history.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { environment, onServer } from "./backends.js";

test.each([HistoryRecordStore, UnitRecordStore])("%o says of every way to write how it is remembered", (kind) => {
  const READS = "constructor load list verify explain home moments over locked current naming ready".split(" ");
  const writes = Object.getOwnPropertyNames(SqlRecordStore.prototype).filter((name) => !READS.includes(name));
  expect(writes).toContain("apply");
  // A way to write that is inherited would leave the history, and what a unit knows of its own writes, behind.
  for (const name of writes) expect(Object.hasOwn(kind.prototype, name), name).toBe(true);
});

describe("history", () => {
  onServer((place) => {
    let database: Database;
    let history: SqlHistory;
    let articles: DistinctRepository<typeof articleType>;
    const acting = { ...environment, actor: () => "ann" };

    beforeAll(async () => {
      database = openTestDatabase(place().url);
      await createTestTables(database, articleTable);
      history = new SqlHistory(database);
      articles = articlesIn(database);
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
        let { cursor } = { cursor: (await entireHistory(history)).at(-1)!.position! };
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

function titles(entries: readonly HistoryEntry[]): unknown[] {
  return entries.map(({ changeSet }) => changeSet.changes.map((change) => "to" in change && change.to).join());
}

/** What a reader would take for its cursor that goes by ids. */
async function newestId(database: Database): Promise<number> {
  const sql = "SELECT MAX(id) FROM distinction_history";
  const [row] = await database.session((session) => session.rows({ sql, parameters: [] }));
  return Number(row![0]);
}
