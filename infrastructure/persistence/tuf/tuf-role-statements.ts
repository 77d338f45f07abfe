import type { NewSigningEvent } from "../../../domain/tuf/signing-event.js";
import type { NewRole, RoleCommit, RoleKind, RoleRecord, SignedFile } from "../../../domain/tuf/tuf-store.js";
import type { Dialect } from "../connection/dialect.js";
import { placeholders } from "../records/record-statements.js";
import { jsonRows } from "./json-rows.js";
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

/** What `readCounters` reads, of a row `r` of a role. */
export const COUNTERS = "r.name, r.kind, r.version, r.signed_version, r.trust_since, r.metadata_version, r.expires_at";

/** The custom roles and the catch-all: two ranges of the index on what expires. */
export function selectDelegatedRoles(repository: string): Statement {
  return {
    sql: `SELECT ${COUNTERS} FROM tuf_role r WHERE r.repository = ? AND r.kind IN ('custom', 'catch-all')`,
    parameters: [repository],
  };
}

/** The first columns of rows that begin with `COUNTERS`. */
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

/** When roles are due for renewal, in epoch milliseconds by kind, and how many are asked for. */
interface Due {
  readonly targetsHorizon: number;
  readonly binsHorizon: number;
  readonly limit: number;
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
export function selectExpiringRoles(repository: string, due: Due): Statement {
  const { sql, parameters } = expiring(repository, due);
  return { sql: `${sql} ORDER BY expires_at, name LIMIT ${Math.trunc(due.limit)}`, parameters };
}

/** Names of roles that are dirty or expire, some of them twice: all three ranges at once. */
export function selectDueRoles(repository: string, due: Due): Statement {
  const dirty = selectDirtyRoles(repository, { after: "", limit: due.limit });
  const { sql, parameters } = expiring(repository, due);
  return {
    sql: `SELECT * FROM (${dirty.sql}) AS c UNION ALL SELECT name FROM (${sql}) AS d`,
    parameters: [...dirty.parameters, ...parameters],
  };
}

function expiring(repository: string, { targetsHorizon, binsHorizon, limit }: Due): Statement {
  const ofKind =
    "SELECT * FROM (SELECT name, expires_at FROM tuf_role WHERE repository = ? AND kind = ? AND expires_at <= ? " +
    `ORDER BY expires_at, name LIMIT ${Math.trunc(limit)})`;
  return {
    sql: `${ofKind} AS a UNION ALL ${ofKind} AS b`,
    parameters: [repository, "targets", targetsHorizon, repository, "bin", binsHorizon],
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
