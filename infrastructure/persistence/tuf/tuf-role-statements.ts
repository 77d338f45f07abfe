import type { NewSigningEvent } from "../../../domain/tuf/signing-event.js";
import type { Target } from "../../../domain/tuf/target.js";
import type {
  NewRole,
  RoleCommit,
  RoleKind,
  RoleRecord,
  RoleState,
  SignedFile,
} from "../../../domain/tuf/tuf-store.js";
import type { Dialect } from "../connection/dialect.js";
import { placeholders } from "../records/record-statements.js";
import { jsonRows } from "./json-rows.js";
import { readTarget } from "./target-row.js";
import type { Parameter, Row, Statement } from "../connection/session.js";

/** The statements on rows of roles, one function each. */

/** Placeholders per row of `insertRoles`. */
export const ROLE_WIDTH = 10;

/** New roles begin clean: the record's first version is the one that was signed. */
export function insertRoles(repository: string, roles: readonly NewRole[]): Statement {
  const row = `(${placeholders(ROLE_WIDTH)})`;
  return {
    sql:
      "INSERT INTO tuf_role (repository, name, kind, space, range_low, range_high, version, signed_version, " +
      `metadata_version, expires_at) VALUES ${roles.map(() => row).join(", ")}`,
    parameters: roles.flatMap(({ name, kind, space = "", range, file }): Parameter[] => [
      repository,
      name,
      kind,
      space,
      range === undefined ? null : Buffer.from(range.low),
      range === undefined ? null : Buffer.from(range.high),
      1,
      1,
      file?.metadataVersion ?? 0,
      file?.expiresAt ?? 0,
    ]),
    varying: true,
  };
}

const COUNTERS = "r.name, r.kind, r.version, r.signed_version, r.trust_since, r.metadata_version, r.expires_at";

/** Roles that one `selectRoleStates` reads: SQLite joins at most 500 by UNION. */
export const MOST_STATES = 256;

/**
 * Roles with all their targets. One statement is one consistent read at READ COMMITTED and at REPEATABLE READ alike: an
 * edit raises the version and writes the targets in one transaction, and shows in all rows or in none. A SELECT for each
 * role, because a role's row is then read by primary key, its bounds are constants, and the targets are one range of their
 * primary key; with `name IN (…)` planners read all targets of the repository for each role.
 */
export function selectRoleStates(repository: string, roles: readonly string[]): Statement {
  const one =
    `SELECT ${COUNTERS}, ` +
    "t.path, t.length, t.sha256, t.custom FROM tuf_role r LEFT JOIN tuf_target t " +
    "ON t.repository = r.repository AND t.space = r.space AND t.path_hash BETWEEN r.range_low AND r.range_high " +
    "WHERE r.repository = ? AND r.name = ?";
  return {
    sql: roles.map(() => one).join(" UNION ALL "),
    parameters: roles.flatMap((role) => [repository, role]),
    varying: roles.length > 1,
  };
}

/** By name. The outer join gives a role without targets one row of NULLs. */
export function readRoleStates(rows: readonly Row[]): ReadonlyMap<string, RoleState> {
  const states = new Map<string, RoleState & { readonly targets: Map<string, Target> }>();
  for (const row of rows) {
    const name = row[0] as string;
    let state = states.get(name);
    if (state === undefined) states.set(name, (state = { ...readCounters(row), targets: new Map() }));
    if (row[7] !== null) state.targets.set(row[7] as string, readTarget(row[7] as string, row.slice(8)));
  }
  return states;
}

/** The custom roles and the catch-all: two ranges of the index on what expires. */
export function selectDelegatedRoles(repository: string): Statement {
  return {
    sql: `SELECT ${COUNTERS} FROM tuf_role r WHERE r.repository = ? AND r.kind IN ('custom', 'catch-all')`,
    parameters: [repository],
  };
}

/** The first columns of a row of `selectRoleStates`, and all of one of `selectDelegatedRoles`. */
export function readCounters(row: Row): RoleRecord {
  return { ...readVersions(row), metadataVersion: Number(row[5]), expiresAt: Number(row[6]) };
}

/** What a row of a role begins with: name, kind, version, signed version, and since when its trust is as it is. */
export function readVersions([name, kind, version, signedVersion, trustSince]: Row): Pick<
  RoleRecord,
  "name" | "kind" | "version" | "signedVersion" | "trustSince"
