import type { QueryRunner } from "typeorm";
import { DistinctionError } from "../../../domain/distinction/errors.js";

/** Made to compare with, and dropped at once. */
const PATTERN = "distinction_pattern";

/**
 * Whether a statement of a migration was run before: servers commit each by itself, so that a process that dies between
 * the first and the note of the migration leaves some of them done. (SQLite undoes all of them.)
 *
 * @throws DistinctionError `DATABASE_ERROR` where a table of that name exists that this statement does not make
 */
export async function isDone(runner: QueryRunner, statement: string): Promise<boolean> {
  if (runner.dataSource.options.type === "better-sqlite3") return false;
  const [, table] = /^CREATE TABLE (\w+)/.exec(statement) ?? [];
  if (table !== undefined) return tableIsDone(runner, table, statement);
  const [, index, indexed] = /^CREATE INDEX (\w+) ON (\w+)/.exec(statement) ?? [];
  if (index !== undefined) return some(runner, "statistics", indexed!, "index_name", index);
  const [, keyed, columns] = /^ALTER TABLE (\w+) DROP PRIMARY KEY, ADD PRIMARY KEY \((.+)\)$/.exec(statement) ?? [];
  if (keyed !== undefined) return (await primaryKey(runner, keyed)) === columns;
  const [, altered, how, column] = /^ALTER TABLE (\w+) (ADD|DROP) COLUMN (\w+)/.exec(statement) ?? [];
  if (altered === undefined) return false;
  const isThere = await some(runner, "columns", altered, "column_name", column!);
  return how === "ADD" ? isThere : !isThere;
}

/** A table that is there must be what the statement makes: whatever came in between would fail far from here. */
async function tableIsDone(runner: QueryRunner, table: string, statement: string): Promise<boolean> {
  const found = await describedBy(runner, table);
  if (found === "[]") return false;
  await runner.query(`DROP TABLE IF EXISTS ${PATTERN}`);
  await runner.query(statement.replace(`CREATE TABLE ${table}`, `CREATE TABLE ${PATTERN}`));
  const wanted = await describedBy(runner, PATTERN);
  await runner.query(`DROP TABLE ${PATTERN}`);
  // What later statements of the same migration added is more than the pattern has.
  if (isPart(JSON.parse(wanted) as unknown[], JSON.parse(found) as unknown[])) return true;
  throw new DistinctionError("DATABASE_ERROR", `a table ${table} exists that no migration of this library made`);
}

/** Columns with types, as comparable text; `[]` where there is no such table. */
async function describedBy(runner: QueryRunner, table: string): Promise<string> {
  const rows: unknown = await runner.query(
    `SELECT column_name AS name, column_type AS type, is_nullable AS nullable, collation_name AS collation,
            column_key = 'PRI' AS is_key
       FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`,
    [table],
  );
  return JSON.stringify(rows);
}

function isPart(part: readonly unknown[], whole: readonly unknown[]): boolean {
  const texts = new Set(whole.map((row) => JSON.stringify(row)));
  return part.every((row) => texts.has(JSON.stringify(row)));
}

/** Its columns as a statement lists them. */
async function primaryKey(runner: QueryRunner, table: string): Promise<string> {
  const rows = (await runner.query(
    `SELECT column_name AS name FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND table_name = ? AND index_name = 'PRIMARY' ORDER BY seq_in_index`,
    [table],
  )) as { name: string }[];
  return rows.map(({ name }) => name).join(", ");
}

async function some(
  runner: QueryRunner,
  catalog: "statistics" | "columns",
  table: string,
  by: "index_name" | "column_name",
  name: string,
): Promise<boolean> {
  const rows = (await runner.query(
    `SELECT 1 FROM information_schema.${catalog}
      WHERE table_schema = DATABASE() AND table_name = ? AND ${by} = ? LIMIT 1`,
    [table, name],
  )) as unknown[];
  return rows.length > 0;
}
