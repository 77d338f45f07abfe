import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../../benchmarks/report-json.js";
import { startChild, type Child } from "../support/child.js";
import { startLocalServer, type LocalServer } from "../support/server/local-source.js";
import type { SuiteOrder } from "./suite.child.js";

const PASSWORD = "a-password-that-nobody-is-told";

let server: LocalServer;
let folder: string;

beforeAll(async () => {
  server = (await startLocalServer(process.env, () => undefined))!;
  await onServer(`CREATE USER bench IDENTIFIED BY '${PASSWORD}'`);
  await onServer("GRANT ALL ON *.* TO bench");
  folder = await mkdtemp(join(tmpdir(), "distinction-suite-"));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function onServer(sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri: server.url });
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  await connection.end();
  return rows;
}

function startRun(name: string, more: Pick<SuiteOrder, "failure" | "check">): { run: Child; json: string } {
  const database = server.url.replace("root@", `bench:${PASSWORD}@`);
  const json = join(folder, `${name}.json`);
  const order: SuiteOrder = { database, json, report: join(folder, name), ...more };
  return { run: startChild(new URL("suite.child.ts", import.meta.url), order), json };
}

/** In the middle of its second workload. */
async function runUnderWay(name: string, more: Pick<SuiteOrder, "failure"> = {}) {
  const { run, json } = startRun(name, more);
  expect(await run.next()).toBe("under way");
  return { run, json };
}

test("a run says first what it is made on: whether commits last, with what, and where", async () => {
  const { run } = await runUnderWay("environment");
  const told = run.stdout();
  run.kill("SIGTERM");
  await run.exited;
  const [{ version }] = (await onServer("SELECT VERSION() AS version")) as [RowDataPacket];
  expect(told).toContain(`MariaDB ${version}, its log `);
  expect(told).toMatch(/\(innodb_flush_log_at_trx_commit \d, sync_binlog \d+, log_bin (ON|OFF)\)$/m);
  expect(told).toMatch(
    new RegExp(`^Node ${process.version}, ${cpus().length} x .*, commit [^ ]+.*, every arm at REPEATABLE READ$`, "m"),
  );
});

test("a run that is interrupted leaves neither database nor files, and says so", async () => {
  const { run } = await runUnderWay("interrupted");
  run.kill("SIGTERM");
  expect(await run.exited).toMatchObject({ code: 130 });
  expect(run.stderr()).toContain("interrupted: tables, processes and files of this run are gone");
  expect(await onServer("SHOW DATABASES LIKE 'distinction\\_bench%'")).toEqual([]);
  expect(await readdir(folder)).not.toContain("interrupted.json");
  expect(await readdir(join(folder, "interrupted"))).toEqual([]);
});

test("a run of which an arm stored something else than it should writes what it found before, and says which workload", async () => {
  const { run, json } = await runUnderWay("failed", { failure: "sequelize: image 3 lacks the tag x" });
  expect(await run.output).toBe(2);
  await run.exited;
  expect(run.stderr()).toMatch(/^error: W2 failed: sequelize: image 3 lacks the tag x$/m);
  const { workloads, endedEarly } = JSON.parse(await readFile(json, "utf8")) as Report;
  expect(workloads).toEqual([expect.objectContaining({ id: "W1" })]);
  expect(endedEarly).toBe(true);
});

test("a checked run passes with what it could not decide, and names it", async () => {
  const { run } = startRun("checked", { check: true });
  expect(await run.output).toBe(0);
  await run.exited;
  expect(run.stdout()).toMatch(/entries\.slope +1\.4 \[1\.2, 1\.6\] +<= 1\.5 +undecided$/m);
  expect(run.stderr()).toMatch(/^undecided: entries\.slope$/m);
});

test("a run whose server is killed writes what it found before, and says why it ended without the password", async () => {
  const { run, json } = await runUnderWay("killed");
  await server.kill();
  expect(await run.output).toBe(2);
  await run.exited;
  expect(run.stderr()).toMatch(/^error: the database went away during W2: /m);
  const written = await readFile(json, "utf8");
  const { workloads, ratios, endedEarly } = JSON.parse(written) as Report;
  expect(workloads).toEqual([expect.objectContaining({ id: "W1", commitTime: expect.any(Number) as number })]);
  expect(workloads[0]!.commitTime).toBeGreaterThan(0);
  expect(Object.keys(ratios)).toEqual(["noop.statements"]);
  expect(endedEarly).toBe(true);
  expect(run.stdout() + run.stderr() + written).not.toContain(PASSWORD);
});