> {
  return {
    name: name as string,
    kind: kind as RoleKind,
    version: Number(version),
    signedVersion: Number(signedVersion),
    trustSince: Number(trustSince),
  };
}

/** Names of dirty roles, as one range of their index. */
export function selectDirtyRoles(
  repository: string,
  page: { readonly after: string; readonly limit: number },
): Statement {
  return {
    // The limit is text, because the driver sends numbers as floating-point ones and servers refuse those there.
    sql:
      "SELECT name FROM tuf_role WHERE repository = ? AND dirty = 1 AND name > ? " +
      "AND name NOT IN ('snapshot', 'timestamp') " +
      `ORDER BY name LIMIT ${Math.trunc(page.limit)}`,
    parameters: [repository, page.after],
  };
}

/** Names of roles that expire, soonest first: a range of the index for each kind, and no more of it than is asked for. */
export function selectExpiringRoles(
  repository: string,
  due: { readonly targetsHorizon: number; readonly binsHorizon: number; readonly limit: number },
): Statement {
  const limit = Math.trunc(due.limit);
  const expiring =
    "SELECT * FROM (SELECT name, expires_at FROM tuf_role WHERE repository = ? AND kind = ? AND expires_at <= ? " +
    `ORDER BY expires_at, name LIMIT ${limit})`;
  return {
    sql: `${expiring} AS a UNION ALL ${expiring} AS b ORDER BY expires_at, name LIMIT ${limit}`,
    parameters: [repository, "targets", due.targetsHorizon, repository, "bin", due.binsHorizon],
  };
}

/** No version is above it; both columns only rise, so that "no later than" is "not changed since". */
const ANY = Number.MAX_SAFE_INTEGER;

/**
 * Compare-and-set: makes each file the newest of its role if it follows directly on what is there. An edit made since the
 * role was read leaves `version` ahead of `signed_version`: the role stays dirty. Rows are locked in the order given, which
 * is that of their names. What commits say of trust and edits, which bins do not, is compared with the rows as they are
 * locked.
 */
export function advanceSignedRoles(dialect: Dialect, repository: string, commits: readonly RoleCommit[]): Statement {
  const isChecked = commits.some(({ trustSince, isExact }) => trustSince !== undefined || isExact === true);
  const checked = isChecked ? ({ t: "number", m: "number" } as const) : {};
  const given = jsonRows(dialect, { role: "name", v: "number", e: "number", s: "number", ...checked });
  const rows = commits.map(({ file, signedVersion, trustSince = ANY, isExact = false }) => {
    const counters = [file.role, file.metadataVersion, file.expiresAt, signedVersion];
    return isChecked ? [...counters, trustSince, isExact ? signedVersion : ANY] : counters;
  });
  const matches =
    "r.repository = ? AND r.name = j.role AND r.metadata_version = j.v - 1" +
    (isChecked ? " AND r.trust_since <= j.t AND r.version <= j.m" : "");
  return dialect.name === "sqlite"
    ? {
        sql:
          "UPDATE tuf_role AS r SET metadata_version = j.v, expires_at = j.e, signed_version = j.s " +
          `FROM ${given} AS j WHERE ${matches}`,
        parameters: [JSON.stringify(rows), repository],
      }
    : {
        sql:
          `UPDATE ${given} AS j STRAIGHT_JOIN tuf_role AS r ON ${matches} ` +
          "SET r.metadata_version = j.v, r.expires_at = j.e, r.signed_version = j.s",
        parameters: [JSON.stringify(rows), repository],
      };
}

/** Finds a row where the newest metadata of the role is the one before. */
export function selectRoleBefore(
  repository: string,
  { role, metadataVersion }: Pick<NewSigningEvent, "role" | "metadataVersion">,
  lock: string,
): Statement {
  return {
    sql: `SELECT 1 FROM tuf_role WHERE repository = ? AND name = ? AND metadata_version = ?${lock}`,
    parameters: [repository, role, metadataVersion - 1],
  };
}

/** As `advanceSignedRoles` for root, whose record nobody edits. */
export function advanceRoot(
  repository: string,
  { metadataVersion, expiresAt }: SignedFile,
  from = metadataVersion - 1,
): Statement {
  return {
    sql:
      "UPDATE tuf_role SET metadata_version = ?, expires_at = ? " +
      "WHERE repository = ? AND name = 'root' AND metadata_version = ?",
    parameters: [metadataVersion, expiresAt, repository, from],
  };
}
