import type { MigrationInterface, QueryRunner } from "typeorm";
import { flavourOf, runAll } from "./flavour.js";

/**
 * TUF repositories: roles, targets, signed files, the snapshot's head, what awaits a snapshot, how far files are exported.
 *
 * - `tuf_role.dirty` is `version <> signed_version` as a column, because a comparison of two columns can use no index:
 *   dirty roles are then one range of `(repository, dirty, name)`, already in the order in which they are asked for, however
 *   many clean bins there are. Only the first edit after a signature, and the signature, change it and its index. Stored,
 *   not virtual, so that the index is an ordinary one on all three databases.
 * - No foreign keys between these tables. A check would lock rows of `tuf_role` from statements on other tables, out of
 *   the order in which writers lock roles; and a target belongs to whichever bin has its digest in its range.
 * - Times are milliseconds since the epoch, as the domain has them: nothing is left to round or to shift.
 */
export class CreateTuf1763700000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const flavour = await flavourOf(runner);
    await runAll(runner, flavour.kind === "sqlite" ? SQLITE : server(flavour.collation));
    await runAll(runner, INDEXES);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = ["export", "pending", "snapshot_head", "file", "target", "role", "repository"];
    await runAll(
      runner,
      tables.map((table) => `DROP TABLE tuf_${table}`),
    );
  }
}

function server(collation: string): string[] {
  const options = `ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${collation}`;
  return [
    `CREATE TABLE tuf_repository (
      name VARCHAR(128) NOT NULL,
      bit_length BIGINT NOT NULL,
      name_prefix VARCHAR(128) NOT NULL,
      expiry_policy JSON NOT NULL,
      public_keys JSON NOT NULL,
      role_trust JSON NOT NULL,
      PRIMARY KEY (name)
    ) ${options}`,
    `CREATE TABLE tuf_role (
      repository VARCHAR(128) NOT NULL,
      name VARCHAR(128) NOT NULL,
      kind VARCHAR(16) NOT NULL,
      range_low BINARY(32) NULL,
      range_high BINARY(32) NULL,
      version BIGINT NOT NULL,
      signed_version BIGINT NOT NULL,
      metadata_version BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      dirty TINYINT(1) GENERATED ALWAYS AS (version <> signed_version) STORED,
      PRIMARY KEY (repository, name)
    ) ${options}`,
    `CREATE TABLE tuf_target (
      repository VARCHAR(128) NOT NULL,
      path_hash BINARY(32) NOT NULL,
      path VARCHAR(1024) NOT NULL,
      length BIGINT NOT NULL,
      sha256 VARCHAR(64) NOT NULL,
      custom JSON NULL,
      PRIMARY KEY (repository, path_hash)
    ) ${options}`,
    `CREATE TABLE tuf_file (
      repository VARCHAR(128) NOT NULL,
      role VARCHAR(128) NOT NULL,
      metadata_version BIGINT NOT NULL,
      sha256 VARCHAR(64) NOT NULL,
      length BIGINT NOT NULL,
      bytes LONGBLOB NOT NULL,
      PRIMARY KEY (repository, role, metadata_version)
    ) ${options}`,
    `CREATE TABLE tuf_snapshot_head (
      repository VARCHAR(128) NOT NULL,
      role VARCHAR(128) NOT NULL,
      metadata_version BIGINT NOT NULL,
      snapshot_version BIGINT NOT NULL,
      PRIMARY KEY (repository, role)
    ) ${options}`,
    `CREATE TABLE tuf_pending (
      repository VARCHAR(128) NOT NULL,
      role VARCHAR(128) NOT NULL,
      metadata_version BIGINT NOT NULL,
      PRIMARY KEY (repository, role)
    ) ${options}`,
    `CREATE TABLE tuf_export (
      repository VARCHAR(128) NOT NULL,
      root_version BIGINT NOT NULL,
      snapshot_version BIGINT NOT NULL,
      timestamp_version BIGINT NOT NULL,
      PRIMARY KEY (repository)
    ) ${options}`,
  ];
}

/** WITHOUT ROWID where ranges of the key are read: there the key is the order of the rows, as on the servers. */
const SQLITE = [
  `CREATE TABLE tuf_repository (
    name TEXT NOT NULL,
    bit_length INTEGER NOT NULL,
    name_prefix TEXT NOT NULL,
    expiry_policy TEXT NOT NULL,
    public_keys TEXT NOT NULL,
    role_trust TEXT NOT NULL,
    PRIMARY KEY (name)
  ) STRICT`,
  `CREATE TABLE tuf_role (
    repository TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    range_low BLOB NULL,
    range_high BLOB NULL,
    version INTEGER NOT NULL,
    signed_version INTEGER NOT NULL,
    metadata_version INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    dirty INTEGER GENERATED ALWAYS AS (version <> signed_version) STORED,
    PRIMARY KEY (repository, name)
  ) STRICT`,
  `CREATE TABLE tuf_target (
    repository TEXT NOT NULL,
    path_hash BLOB NOT NULL,
    path TEXT NOT NULL,
    length INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    custom TEXT NULL,
    PRIMARY KEY (repository, path_hash)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE tuf_file (
    repository TEXT NOT NULL,
    role TEXT NOT NULL,
    metadata_version INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    length INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (repository, role, metadata_version)
  ) STRICT`,
  `CREATE TABLE tuf_snapshot_head (
    repository TEXT NOT NULL,
    role TEXT NOT NULL,
    metadata_version INTEGER NOT NULL,
    snapshot_version INTEGER NOT NULL,
    PRIMARY KEY (repository, role)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE tuf_pending (
    repository TEXT NOT NULL,
    role TEXT NOT NULL,
    metadata_version INTEGER NOT NULL,
    PRIMARY KEY (repository, role)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE tuf_export (
    repository TEXT NOT NULL,
    root_version INTEGER NOT NULL,
    snapshot_version INTEGER NOT NULL,
    timestamp_version INTEGER NOT NULL,
    PRIMARY KEY (repository)
  ) STRICT`,
];

/** What is dirty; what expires, by kind, since kinds differ in how early they are renewed; what a snapshot changed. */
const INDEXES = [
  "CREATE INDEX tuf_role_dirty ON tuf_role (repository, dirty, name)",
  "CREATE INDEX tuf_role_expiry ON tuf_role (repository, kind, expires_at, name)",
  "CREATE INDEX tuf_snapshot_head_changes ON tuf_snapshot_head (repository, snapshot_version, role)",
];
