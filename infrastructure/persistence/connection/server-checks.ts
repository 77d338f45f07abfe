import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Dialect } from "./dialect.js";
import { refuseDirtySession } from "./isolation.js";
import type { Session } from "./session.js";

/** Oldest servers with everything that the statements use: row aliases on MySQL, JSON_TABLE on MariaDB. */
const OLDEST = { mysql: [8, 0, 19], mariadb: [10, 6, 0] } as const;

/**
 * Refuses a server on which the guarantees would not hold.
 *
 * @throws DistinctionError `UNSUPPORTED_SERVER`, `UNSAFE_SQL_MODE`, `UNSAFE_CHARACTER_SET`, `UNSAFE_ISOLATION`,
 *   `AFFECTED_ROWS_UNRELIABLE`
 */
export async function checkServer(
  session: Session,
  dialect: Dialect,
  { affectedRows } = { affectedRows: true },
): Promise<void> {
  if (dialect.name === "sqlite") return;
  const sets = CHARACTER_SETS.map((name) => `@@SESSION.${name}`).join(", ");
  const sql = `SELECT VERSION(), @@SESSION.sql_mode, @@SESSION.autocommit, ${sets}`;
  const [row] = await session.rows({ sql, parameters: [] });
  checkVersion(dialect.name, String(row?.[0]));
  checkSqlMode(String(row?.[1]).split(","));
  if (Number(row?.[2]) !== 1) {
    const message = "the connection needs autocommit: a single statement is a transaction of its own";
    throw new DistinctionError("UNSAFE_SQL_MODE", message);
  }
  checkCharacterSets(row?.slice(3) ?? []);
  await refuseDirtySession(session);
  if (affectedRows) await checkAffectedRows(session);
}

function checkVersion(name: "mysql" | "mariadb", version: string): void {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  const oldest = OLDEST[name];
  const index = oldest.findIndex((part, position) => found[position] !== part);
  if (index === -1 || found[index]! > oldest[index]!) return;
  throw new DistinctionError("UNSUPPORTED_SERVER", `${name} ${oldest.join(".")} or later is needed, found ${version}`);
}

/**
 * Without a strict mode, values are cut to their column and versions stick at its end instead of failing. With
 * NO_BACKSLASH_ESCAPES, the driver's escaping of statements that are not prepared is not safe.
 */
function checkSqlMode(modes: readonly string[]): void {
  if (!modes.includes("STRICT_TRANS_TABLES") && !modes.includes("STRICT_ALL_TABLES")) {
    throw new DistinctionError(
      "UNSAFE_SQL_MODE",
      "the server's sql_mode needs STRICT_TRANS_TABLES or STRICT_ALL_TABLES",
    );
  }
  if (modes.includes("NO_BACKSLASH_ESCAPES")) {
    throw new DistinctionError("UNSAFE_SQL_MODE", "the server's sql_mode must not have NO_BACKSLASH_ESCAPES");
  }
}

const CHARACTER_SETS = ["character_set_client", "character_set_connection", "character_set_results"];

/** Text is converted on its way in and out, and what a character set lacks becomes `?` without a word, under every mode. */
function checkCharacterSets(found: readonly unknown[]): void {
  const odd = found.findIndex((set) => set !== "utf8mb4");
  if (odd < 0) return;
  const message =
    `the connection's ${CHARACTER_SETS[odd]} is ${String(found[odd])}, which lacks characters that would be stored ` +
    'as "?": it needs utf8mb4 (`charset` of the data source)';
  throw new DistinctionError("UNSAFE_CHARACTER_SET", message);
}

const TABLE = "distinction_self_test";

/**
 * Whether the counts of affected rows are what the optimistic check reads from them: one for a row that a condition
 * matched, whether or not its values changed, none for no row. Proxies and connection flags can change that.
 */
async function checkAffectedRows(session: Session): Promise<void> {
  const run = (sql: string): Promise<number> => session.run({ sql, parameters: [], varying: true });
  await run(`CREATE TEMPORARY TABLE IF NOT EXISTS ${TABLE} (id INT PRIMARY KEY, value INT)`);
  try {
    await run(`REPLACE INTO ${TABLE} VALUES (1, 1)`);
    const matched = await run(`UPDATE ${TABLE} SET value = 1 WHERE id = 1`);
    const missed = await run(`UPDATE ${TABLE} SET value = 2 WHERE id = 2`);
    if (matched === 1 && missed === 0) return;
  } finally {
    await run(`DROP TEMPORARY TABLE ${TABLE}`);
  }
  const message = "the connection counts changed rows where it should count matched ones (flag FOUND_ROWS)";
  throw new DistinctionError("AFFECTED_ROWS_UNRELIABLE", message);
}
