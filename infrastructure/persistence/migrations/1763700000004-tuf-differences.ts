import type { MigrationInterface, QueryRunner } from "typeorm";
import { flavourOf, runAll } from "./flavour.js";

/**
 * Snapshots as differences, and the age of files.
 *
 * - `tuf_snapshot_diff` has what each snapshot changed of the head, with the version before: the head as of an older
 *   snapshot is the head of now, with later changes taken back. The file of a snapshot is stored without its `meta`.
 * - `tuf_file.stored_at` tells what is old enough to be forgotten; 0 for files from before.
 */
export class TufDifferences1763700000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const flavour = await flavourOf(runner);
    await runAll(runner, flavour.kind === "sqlite" ? SQLITE : server(flavour.collation));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runAll(runner, ["DROP TABLE tuf_snapshot_diff", "ALTER TABLE tuf_file DROP COLUMN stored_at"]);
  }
}

function server(collation: string): string[] {
  return [
    `CREATE TABLE tuf_snapshot_diff (
      repository VARCHAR(128) NOT NULL,
      snapshot_version BIGINT NOT NULL,
      role VARCHAR(128) NOT NULL,
      metadata_version BIGINT NOT NULL,
      previous_version BIGINT NOT NULL,
      PRIMARY KEY (repository, snapshot_version, role)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${collation}`,
    "ALTER TABLE tuf_file ADD COLUMN stored_at BIGINT NOT NULL DEFAULT 0",
  ];
}

const SQLITE = [
  `CREATE TABLE tuf_snapshot_diff (
    repository TEXT NOT NULL,
    snapshot_version INTEGER NOT NULL,
    role TEXT NOT NULL,
    metadata_version INTEGER NOT NULL,
    previous_version INTEGER NOT NULL,
    PRIMARY KEY (repository, snapshot_version, role)
  ) STRICT, WITHOUT ROWID`,
  "ALTER TABLE tuf_file ADD COLUMN stored_at INTEGER NOT NULL DEFAULT 0",
];
