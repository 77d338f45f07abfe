import type { CustomRole } from "../../../domain/tuf/custom-role.js";
import type { DelegatedName } from "../../../domain/tuf/trust-store.js";
import type { Statement } from "../connection/session.js";

/** The statements on custom roles and the catch-all, one function each. */

/** Compare-and-set: every change of custom roles edits the record of `targets`, which states them. */
export function editTargets(repository: string, version: number): Statement {
  return {
    sql: "UPDATE tuf_role SET version = version + 1 WHERE repository = ? AND name = 'targets' AND version = ?",
    parameters: [repository, version],
  };
}

export function writeCustomRoles(repository: string, roles: readonly CustomRole[]): Statement {
  return {
    sql: "UPDATE tuf_repository SET custom_roles = ? WHERE name = ?",
    parameters: [JSON.stringify(roles), repository],
  };
}

/** A role that was retired comes back, and is to be signed. `trust_since` comes first: see `distrustRoles`. */
export function reviveRole(repository: string, { name, kind }: DelegatedName): Statement {
  return {
    sql:
      "UPDATE tuf_role SET trust_since = version + 1, version = version + 1, kind = ? " +
      "WHERE repository = ? AND name = ? AND kind = 'retired'",
    parameters: [kind, repository, name],
  };
}

/**
 * A role that is to be signed, at the metadata version that snapshots list of its name: an import may have left one behind.
 * A custom role holds its whole space; the catch-all holds nothing.
 */
export function insertDelegatedRole(repository: string, { name, kind }: DelegatedName): Statement {
  const isCustom = kind === "custom";
  return {
    sql:
      "INSERT INTO tuf_role (repository, name, kind, space, range_low, range_high, version, signed_version, trust_since, " +
      "metadata_version, expires_at) SELECT ?, ?, ?, ?, ?, ?, 1, 0, 1, COALESCE(MAX(metadata_version), 0), 0 " +
      "FROM tuf_snapshot_head WHERE repository = ? AND role = ?",
    parameters: [
      repository,
      name,
      kind,
      isCustom ? name : "",
      isCustom ? Buffer.alloc(32) : null,
      isCustom ? Buffer.alloc(32, 0xff) : null,
      repository,
      name,
    ],
  };
}

/** A role goes: clean, so that nobody signs it, and whoever is about to commit a file of it finds its trust changed. */
export function retireRole(repository: string, name: string): Statement {
  return {
    sql:
      "UPDATE tuf_role SET trust_since = version + 1, signed_version = version + 1, version = version + 1, " +
      "kind = 'retired' WHERE repository = ? AND name = ? AND kind IN ('custom', 'catch-all')",
    parameters: [repository, name],
  };
}

/** A row where the role holds a target. */
export function selectTargetIn(repository: string, space: string): Statement {
  return {
    sql: "SELECT space FROM tuf_target WHERE repository = ? AND space = ? LIMIT 1",
    parameters: [repository, space],
  };
}

export function deleteTargetsIn(repository: string, space: string): Statement {
  return { sql: "DELETE FROM tuf_target WHERE repository = ? AND space = ?", parameters: [repository, space] };
}
