import type { QueryRunner } from "typeorm";
import { isDone } from "./repetition.js";

/** What a migration's SQL depends on. Frozen: a published migration must always do what it did. */
export type Flavour =
  | { readonly kind: "sqlite" }
  /** The collation that compares by code point without padding; MySQL and MariaDB name it differently. */
  | { readonly kind: "server"; readonly collation: string };

export async function flavourOf(runner: QueryRunner): Promise<Flavour> {
  if (runner.dataSource.options.type === "better-sqlite3") return { kind: "sqlite" };
  const [row] = (await runner.query("SELECT VERSION() AS version")) as { version: string }[];
  return { kind: "server", collation: /mariadb/i.test(row?.version ?? "") ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin" };
}

/**
 * Runs what was not run before: a process may have died in the middle. Statements other than CREATE TABLE, CREATE INDEX and
 * ALTER TABLE … ADD or DROP COLUMN (one at a time), or with another primary key, are always run, so must change nothing the
 * second time.
 */
export async function runAll(runner: QueryRunner, statements: readonly string[]): Promise<void> {
  for (const statement of statements) if (!(await isDone(runner, statement))) await runner.query(statement);
}
