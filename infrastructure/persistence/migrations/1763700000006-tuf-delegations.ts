import type { MigrationInterface, QueryRunner } from "typeorm";
import { flavourOf, runAll } from "./flavour.js";

/**
 * Custom roles that `targets` delegates to.
 *
 * - `tuf_repository.custom_roles` has them in their order, with patterns and lifetimes; NULL is none. Their keys are in
 *   `tuf_role_trust` and `tuf_role_key`, by name.
 * - `space` tells whose a target is: "" for the hash bins, else the custom role's name. It is part of the key of
 *   `tuf_target`, so that a role's targets are a range of it, as a bin's are.
 * - `tuf_signing_event.signed_version` is the record version that the payload was rendered from.
 */
export class TufDelegations1763700000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { kind } = await flavourOf(runner);
    await runAll(runner, kind === "sqlite" ? SQLITE : SERVER);
  }

  /** Targets of custom roles go: without these, nobody holds them. */
  async down(runner: QueryRunner): Promise<void> {
    const { kind } = await flavourOf(runner);
    await runAll(runner, [
      "DELETE FROM tuf_target WHERE space <> ''",
      "DELETE FROM tuf_role WHERE kind IN ('custom', 'catch-all', 'retired')",
      "DELETE FROM tuf_role_key WHERE role NOT IN ('root', 'targets', 'snapshot', 'timestamp', 'bins')",
      "DELETE FROM tuf_role_trust WHERE role NOT IN ('root', 'targets', 'snapshot', 'timestamp', 'bins')",
      ...(kind === "sqlite" ? SQLITE_DOWN : SERVER_DOWN),
      "ALTER TABLE tuf_role DROP COLUMN space",
      "ALTER TABLE tuf_signing_event DROP COLUMN signed_version",
      "ALTER TABLE tuf_repository DROP COLUMN custom_roles",
    ]);
  }
}

const SERVER = [
  "ALTER TABLE tuf_repository ADD COLUMN custom_roles JSON NULL",
  "ALTER TABLE tuf_role ADD COLUMN space VARCHAR(128) NOT NULL DEFAULT ''",
  "ALTER TABLE tuf_signing_event ADD COLUMN signed_version BIGINT NOT NULL DEFAULT 0",
  "ALTER TABLE tuf_target ADD COLUMN space VARCHAR(128) NOT NULL DEFAULT ''",
  "ALTER TABLE tuf_target DROP PRIMARY KEY, ADD PRIMARY KEY (repository, space, path_hash)",
];

const SERVER_DOWN = [
  "ALTER TABLE tuf_target DROP PRIMARY KEY, ADD PRIMARY KEY (repository, path_hash)",
  "ALTER TABLE tuf_target DROP COLUMN space",
];

/** SQLite cannot change the key of a table. */
const SQLITE = [
  "ALTER TABLE tuf_repository ADD COLUMN custom_roles TEXT NULL",
  "ALTER TABLE tuf_role ADD COLUMN space TEXT NOT NULL DEFAULT ''",
  "ALTER TABLE tuf_signing_event ADD COLUMN signed_version INTEGER NOT NULL DEFAULT 0",
  `CREATE TABLE tuf_target_new (
    repository TEXT NOT NULL,
    space TEXT NOT NULL,
    path_hash BLOB NOT NULL,
    path TEXT NOT NULL,
    length INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    custom TEXT NULL,
    PRIMARY KEY (repository, space, path_hash)
  ) STRICT, WITHOUT ROWID`,
  "INSERT INTO tuf_target_new SELECT repository, '', path_hash, path, length, sha256, custom FROM tuf_target",
  "DROP TABLE tuf_target",
  "ALTER TABLE tuf_target_new RENAME TO tuf_target",
];

const SQLITE_DOWN = [
  `CREATE TABLE tuf_target_old (
    repository TEXT NOT NULL,
    path_hash BLOB NOT NULL,
    path TEXT NOT NULL,
    length INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    custom TEXT NULL,
    PRIMARY KEY (repository, path_hash)
  ) STRICT, WITHOUT ROWID`,
  "INSERT INTO tuf_target_old SELECT repository, path_hash, path, length, sha256, custom FROM tuf_target",
  "DROP TABLE tuf_target",
  "ALTER TABLE tuf_target_old RENAME TO tuf_target",
];
