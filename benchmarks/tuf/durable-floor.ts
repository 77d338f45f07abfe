import { link, mkdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { createPool, type Pool, type PoolConnection } from "mysql2/promise";
import type { NamedFile } from "../../domain/tuf/metadata-files.js";
import type { Target } from "../../domain/tuf/target.js";
import { syncDirectory, writeSynced } from "../../infrastructure/storage/synced.js";
import { inTransaction } from "../in-transaction.js";
import type { SignedPublish } from "./signing-floor.js";
import { Sent, type Counted } from "./tuf-bench.js";

const TABLES = {
  bench_target: "path VARCHAR(255) PRIMARY KEY, length INT, sha256 CHAR(64)",
  bench_file: "publish INT, name VARCHAR(255), bytes LONGBLOB, PRIMARY KEY (publish, name)",
  bench_position: "name VARCHAR(255) PRIMARY KEY, publish INT",
} as const;

/**
 * The least by hand that makes a publish last: one transaction, beside which the files are written and synced; then the
 * versioned ones get their names, which are synced, then the timestamp its own. No version is checked and nothing is
 * looked at before or after: two that publish at once would overwrite each other.
 */
export class DurableFloor {
  readonly sent = new Sent();
  readonly #pool: Pool;
  #publish = 0;

  private constructor(
    url: string,
    private readonly directory: string,
  ) {
    this.#pool = createPool({ uri: url, connectionLimit: 1 });
  }

  static async open(url: string, directory: string): Promise<DurableFloor> {
    await mkdir(directory, { recursive: true });
    const floor = new DurableFloor(url, directory);
    for (const [table, columns] of Object.entries(TABLES))
      await floor.#pool.query(`CREATE TABLE ${table} (${columns})`);
    return floor;
  }

  async publish({ versioned, timestamp, stored }: SignedPublish): Promise<void> {
    this.#publish++;
    const files = [...versioned, timestamp];
    await Promise.all([this.#commit(stored), ...files.map(({ name, bytes }) => writeSynced(this.#draft(name), bytes))]);
    await Promise.all(
      versioned.map(async ({ name }) => {
        await link(this.#draft(name), join(this.directory, name));
        await unlink(this.#draft(name));
      }),
    );
    await syncDirectory(this.directory);
    await rename(this.#draft(timestamp.name), join(this.directory, timestamp.name));
    await syncDirectory(this.directory);
  }

  /** Stores targets that the next publish is about, in a transaction of their own, as whoever adds them does. */
  async accept(targets: ReadonlyMap<string, Target>): Promise<void> {
    const rows = Array.from(targets, ([path, { length, sha256 }]) => [path, length, sha256]);
    await this.#write(this.#pool, "REPLACE INTO bench_target (path, length, sha256) VALUES ?", rows);
  }

  async close(): Promise<void> {
    await this.#pool.query(`DROP TABLE IF EXISTS ${Object.keys(TABLES).join(", ")}`);
    await this.#pool.end();
  }

  #draft(name: string): string {
    return join(this.directory, `.${name}`);
  }

  async #commit(files: readonly NamedFile[]): Promise<void> {
    await inTransaction(this.#pool, async (connection) => {
      const rows = files.map(({ name, bytes }) => [this.#publish, name, bytes]);
      await this.#write(connection, "INSERT INTO bench_file (publish, name, bytes) VALUES ?", rows);
      const positions = files.map(({ name }) => [name, this.#publish]);
      await this.#write(
        connection,
        "INSERT INTO bench_position (name, publish) VALUES ? ON DUPLICATE KEY UPDATE publish = VALUES(publish)",
        positions,
      );
    });
  }

  async #write(by: Pool | PoolConnection, sql: string, rows: readonly Counted["parameters"][]): Promise<void> {
    this.sent.count({ sql, parameters: rows.flat() });
    await by.query(sql, [rows]);
  }
}
