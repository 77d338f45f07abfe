import type { MigrationInterface, QueryRunner } from "typeorm";
import { type Flavour, flavourOf, runAll } from "./flavour.js";
import { isDone } from "./repetition.js";

/**
 * Keys, who signs what, and roots that await signatures, as rows instead of JSON on the repository.
 *
 * - `tuf_role_trust.version` is compared when trust changes; `tuf_role_key.retiring` marks keys that sign along until
 *   everybody can know of the change.
 * - `tuf_role.trust_since` is the record version that the last change of the role's trust made: metadata signed from an
 *   earlier one is under the trust before.
 * - `tuf_signing_event.open_role` repeats the role while the event is open and is NULL afterwards: its unique index is what
 *   keeps two events of one role from being open.
 */
export class TufTrust1763700000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const flavour = await flavourOf(runner);
    await runAll(runner, flavour.kind === "sqlite" ? SQLITE : server(flavour.collation));
    // Once a column is gone, everything was moved.
    if (!(await isDone(runner, DROPS[0]))) {
      for (const row of await trustColumns(runner)) await moveToRows(runner, row);
    }
    await runAll(runner, DROPS);
  }

  async down(runner: QueryRunner): Promise<void> {
    const flavour = await flavourOf(runner);
    const json = jsonColumn(flavour);
    await runAll(
      runner,
      ["public_keys", "role_trust"].map((name) => `ALTER TABLE tuf_repository ADD COLUMN ${name} ${json}`),
    );
    for (const { name } of (await runner.query("SELECT name FROM tuf_repository")) as { name: string }[]) {
      await moveToColumns(runner, name);
    }
    await runAll(runner, [
      ...["signature", "signing_event", "role_key", "role_trust", "key"].map((table) => `DROP TABLE tuf_${table}`),
      "ALTER TABLE tuf_role DROP COLUMN trust_since",
    ]);
  }
}

const DROPS = [
  "ALTER TABLE tuf_repository DROP COLUMN public_keys",
  "ALTER TABLE tuf_repository DROP COLUMN role_trust",
] as const;

interface TrustColumns {
  readonly name: string;
  readonly public_keys: unknown;
  readonly role_trust: unknown;
}

type Keys = Record<string, { keytype: string; scheme: string; keyval: { public: string } }>;
type Trust = Record<string, { keyIds: string[]; threshold: number }>;

async function trustColumns(runner: QueryRunner): Promise<readonly TrustColumns[]> {
  return (await runner.query("SELECT name, public_keys, role_trust FROM tuf_repository")) as TrustColumns[];
}

/** Begins with what a process that died in the middle may have left. */
async function moveToRows(runner: QueryRunner, { name, public_keys, role_trust }: TrustColumns): Promise<void> {
  for (const table of ["tuf_key", "tuf_role_key", "tuf_role_trust"]) {
    await runner.query(`DELETE FROM ${table} WHERE repository = ?`, [name]);
  }
  for (const [keyId, key] of Object.entries(parsed<Keys>(public_keys))) {
    await runner.query("INSERT INTO tuf_key (repository, key_id, keytype, scheme, public_key) VALUES (?, ?, ?, ?, ?)", [
      name,
      keyId,
      key.keytype,
      key.scheme,
      key.keyval.public,
    ]);
  }
  for (const [role, { keyIds, threshold }] of Object.entries(parsed<Trust>(role_trust))) {
    await runner.query("INSERT INTO tuf_role_trust (repository, role, threshold) VALUES (?, ?, ?)", [
      name,
      role,
      threshold,
    ]);
    for (const [position, keyId] of keyIds.entries()) {
      await runner.query("INSERT INTO tuf_role_key (repository, role, key_id, position) VALUES (?, ?, ?, ?)", [
        name,
        role,
        keyId,
        position,
      ]);
    }
  }
}

