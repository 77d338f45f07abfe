import { DistinctionError } from "../../../domain/distinction/errors.js";
import { waitFor, type Patience } from "../../../domain/distinction/save/patience.js";
import type { Database } from "../connection/database.js";
import type { Dialect } from "../connection/dialect.js";
import type { Statement } from "../connection/session.js";
import { requireSafeEngine, TABLES_AND_ENGINES, UNSAFE_ENGINE } from "../records/table-engine.js";

/** Databases that have the history's tables. They do not go away: a "yes" stays, and is not asked again. */
const having = new WeakSet<object>();

/** Databases that had not, and until when that is taken for granted, by their clocks: a migration may run. */
const lacking = new WeakMap<object, number>();

/** Milliseconds for which a "no" is believed. Within them units on a database without history pay for no look. */
export const NO_STANDS = 60_000;

/** Looks under way, by database, that all share who are in no hurry. */
const looks = new WeakMap<object, Promise<boolean>>();

/**
 * Whether writes to `database` can be remembered.
 *
 * @param patience of a caller who does not wait for ever: its look is its own, and where it leaves, its connection is ended
 * @throws DistinctionError `UNSAFE_TABLE_ENGINE`
 */
export async function hasHistory(database: Database, patience?: Patience): Promise<boolean> {
  const { identity, clock } = database;
  if (having.has(identity)) return true;
  const until = lacking.get(identity);
  if (until !== undefined) {
    if (clock.now() < until) return false;
    lacking.set(identity, clock.now() + NO_STANDS); // one asks again, the others need not wait for the answer
  }
  if (patience !== undefined) return waitFor(patience, () => looked(database, patience));
  let look = looks.get(identity);
  if (look === undefined) {
    look = looked(database).finally(() => looks.delete(identity));
    looks.set(identity, look);
  }
  return look;
}

/**
 * Asks again where they were missing before: a migration may have run.
 *
 * @throws DistinctionError `MISSING_TABLE`, `UNSAFE_TABLE_ENGINE`
 */
export async function requireHistory(database: Database, patience?: Patience): Promise<void> {
  if (await hasHistory(database, patience)) return;
  forgetMissing(database);
  if (!(await hasHistory(database, patience))) throw missingHistory(database);
}

/** What to throw where a history is wanted; the next use asks again. */
export function missingHistory(database: Database): DistinctionError {
  forgetMissing(database);
  const message =
    `${database.address} has no tables for the history: add HISTORY_MIGRATIONS of "distinction" to the migrations ` +
    `of the data source, and run them`;
  return new DistinctionError("MISSING_TABLE", message);
}

function forgetMissing({ identity }: Database): void {
  lacking.delete(identity);
}

/** A look that began before a migration may be answered after one that saw the tables: its "no" is too old to count. */
async function looked(database: Database, patience?: Patience): Promise<boolean> {
  const { identity, clock } = database;
  if (await asked(database, patience)) having.add(identity);
  else if (!having.has(identity)) lacking.set(identity, clock.now() + NO_STANDS);
  return having.has(identity);
}

async function asked(database: Database, patience: Patience | undefined): Promise<boolean> {
  const statement = findTables(await database.dialect());
  const found = await database.session((session) => session.rows(statement), patience);
  for (const [name, unsafeEngine] of found)
    requireSafeEngine(String(name), (unsafeEngine as string | null) ?? undefined);
  return found.length === TABLES.length;
}

const TABLES = ["distinction_history", "distinction_history_head", "distinction_operation"];

function findTables({ name }: Dialect): Statement {
  const among = `IN (${TABLES.map(() => "?").join(", ")})`;
  const sql =
    name === "sqlite"
      ? `SELECT name, NULL FROM sqlite_master WHERE type = 'table' AND name ${among}`
      : `SELECT t.TABLE_NAME, ${UNSAFE_ENGINE} FROM ${TABLES_AND_ENGINES} ` +
        `WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME ${among}`;
  return { sql, parameters: TABLES };
}
