import { DistinctionError } from "../../../domain/distinction/errors.js";
import { waitFor, type Patience } from "../../../domain/distinction/save/patience.js";
import type { Database } from "../connection/database.js";
import type { Dialect } from "../connection/dialect.js";
import type { Statement } from "../connection/session.js";

/** Whether the history's tables are there, by database. They do not go away: a "yes" stays, and is not asked again. */
const known = new WeakMap<object, boolean>();

/** Looks under way, by database, that all share who are in no hurry. */
const looks = new WeakMap<object, Promise<boolean>>();

/**
 * Whether writes to `database` can be remembered.
 *
 * @param patience of a caller who does not wait for ever: its look is its own, and where it leaves, its connection is ended
 */
export async function hasHistory(database: Database, patience?: Patience): Promise<boolean> {
  const { identity } = database;
  const answer = known.get(identity);
  if (answer !== undefined) return answer;
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
 * @throws DistinctionError `MISSING_TABLE`
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
  if (known.get(identity) === false) known.delete(identity);
}

/** A look that began before a migration may be answered after one that saw the tables: its "no" is too old to count. */
async function looked(database: Database, patience?: Patience): Promise<boolean> {
  const { identity } = database;
  const answer = (await asked(database, patience)) || known.get(identity) === true;
  known.set(identity, answer);
  return answer;
}

async function asked(database: Database, patience: Patience | undefined): Promise<boolean> {
  const statement = countTables(await database.dialect());
  const [row] = await database.session((session) => session.rows(statement), patience);
  return Number(row?.[0]) === TABLES.length;
}

const TABLES = ["distinction_history", "distinction_history_head", "distinction_operation"];

function countTables({ name }: Dialect): Statement {
  const among = `IN (${TABLES.map(() => "?").join(", ")})`;
  const sql =
    name === "sqlite"
      ? `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name ${among}`
      : `SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME ${among}`;
  return { sql, parameters: TABLES };
}