async function moveToColumns(runner: QueryRunner, name: string): Promise<void> {
  const keys: Keys = {};
  const trust: Trust = {};
  const rows = (await runner.query(
    "SELECT t.role, t.threshold, a.key_id, k.keytype, k.scheme, k.public_key FROM tuf_role_trust t " +
      "JOIN tuf_role_key a ON a.repository = t.repository AND a.role = t.role AND a.retiring = 0 " +
      "JOIN tuf_key k ON k.repository = a.repository AND k.key_id = a.key_id " +
      "WHERE t.repository = ? ORDER BY t.role, a.position",
    [name],
  )) as { role: string; threshold: unknown; key_id: string; keytype: string; scheme: string; public_key: string }[];
  for (const { role, threshold, key_id: keyId, keytype, scheme, public_key: publicKey } of rows) {
    keys[keyId] = { keytype, scheme, keyval: { public: publicKey } };
    (trust[role] ??= { keyIds: [], threshold: Number(threshold) }).keyIds.push(keyId);
  }
  await runner.query("UPDATE tuf_repository SET public_keys = ?, role_trust = ? WHERE name = ?", [
    JSON.stringify(keys),
    JSON.stringify(trust),
    name,
  ]);
}

/** A JSON column is read as text by some drivers and as what it holds by others. */
function parsed<T>(value: unknown): T {
  return (typeof value === "string" ? JSON.parse(value) : value) as T;
}

function jsonColumn({ kind }: Flavour): string {
  return kind === "sqlite" ? "TEXT NULL" : "JSON NULL";
}

function server(collation: string): string[] {
  const options = `ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${collation}`;
  return [
    `CREATE TABLE tuf_key (
      repository VARCHAR(128) NOT NULL,
      key_id VARCHAR(128) NOT NULL,
      keytype VARCHAR(64) NOT NULL,
      scheme VARCHAR(64) NOT NULL,
      public_key TEXT NOT NULL,
      revoked BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (repository, key_id)
    ) ${options}`,
    `CREATE TABLE tuf_role_trust (
      repository VARCHAR(128) NOT NULL,
      role VARCHAR(128) NOT NULL,
      threshold BIGINT NOT NULL,
      version BIGINT NOT NULL DEFAULT 1,
      transition_ends BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (repository, role)
    ) ${options}`,
    `CREATE TABLE tuf_role_key (
      repository VARCHAR(128) NOT NULL,
      role VARCHAR(128) NOT NULL,
      key_id VARCHAR(128) NOT NULL,
      position BIGINT NOT NULL,
      retiring BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (repository, role, key_id)
    ) ${options}`,
    `CREATE TABLE tuf_signing_event (
      repository VARCHAR(128) NOT NULL,
      number BIGINT NOT NULL,
      role VARCHAR(128) NOT NULL,
      metadata_version BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      state VARCHAR(16) NOT NULL,
      open_role VARCHAR(128) NULL,
      payload LONGBLOB NOT NULL,
      PRIMARY KEY (repository, number),
      UNIQUE KEY tuf_signing_event_open (repository, open_role)
    ) ${options}`,
    `CREATE TABLE tuf_signature (
      repository VARCHAR(128) NOT NULL,
      event BIGINT NOT NULL,
      key_id VARCHAR(128) NOT NULL,
      signature TEXT NOT NULL,
      PRIMARY KEY (repository, event, key_id)
    ) ${options}`,
    "ALTER TABLE tuf_role ADD COLUMN trust_since BIGINT NOT NULL DEFAULT 0",
  ];
}

const SQLITE = [
  `CREATE TABLE tuf_key (
    repository TEXT NOT NULL,
    key_id TEXT NOT NULL,
    keytype TEXT NOT NULL,
    scheme TEXT NOT NULL,
    public_key TEXT NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (repository, key_id)
  ) STRICT`,
  `CREATE TABLE tuf_role_trust (
    repository TEXT NOT NULL,
    role TEXT NOT NULL,
    threshold INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    transition_ends INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (repository, role)
  ) STRICT`,
  `CREATE TABLE tuf_role_key (
    repository TEXT NOT NULL,
    role TEXT NOT NULL,
    key_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    retiring INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (repository, role, key_id)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE tuf_signing_event (
    repository TEXT NOT NULL,
    number INTEGER NOT NULL,
    role TEXT NOT NULL,
    metadata_version INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    open_role TEXT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (repository, number),
    UNIQUE (repository, open_role)
  ) STRICT`,
  `CREATE TABLE tuf_signature (
    repository TEXT NOT NULL,
    event INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (repository, event, key_id)
  ) STRICT, WITHOUT ROWID`,
  "ALTER TABLE tuf_role ADD COLUMN trust_since INTEGER NOT NULL DEFAULT 0",
];
