import { randomBytes } from "node:crypto";
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise";
import { dockerSource, testcontainersEngine } from "../test/support/server/docker-source.js";
import { findTestServer } from "../test/support/server/find-test-server.js";
import { localSource } from "../test/support/server/local-source.js";
import type { Say } from "./say.js";

/** A database on a server, for one run. */
export interface BenchDatabase {
  readonly url: string;
  /** Settings of the server that the figures depend on. */
  readonly settings: Readonly<Record<string, string>>;
  /** Whether the server is still there. */
  answers(): Promise<boolean>;
  close(): Promise<void>;
}

/** Writes that MySQL remembers for its replicas: commits to tables that foreign keys refer to pay for it; see the decisions. */
const HISTORY_SIZE = "binlog_transaction_dependency_history_size";
const MUCH_HISTORY = 100_000;

/** Read from the server, whoever set them. */
const SETTINGS = [
  "version",
  "version_comment",
  "innodb_flush_log_at_trx_commit",
  "innodb_buffer_pool_size",
  "innodb_flush_method",
  "datadir",
  "sync_binlog",
  "log_bin",
  "performance_schema",
  HISTORY_SIZE,
];

/**
 * A database of its own on the named server, which is left as it is; or on one that is started as the tests do it, on a
 * disk where there is a choice.
 */
export async function openBenchDatabase(serverUrl: string | undefined, say: Say): Promise<BenchDatabase> {
  const started =
    serverUrl === undefined
      ? await findTestServer([localSource(process.env, say), dockerSource(testcontainersEngine("on disk"), say)], say)
      : undefined;
  const url = new URL(serverUrl ?? started!.url);
  url.protocol = "mysql:";
  url.pathname = "/";
  const admin = await createConnection({ uri: url.href });
  // The tests' servers may lose commits in a crash; the benchmarks pay for commits that last.
  if (started !== undefined) await admin.query("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
  const name = `distinction_bench_${randomBytes(4).toString("hex")}`;
  await admin.query("CREATE DATABASE ?? CHARACTER SET utf8mb4", [name]);
  const settings = await settingsOf(admin);
  if (await remembersMuch(admin, settings)) {
    console.error(
      "this server has had many inserts since it started: images will look slower than on one just started (docs/decisions.md)",
    );
  }
  url.pathname = `/${name}`;
  return {
    url: url.href,
    settings,
    answers: async () => {
      try {
        await (await createConnection({ uri: url.href, connectTimeout: 5_000 })).end();
        return true;
      } catch {
        return false;
      }
    },
    close: async () => {
      if (started === undefined) await admin.query("DROP DATABASE IF EXISTS ??", [name]);
      admin.destroy();
      await started?.stop(); // with all that is on it
    },
  };
}

async function settingsOf(connection: Connection): Promise<Record<string, string>> {
  const [rows] = await connection.query<RowDataPacket[]>("SHOW GLOBAL VARIABLES WHERE Variable_name IN (?)", [
    SETTINGS,
  ]);
  return Object.fromEntries(rows.map((row) => [String(row["Variable_name"]), String(row["Value"])]));
}

async function remembersMuch(connection: Connection, settings: Record<string, string>): Promise<boolean> {
  const [[inserted]] = await connection.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Innodb_rows_inserted'");
  return Math.min(Number(inserted?.["Value"]), Number(settings[HISTORY_SIZE] ?? 0)) > MUCH_HISTORY;
}
