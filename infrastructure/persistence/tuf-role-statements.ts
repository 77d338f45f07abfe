import type { JsonObject } from "../../domain/tuf/json.js";
import type { Target } from "../../domain/tuf/target.js";
import type { NewRole, RoleCommit, RoleKind, RoleState, SignedFile } from "../../domain/tuf/tuf-store.js";
import { placeholders } from "./record-statements.js";
import type { Parameter, Row, Statement } from "./session.js";

/** The statements on rows of roles, one function each. */

/** Placeholders per row of `insertRoles`. */
export const ROLE_WIDTH = 9;

/** New roles begin clean: the record's first version is the one that was signed. */
export function insertRoles(repository: string, roles: readonly NewRole[]): Statement {
  const row = `(${placeholders(ROLE_WIDTH)})`;
  return {
    sql:
      "INSERT INTO tuf_role (repository, name, kind, range_low, range_high, version, signed_version, " +
      `metadata_version, expires_at) VALUES ${roles.map(() => row).join(", ")}`,
    parameters: roles.flatMap(({ name, kind, range, file }): Parameter[] => [
      repository,
      name,
      kind,
      range === undefined ? null : Buffer.from(range.low),
      range === undefined ? null : Buffer.from(range.high),
      1,
      1,
      file.metadataVersion,
      file.expiresAt,
    ]),
    varying: true,
  };
}

/**
 * A role with all its targets. One statement is one consistent read at READ COMMITTED and at REPEATABLE READ alike: an
 * edit raises the version and writes the targets in one transaction, and shows in all rows or in none. The role's row is
 * read by primary key, its bounds are then constants, and the targets are one range of their primary key.
 */
export function selectRoleState(repository: string, role: string): Statement {
  return {
    sql:
      "SELECT r.kind, r.version, r.signed_version, r.metadata_version, r.expires_at, " +
      "t.path, t.length, t.sha256, t.custom FROM tuf_role r LEFT JOIN tuf_target t " +
      "ON t.repository = r.repository AND t.path_hash BETWEEN r.range_low AND r.range_high " +
      "WHERE r.repository = ? AND r.name = ?",
    parameters: [repository, role],
  };
}

/** The rows of `selectRoleState`, at least one. The outer join gives a role without targets one row of NULLs. */
export function readRoleState(name: string, rows: readonly [Row, ...Row[]]): RoleState {
  const [kind, version, signedVersion, metadataVersion, expiresAt] = rows[0];
  return {
    name,
    kind: kind as RoleKind,
    version: Number(version),
    signedVersion: Number(signedVersion),
    metadataVersion: Number(metadataVersion),
    expiresAt: Number(expiresAt),
    targets: new Map(rows.filter((row) => row[5] !== null).map((row) => [row[5] as string, readTarget(row)])),
  };
}

function readTarget(row: Row): Target {
  const target = { length: Number(row[6]), sha256: row[7] as string };
  return row[8] === null ? target : { ...target, custom: JSON.parse(row[8] as string) as JsonObject };
}

/**
 * Names to sign: three ranges of two covering indexes, together no longer than what there is to do. (With OR between the
 * conditions, or UNION between the ranges, planners read all roles in the order of their names.)
 */
export function selectRolesToSign(
  repository: string,
  page: {
    readonly targetsHorizon: number;
    readonly binsHorizon: number;
    readonly after: string;
    readonly limit: number;
  },
): Statement {
  const { targetsHorizon, binsHorizon, after, limit } = page;
  const expiring = "SELECT name FROM tuf_role WHERE repository = ? AND kind = ? AND expires_at <= ? AND name > ?";
  return {
    // The limit is text, because the driver sends numbers as floating-point ones and servers refuse those there.
    sql:
      "SELECT DISTINCT name FROM (SELECT name FROM tuf_role WHERE repository = ? AND dirty = 1 AND name > ? " +
      `UNION ALL ${expiring} UNION ALL ${expiring}) AS due ORDER BY name LIMIT ${Math.trunc(limit)}`,
    parameters: [
      ...[repository, after],
      ...[repository, "targets", targetsHorizon, after],
      ...[repository, "bin", binsHorizon, after],
    ],
  };
}

/**
 * Compare-and-set: makes `file` the newest of its role if it follows directly on what is there. An edit made since the
 * role was read leaves `version` ahead of `signed_version`: the role stays dirty.
 */
export function advanceSignedRole(repository: string, { file, signedVersion }: RoleCommit): Statement {
  return {
    sql:
      "UPDATE tuf_role SET metadata_version = ?, expires_at = ?, signed_version = ? " +
      "WHERE repository = ? AND name = ? AND metadata_version = ?",
    parameters: [file.metadataVersion, file.expiresAt, signedVersion, repository, file.role, file.metadataVersion - 1],
  };
}

/** As `advanceSignedRole` for roles that nobody edits: snapshot and timestamp. */
export function advanceRole(repository: string, { role, metadataVersion, expiresAt }: SignedFile): Statement {
  return {
    sql:
      "UPDATE tuf_role SET metadata_version = ?, expires_at = ? " +
      "WHERE repository = ? AND name = ? AND metadata_version = ?",
    parameters: [metadataVersion, expiresAt, repository, role, metadataVersion - 1],
  };
}
