import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { expect, inject, it } from "vitest";
import { dropDatabasesOfRun, databasePrefix } from "./server/run-databases.js";
import { driverUrl } from "./server/server-version.js";
import { createServerDatabase, createSqliteFile } from "./test-database.js";

async function query(url: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri: driverUrl(url) });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  } finally {
    await connection.end();
  }
}

it("makes databases of its own on the server", async () => {
  const [one, two] = await Promise.all([createServerDatabase(), createServerDatabase()]);
  expect(one.url).not.toBe(two.url);
  const [row] = await query(
    one.url,
    "SELECT DATABASE() AS name, @@character_set_database AS charset, @@sql_mode AS mode",
  );
  expect(row).toMatchObject({ name: new URL(one.url).pathname.slice(1), charset: "utf8mb4" });
  expect(row?.["name"]).toContain(databasePrefix(inject("runId")));
  // The tests rely on the server to refuse what does not fit.
  expect(row?.["mode"]).toContain("STRICT_TRANS_TABLES");
  await one.drop();
  await one.drop();
  await expect(query(one.url, "SELECT 1")).rejects.toThrow("Unknown database");
  await two.drop();
});

it("drops what a run left, and nothing of another run", async () => {
  const url = inject("serverUrl");
  const [mine, other] = ["aaaa", "aaab"].map((run) => `${databasePrefix(run)}${inject("runId")}`);
  await query(url, `CREATE DATABASE ${mine}`);
  await query(url, `CREATE DATABASE ${other}`);
  expect(await dropDatabasesOfRun(url, "aaaa")).toEqual([mine]);
  expect(await dropDatabasesOfRun(url, "aaab")).toEqual([other]);
});

it("makes SQLite files in directories of their own", async () => {
  const file = await createSqliteFile();
  const directory = dirname(file.url.replace(/^sqlite:/, ""));
  expect(existsSync(directory)).toBe(true);
  await file.drop();
  expect(existsSync(directory)).toBe(false);
});
