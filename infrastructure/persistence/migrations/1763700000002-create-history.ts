import type { MigrationInterface, QueryRunner } from "typeorm";
import { flavourOf, runAll } from "./flavour.js";

/**
 * What was written, by whom, and which units of work were committed.
 *
 * - `distinction_history.id` is in the order of writing, which is not the order of committing: a reader that goes by it
 *   skips whoever commits late. So readers go by `position`, which is NULL until the row is seen to be committed.
 * - `distinction_history_head` has one row: the next position, and the lock under which positions are given out.
 * - `record_key` is the SHA-256 of record type and id: ids may be longer than an index takes.
 * - The change set is text: a JSON column would change the values (MySQL puts members in another order).
 * - Times are milliseconds since the epoch.
 */
export class CreateHistory1763700000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    if (await isDone(runner)) return;
    const flavour = await flavourOf(runner);
    await runAll(runner, flavour.kind === "sqlite" ? SQLITE : server(flavour.collation));
    await runAll(runner, COMMON);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = ["operation", "history_head", "history"];
    await runAll(
      runner,
      tables.map((table) => `DROP TABLE distinction_${table}`),
    );
  }
}

/**
 * The migration may stand in two lists: this library's own, and that of a service whose entities have a history. The row
 * of the head comes last of all.
 */
async function isDone(runner: QueryRunner): Promise<boolean> {
  if (!(await runner.hasTable("distinction_history_head"))) return false;
  const rows = (await runner.query("SELECT id FROM distinction_history_head")) as unknown[];
  return rows.length > 0;
}

function server(collation: string): string[] {
  const options = `ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${collation}`;
  return [
    `CREATE TABLE distinction_history (
      id BIGINT NOT NULL AUTO_INCREMENT,
      position BIGINT NULL,
      record VARCHAR(255) NOT NULL,
      record_id TEXT NOT NULL,
      record_key BINARY(32) NOT NULL,
      version_from BIGINT NULL,
      version_to BIGINT NULL,
      actor VARCHAR(255) NULL,
      operation VARCHAR(36) NOT NULL,
      written_at BIGINT NOT NULL,
      changes LONGTEXT NOT NULL,
      PRIMARY KEY (id)
    ) ${options}`,
    `CREATE TABLE distinction_history_head (
      id BIGINT NOT NULL,
      next_position BIGINT NOT NULL,
      PRIMARY KEY (id)
    ) ${options}`,
    `CREATE TABLE distinction_operation (
      id VARCHAR(36) NOT NULL,
      written_at BIGINT NOT NULL,
      PRIMARY KEY (id)
    ) ${options}`,
  ];
}

/** AUTOINCREMENT: ids are never given twice, not even after rows were deleted. */
const SQLITE = [
  `CREATE TABLE distinction_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    position INTEGER NULL,
    record TEXT NOT NULL,
    record_id TEXT NOT NULL,
    record_key BLOB NOT NULL,
    version_from INTEGER NULL,
    version_to INTEGER NULL,
    actor TEXT NULL,
    operation TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    changes TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE distinction_history_head (
    id INTEGER NOT NULL,
    next_position INTEGER NOT NULL,
    PRIMARY KEY (id)
  ) STRICT`,
  `CREATE TABLE distinction_operation (
    id TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (id)
  ) STRICT`,
];

/** What has no position yet, and what has; what became of one record; which operations are old. */
const COMMON = [
  "CREATE INDEX distinction_history_position ON distinction_history (position)",
  "CREATE INDEX distinction_history_record ON distinction_history (record_key, version_to)",
  "CREATE INDEX distinction_operation_age ON distinction_operation (written_at)",
  `INSERT INTO distinction_history_head (id, next_position)
   SELECT 1, 1 FROM (SELECT 1 AS one) AS once WHERE NOT EXISTS (SELECT 1 FROM distinction_history_head)`,
];
