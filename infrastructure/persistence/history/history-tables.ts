import { DistinctionError } from "../../../domain/distinction/errors.js";
import { waitFor, type Patience } from "../../../domain/distinction/save/patience.js";
import type { Database } from "../connection/database.js";
import type { Dialect } from "../connection/dialect.js";
import type { Statement } from "../connection/session.js";

/** Whether the history's tables are there, by database: not asked again, since they neither go away nor come by themselves. */
const known = new WeakMap<object, boolean>();

/**
 * Whether writes to `database` can be remembered.
 *
 * @param patience of a caller who does not wait for ever: where it leaves, its connection is ended
 */
export async function hasHistory(database: Database, patience?: Patience): Promise<boolean> {
  const { identity } = database;
  let answer = known.get(identity);
  if (answer === undefined) {
    answer = await waitFor(patience, () => asked(database, patience));
    known.set(identity, answer);
  }
  return answer;
}

/**
 * Asks again where they were missing before: a migration may have run.
 *
 * @throws DistinctionError `MISSING_TABLE`
 */
export async function requireHistory(database: Database, patience?: Patience): Promise<void> {
  if (await hasHistory(database, patience)) return;
  known.delete(database.identity);
  if (!(await hasHistory(database, patience))) throw missingHistory(database);
}

/** What to throw where a history is wanted; the next use asks again. */
export function missingHistory(database: Database): DistinctionError {
  known.delete(database.identity);
  const message =
    `${database.address} has no tables for the history: add HISTORY_MIGRATIONS of "distinction" to the migrations ` +
    `of the data source, and run them`;
  return new DistinctionError("MISSING_TABLE", message);
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
