import type { TufKey } from "../../../domain/tuf/key.js";
import type { StatingRole } from "../../../domain/tuf/published-trust.js";
import type { TrustVersion } from "../../../domain/tuf/trust-store.js";
import { type KeptTrust, UNPUBLISHED } from "../../../domain/tuf/trust.js";
import type { Dialect } from "../connection/dialect.js";
import type { Parameter, Row, Statement } from "../connection/session.js";
import { placeholders } from "../records/record-statements.js";
import { readVersions } from "./tuf-role-statements.js";

/** The statements on keys and on who signs what, one function each. */

/** Keys that are there already are the same: they are named by what they are. */
export function insertKeys(
  dialect: Dialect,
  repository: string,
  keys: readonly (readonly [keyId: string, key: TufKey])[],
): Statement {
  const row = `(${placeholders(5)})`;
  return {
    sql:
      "INSERT INTO tuf_key (repository, key_id, keytype, scheme, public_key) " +
      `VALUES ${keys.map(() => row).join(", ")}` +
      dialect.onDuplicateKey(["repository", "key_id"], ["keytype", "scheme", "public_key"]),
    parameters: keys.flatMap(([keyId, { keytype, scheme, keyval }]) => [
      repository,
      keyId,
      keytype,
      scheme,
      keyval.public,
    ]),
    varying: true,
  };
}

export function insertTrust(
  repository: string,
  role: string,
  { threshold, version, transitionEnds }: KeptTrust,
): Statement {
  return {
    sql: "INSERT INTO tuf_role_trust (repository, role, threshold, version, transition_ends) VALUES (?, ?, ?, ?, ?)",
    parameters: [repository, role, threshold, version, transitionEnds],
  };
}

/** Compare-and-set: the trust that follows directly on the one that is kept. */
export function advanceTrust(
  repository: string,
  role: string,
  { threshold, version, transitionEnds }: KeptTrust,
): Statement {
  return {
    sql:
      "UPDATE tuf_role_trust SET threshold = ?, version = ?, transition_ends = ? " +
      "WHERE repository = ? AND role = ? AND version = ?",
    parameters: [threshold, version, transitionEnds, repository, role, version - 1],
  };
}

export function deleteRoleKeys(repository: string, role: string): Statement {
  return { sql: "DELETE FROM tuf_role_key WHERE repository = ? AND role = ?", parameters: [repository, role] };
}

/** The order of the keys is kept: who is asked first to sign. */
export function insertRoleKeys(repository: string, role: string, { keyIds, retiring }: KeptTrust): Statement {
  const rows = [...keyIds.map((keyId) => [keyId, 0] as const), ...retiring.map((keyId) => [keyId, 1] as const)];
  return {
    sql:
      "INSERT INTO tuf_role_key (repository, role, key_id, position, retiring) " +
      `VALUES ${rows.map(() => `(${placeholders(5)})`).join(", ")}`,
    parameters: rows.flatMap(([keyId, isRetiring], position): Parameter[] => [
      repository,
      role,
      keyId,
      position,
      isRetiring,
    ]),
    varying: true,
  };
}

/**
 * Makes a role dirty with the bins below it, or all bins of the repository with the catch-all: their newest metadata is signed
 * under the former trust. `trust_since` comes first, because the servers assign from left to right and it is made of the
 * version as it was.
 */
export function distrustRoles(repository: string, role: string): Statement {
  const which =
    role === "bins" ? "kind IN ('bin', 'catch-all') AND space = ''" : "(name = ? OR kind = 'bin' AND space = ?)";
  return {
    sql: "UPDATE tuf_role SET trust_since = version + 1, version = version + 1 " + `WHERE repository = ? AND ${which}`,
    parameters: role === "bins" ? [repository] : [repository, role, role],
  };
}

export function deleteTrust(repository: string, role: string): Statement {
  return { sql: "DELETE FROM tuf_role_trust WHERE repository = ? AND role = ?", parameters: [repository, role] };
}

