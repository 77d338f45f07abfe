import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { Patience } from "../../domain/distinction/save/patience.js";
import { Database } from "../../infrastructure/persistence/connection/database.js";
import type { Row, Session } from "../../infrastructure/persistence/connection/session.js";
import { sqliteDialect } from "../../infrastructure/persistence/connection/sqlite-dialect.js";
import {
  hasHistory,
  missingHistory,
  NO_STANDS,
  requireHistory,
} from "../../infrastructure/persistence/history/history-tables.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { SqlHistory } from "../../infrastructure/persistence/history/sql-history.js";
import { HISTORY_MIGRATIONS } from "../../infrastructure/persistence/migrations/index.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { articleTable, articleType } from "../support/article.js";
import { entireHistory } from "../support/entire-history.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { closeAll, environment, onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";
import { FakeClock } from "../support/fake-clock.js";

/** Of a caller who could leave, and does not. */
const PATIENCE: Patience = {
  hasEnd: true,
  check: () => undefined,
  waiting: (work) => work(() => undefined),
  afterwards: () => () => undefined,
};

const UNMANAGED = { schema: "unmanaged" } as const;

function articlesOver(store: SqlRecordStore): DistinctRepository<typeof articleType> {
  return new DistinctRepository(articleType, store, environment);
}

/** A database whose answers to the look for the tables are given one by one, in any order. */
function desk(table: Row = ["a table", null]) {
  const looks: ((tables: number) => void)[] = [];
  const session: Session = {
    rows: () =>
      new Promise<readonly Row[]>((resolve) => looks.push((tables) => resolve(Array<Row>(tables).fill(table)))),
    run: () => Promise.resolve(0),
  };
  const connector = {
    dialect: sqliteDialect,
    withSession: <T>(work: (session: Session) => Promise<T>): Promise<T> => work(session),
    withConnection: () => Promise.reject(new Error("no transactions here")),
    close: () => Promise.resolve(),
  };
  const clock = new FakeClock();
  const database = new Database("somewhere", () => Promise.resolve(connector), { clock, random: () => 0.5 });
  return { database, looks, clock };
}

/** Lets all go on that waits for nothing. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("a late no does not replace a yes", async () => {
  const { database, looks } = desk();
  const [early, late] = [hasHistory(database, PATIENCE), hasHistory(database, PATIENCE)];
  await settled();
  expect(looks).toHaveLength(2);
  looks[1]!(3);
  expect(await late).toBe(true);
  looks[0]!(0); // was asked before the migration
  expect(await early).toBe(true);
  missingHistory(database); // a unit that had begun before
  expect(await hasHistory(database)).toBe(true);
  expect(looks).toHaveLength(2);
});

test("who is in no hurry shares one look, and who is has one of its own", async () => {
  const { database, looks } = desk();
  const shared = [hasHistory(database), requireHistory(database), hasHistory(database)];
  const own = hasHistory(database, PATIENCE);
  await settled();
  expect(looks).toHaveLength(2);
  for (const answer of looks) answer(3);
  expect(await Promise.all([...shared, own])).toEqual([true, undefined, true, true]);
});

test("a no is asked again by who needs the tables", async () => {
  const { database, looks } = desk();
  const first = hasHistory(database);
  await settled();
  looks[0]!(0);
  expect([await first, await hasHistory(database)]).toEqual([false, false]);
  const needed = requireHistory(database);
  await settled();
  looks[1]!(3);
  await needed;
  expect(looks).toHaveLength(2);
});

test("tables whose engine has no transactions are refused, until they are mended", async () => {
  const { database, looks } = desk(["distinction_operation", "MyISAM"]);
  const refused = {
    code: "UNSAFE_TABLE_ENGINE",
    message: expect.stringMatching(/^distinction_operation .*MyISAM/) as string,
  };
  for (const [look, ask] of [hasHistory, requireHistory].entries()) {
    const answer = expect(ask(database)).rejects.toMatchObject(refused);
    await settled();
    looks[look]!(3);
    await answer;
  }
});

test("a no is asked again after a minute, by one for all", async () => {
  const { database, looks, clock } = desk();
  const first = hasHistory(database);
  await settled();
  looks[0]!(0);
  await first;
  clock.advance(NO_STANDS - 1);
  expect(await hasHistory(database, PATIENCE)).toBe(false);
  clock.advance(1);
  const again = hasHistory(database, PATIENCE);
  expect(await hasHistory(database, PATIENCE)).toBe(false); // while the other one asks
  await settled();
  expect(looks).toHaveLength(2);
  looks[1]!(3);
  expect([await again, await hasHistory(database)]).toEqual([true, true]);
});

describe("history tables that are made while a database is in use", () => {
  onSqlBackends((place, backend) => {
    test("are found by the first unit that wants them, and where their engine is unsafe, refused", async () => {
      const [database, other] = [openTestDatabase(place().url, UNMANAGED), openTestDatabase(place().url, UNMANAGED)];
      onTestFinished(() => closeAll([database, other]));
      await createTestTables(database, articleTable);
      const remembered = articlesOver(new HistoryRecordStore(database, articleTable, environment));
      const plain = articlesOver(new SqlRecordStore(database, articleTable));
      const unit = new SqlUnitOfWork(database, environment);
      const attempts: number[] = [];
      const add = (articles: typeof plain): Promise<void> =>
        unit.run(async (tx) => {
          attempts.push(tx.attempt);
          const inside = tx.repository(articles);
          await inside.add(inside.create({ id: randomUUID() }));
        });
      await add(plain);
      await expect(add(remembered)).rejects.toMatchObject({ code: "MISSING_TABLE" });
      await add(plain); // looks again, and again there is none
      const migrating = await openDataSource(place().url, { migrations: [...HISTORY_MIGRATIONS] });
      onTestFinished(() => migrating.destroy());
      await migrating.runMigrations();
      await add(remembered);
      expect(attempts).toEqual([1, 1, 1, 1, 2]);
      expect((await entireHistory(new SqlHistory(database))).length).toBe(1);
      if (backend === "SQLite") return;
      await migrating.query("ALTER TABLE distinction_operation ENGINE = MyISAM");
      const refused = {
        code: "UNSAFE_TABLE_ENGINE",
        message: expect.stringMatching(/distinction_operation/) as string,
      };
      await expect(new SqlUnitOfWork(other, environment).run(() => Promise.resolve())).rejects.toMatchObject(refused);
    });
  });
});
