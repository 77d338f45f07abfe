import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPool } from "mysql2/promise";
import { expect, onTestFinished, test } from "vitest";
import { commonIsolation, type Writer } from "../../benchmarks/isolation.js";
import { hotTable } from "../../benchmarks/model/hot.js";
import { withTufWriters } from "../../benchmarks/tuf/writers.js";
import { benchPlace } from "./bench-place.js";

const place = benchPlace((tables) => tables.fill(hotTable, [{ id: "one" }, { id: "two" }]));

/** Whose sessions have another level than the server's, where it is given. */
function writer(name: string, level?: string, sql = "UPDATE ?? SET version = version + 1 WHERE id = ?"): Writer {
  const pool = createPool({ uri: place.url, connectionLimit: 1 });
  onTestFinished(() => pool.end());
  const write = async (): Promise<void> => {
    if (level !== undefined) await pool.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${level}`);
    await pool.query(sql, [hotTable.name, "one"]);
  };
  return { name, table: hotTable.name, row: { id: "one" }, write };
}

test("writers of one level have it told as the server tells it, and their writes are done", async () => {
  const { version } = await place.tables.row(hotTable, "one");
  const level = "READ COMMITTED";
  expect(await commonIsolation(place.url, [writer("a", level), writer("b", level)])).toBe(level);
  expect(await place.tables.row(hotTable, "one")).toMatchObject({ version: Number(version) + 2 });
});

test("writers of different levels are told by name", async () => {
  const writers = [writer("a", "REPEATABLE READ"), writer("b", "READ COMMITTED"), writer("c", "REPEATABLE READ")];
  const told = "different isolation levels: REPEATABLE READ (a, c); READ COMMITTED (b)";
  await expect(commonIsolation(place.url, writers)).rejects.toThrow(told);
});

test("who only reads is not taken for a writer, and a row must be there", async () => {
  const reader = writer("a", undefined, "SELECT 1 FROM ?? WHERE id = ?");
  await expect(commonIsolation(place.url, [reader])).rejects.toThrow("a did not wait for the row that it writes");
  const missing = { ...writer("a"), row: { id: "none" } };
  await expect(commonIsolation(place.url, [missing])).rejects.toThrow("bench_hot has no none");
});

test("the level of a TUF repository's writers, and of the same by hand, is seen for each of them", async () => {
  const directory = await mkdtemp(join(tmpdir(), "distinction-isolation-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const levels = await withTufWriters({ url: place.url, directory }, async (writers) => {
    const found: [string, string][] = [];
    for (const one of writers) found.push([one.name, await commonIsolation(place.url, [one])]);
    return Object.fromEntries(found);
  });
  expect(levels).toEqual({
    "tuf, adding": "REPEATABLE READ",
    "tuf, publishing": "REPEATABLE READ",
    "tuf, adding by hand": "REPEATABLE READ",
    "tuf, group by hand": "REPEATABLE READ",
    "tuf, publishing by hand": "REPEATABLE READ",
  });
}, 60_000);
