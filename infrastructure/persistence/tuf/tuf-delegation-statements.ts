import type { CustomRole } from "../../../domain/tuf/custom-role.js";
import type { DelegatedName } from "../../../domain/tuf/trust-store.js";
import type { Dialect } from "../connection/dialect.js";
import type { Statement } from "../connection/session.js";
import { jsonRows } from "./json-rows.js";

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
export function reviveRole(repository: string, role: DelegatedName): Statement {
  return {
    sql:
      "UPDATE tuf_role SET trust_since = version + 1, version = version + 1, kind = ?, space = ?, range_low = ?, " +
      "range_high = ? WHERE repository = ? AND name = ? AND kind = 'retired'",
    parameters: [role.kind, ...holdingsOf(role), repository, role.name],
  };
}

/**
 * A role that is to be signed, at the metadata version that snapshots list of its name: an import may have left one behind.
 */
export function insertDelegatedRole(repository: string, role: DelegatedName): Statement {
  const { name, kind } = role;
  return {
    sql:
      "INSERT INTO tuf_role (repository, name, kind, space, range_low, range_high, version, signed_version, trust_since, " +
      "metadata_version, expires_at) SELECT ?, ?, ?, ?, ?, ?, 1, 0, 1, COALESCE(MAX(metadata_version), 0), 0 " +
      "FROM tuf_snapshot_head WHERE repository = ? AND role = ?",
    parameters: [repository, name, kind, ...holdingsOf(role), repository, name],
  };
}

/** Space and range: a custom role holds the whole space of its name, unless bins do; the catch-all holds nothing. */
function holdingsOf({ name, kind, bitLength }: DelegatedName): readonly [string, Buffer | null, Buffer | null] {
  const isHolder = kind === "custom" && bitLength === undefined;
  return isHolder ? [name, Buffer.alloc(32), Buffer.alloc(32, 0xff)] : ["", null, null];
}

/** A bin below a custom role, with the first and the last digest that it holds, in hexadecimal. */
export type OwnBin = readonly [name: string, low: string, high: string];

const OWN_BIN = { bin: "name", low: "digest", high: "digest" } as const;

/** Bins of these names that were retired come back below `role`: as `reviveRole`. */
export function reviveBins(dialect: Dialect, repository: string, role: string, bins: readonly OwnBin[]): Statement {
  const given = jsonRows(dialect, OWN_BIN);
  const set =
    "trust_since = version + 1, version = version + 1, kind = 'bin', space = ?, range_low = UNHEX(j.low), " +
    "range_high = UNHEX(j.high)";
  const rows = JSON.stringify(bins);
  return dialect.name === "sqlite"
    ? {
        sql: `UPDATE tuf_role SET ${set} FROM ${given} AS j WHERE repository = ? AND name = j.bin AND kind = 'retired'`,
        parameters: [role, rows, repository],
      }
    : {
        sql:
          `UPDATE ${given} AS j STRAIGHT_JOIN tuf_role AS r ON r.repository = ? AND r.name = j.bin AND r.kind = 'retired' ` +
          `SET ${set}`,
        parameters: [rows, repository, role],
      };
}

/** Those of the bins that are not there: as `insertDelegatedRole`. */
export function insertBins(dialect: Dialect, repository: string, role: string, bins: readonly OwnBin[]): Statement {
  return {
    sql:
      "INSERT INTO tuf_role (repository, name, kind, space, range_low, range_high, version, signed_version, trust_since, " +
      "metadata_version, expires_at) SELECT ?, j.bin, 'bin', ?, UNHEX(j.low), UNHEX(j.high), 1, 0, 1, " +
      `COALESCE(h.metadata_version, 0), 0 FROM ${jsonRows(dialect, OWN_BIN)} AS j ` +
      "LEFT JOIN tuf_snapshot_head AS h ON h.repository = ? AND h.role = j.bin " +
      "LEFT JOIN tuf_role AS r ON r.repository = ? AND r.name = j.bin WHERE r.name IS NULL",
    parameters: [repository, role, JSON.stringify(bins), repository, repository],
  };
}

/** The bins below a role go with it: as `retireRole`. */
export function retireBins(repository: string, role: string): Statement {
  return {
    sql:
      "UPDATE tuf_role SET trust_since = version + 1, signed_version = version + 1, version = version + 1, " +
      "kind = 'retired' WHERE repository = ? AND kind = 'bin' AND space = ?",
    parameters: [repository, role],
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
