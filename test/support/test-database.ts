import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { inject } from "vitest";
import { databasePrefix } from "./server/run-databases.js";
import { driverUrl } from "./server/server-version.js";

/** A database that nobody else uses. Every test file gets its own, so that files can run side by side. */
export interface TestDatabase {
  /** As a service would be configured: `mysql://root@127.0.0.1:41234/name` or `sqlite:/tmp/…/file.db`. */
  readonly url: string;
  /** Close every connection first: a transaction that is still open holds up the drop. */
  drop(): Promise<void>;
}

export async function createServerDatabase(): Promise<TestDatabase> {
  const serverUrl = inject("serverUrl");
  const name = databasePrefix(inject("runId")) + randomBytes(5).toString("hex");
  await statement(serverUrl, "CREATE DATABASE ?? CHARACTER SET utf8mb4", name);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => statement(serverUrl, "DROP DATABASE IF EXISTS ??", name) };
}

/** In a directory of its own: SQLite puts its journal and shared memory beside the file. */
export async function createSqliteFile(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), "distinction-sqlite-"));
  return {
    url: `sqlite:${join(directory, "file.db")}`,
    drop: () => rm(directory, { recursive: true, force: true }),
  };
}

async function statement(url: string, sql: string, name: string): Promise<void> {
  const connection = await createConnection({ uri: driverUrl(url) });
  try {
    await connection.query(sql, [name]);
  } finally {
    await connection.end();
  }
}