/** Makes `targets` dirty because of what it states; whoever signed it is trusted as before. */
export function touchTargets(repository: string): Statement {
  return {
    sql: "UPDATE tuf_role SET version = version + 1 WHERE repository = ? AND name = 'targets'",
    parameters: [repository],
  };
}

/** A row where a bin is signed under a former trust. Such a bin is dirty, and there is an index of those. */
export function selectBinBehind(repository: string, space: string): Statement {
  return {
    sql:
      "SELECT name FROM tuf_role WHERE repository = ? AND dirty = 1 AND kind = 'bin' AND space = ? " +
      "AND signed_version < trust_since LIMIT 1",
    parameters: [repository, space],
  };
}

/**
 * The newest root, the published root, and whether a role that root speaks of is signed under a former trust, or newer
 * than what the snapshot lists of it.
 */
export function selectReleasedRoot(repository: string): Statement {
  return {
    sql:
      "SELECT r.metadata_version, e.root_version, (SELECT COUNT(*) FROM tuf_role b WHERE b.repository = r.repository " +
      "AND b.name IN ('targets', 'snapshot', 'timestamp') AND b.signed_version < b.trust_since) + " +
      "(SELECT COUNT(*) FROM tuf_pending w WHERE w.repository = r.repository AND w.role = 'targets') " +
      "FROM tuf_role r JOIN tuf_export e ON e.repository = r.repository WHERE r.repository = ? AND r.name = 'root'",
    parameters: [repository],
  };
}

/** A row per role whose trust is not published, with all custom roles; one row without a role where there is none. */
export function selectUnpublishedTrust(repository: string): Statement {
  return {
    sql:
      "SELECT x.role, x.version, CASE WHEN x.role IS NOT NULL THEN p.custom_roles END " +
      "FROM tuf_repository p LEFT JOIN tuf_role_trust x ON x.repository = p.name AND x.transition_ends = ? " +
      "WHERE p.name = ?",
    parameters: [UNPUBLISHED, repository],
  };
}

/** The roles that state trust, as one consistent read. Walks all roles, and is asked only while trust is not published. */
export function selectStatingRoles(repository: string): Statement {
  return {
    sql:
      "SELECT r.name, r.kind, r.version, r.signed_version, r.trust_since, " +
      "CASE WHEN r.kind = 'root' AND r.metadata_version <= e.root_version " +
      "OR h.metadata_version >= r.metadata_version AND h.snapshot_version <= e.snapshot_version THEN 1 ELSE 0 END " +
      "FROM tuf_role r JOIN tuf_export e ON e.repository = r.repository " +
      "LEFT JOIN tuf_snapshot_head h ON h.repository = r.repository AND h.role = r.name " +
      "WHERE r.repository = ? AND r.kind IN ('root', 'targets', 'catch-all', 'custom')",
    parameters: [repository],
  };
}

/** A row of `selectStatingRoles`. */
export function readStatingRole(row: Row): StatingRole {
  return { ...readVersions(row), isExported: Number(row[5]) === 1 };
}

/** Compared, because other trust may be kept by now. */
export function endTransition(repository: string, { role, version }: TrustVersion, transitionEnds: number): Statement {
  return {
    sql:
      "UPDATE tuf_role_trust SET transition_ends = ? " +
      "WHERE repository = ? AND role = ? AND version = ? AND transition_ends = ?",
    parameters: [transitionEnds, repository, role, version, UNPUBLISHED],
  };
}

export function revokeKeyRow(repository: string, keyId: string): Statement {
  return {
    sql: "UPDATE tuf_key SET revoked = 1 WHERE repository = ? AND key_id = ?",
    parameters: [repository, keyId],
  };
}

export function selectRevokedKeys(repository: string): Statement {
  return { sql: "SELECT key_id FROM tuf_key WHERE repository = ? AND revoked = 1", parameters: [repository] };
}
