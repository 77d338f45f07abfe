import { expect, test } from "vitest";
import type { Patience } from "../../domain/distinction/save/patience.js";
import { Database } from "../../infrastructure/persistence/connection/database.js";
import type { Row, Session } from "../../infrastructure/persistence/connection/session.js";
import { sqliteDialect } from "../../infrastructure/persistence/connection/sqlite-dialect.js";
import { hasHistory, missingHistory, requireHistory } from "../../infrastructure/persistence/history/history-tables.js";
import { FakeClock } from "../support/fake-clock.js";

/** Of a caller who could leave, and does not. */
const PATIENCE: Patience = {
  hasEnd: true,
  check: () => undefined,
  waiting: (work) => work(() => undefined),
  afterwards: () => () => undefined,
};

/** A database whose answers to the look for the tables are given one by one, in any order. */
function desk() {
  const looks: ((tables: number) => void)[] = [];
  const session: Session = {
    rows: () => new Promise<readonly Row[]>((resolve) => looks.push((tables) => resolve([[tables]]))),
    run: () => Promise.resolve(0),
  };
  const connector = {
    dialect: sqliteDialect,
    withSession: <T>(work: (session: Session) => Promise<T>): Promise<T> => work(session),
    withConnection: () => Promise.reject(new Error("no transactions here")),
    close: () => Promise.resolve(),
  };
  const database = new Database("somewhere", () => Promise.resolve(connector), {
    clock: new FakeClock(),
    random: () => 0.5,
  });
  return { database, looks };
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
