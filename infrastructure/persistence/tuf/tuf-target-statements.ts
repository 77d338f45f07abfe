import type { BinEdits, TargetEdit } from "../../../domain/tuf/target-edits.js";
import type { Target } from "../../../domain/tuf/target.js";
import type { HeldPath } from "../../../domain/tuf/tuf-store.js";
import type { Dialect } from "../connection/dialect.js";
import type { Row, Statement } from "../connection/session.js";
import { placeholders } from "../records/record-statements.js";
import { jsonRows } from "./json-rows.js";
import { readTarget } from "./target-row.js";

/** The statements on targets and on the bins that hold them, one function each. */

/** The kinds of roles that hold targets. */
const HOLDERS = "'bin', 'custom'";

/**
 * What edits would meet: a row for each whose path has a target already, and for each whose bin is not there or is not the
 * path's; for all of them where `targets` has moved from what they follow. Everything is looked up by primary key.
 */
export function selectMet(dialect: Dialect, repository: string, bins: readonly BinEdits[]): Statement {
  const rows = bins.flatMap(({ bin, space = "", edits }) => edits.map((edit) => [bin, space, hex(edit.digest)]));
  // Servers look one row up in three quarters of the time where they need not take it out of JSON.
  const [one] = rows.length === 1 ? rows : [];
  const given = one
    ? "(SELECT ? AS bin, ? AS space, ? AS d)"
    : jsonRows(dialect, { bin: "name", space: "name", d: "digest" });
  const digest = "UNHEX(j.d)";
  const follows = bins[0]?.follows ?? null; // NULL differs from nothing
  return {
    sql:
      "SELECT j.bin, j.space, j.d, r.name, t.path_hash IS NOT NULL AND r.range_low <= t.path_hash AND r.range_high >= t.path_hash, " +
      `t.length, t.sha256, t.custom, g.version <> ? FROM ${given} AS j ` +
      `LEFT JOIN tuf_role AS r ON r.repository = ? AND r.name = j.bin AND r.kind IN (${HOLDERS}) AND r.space = j.space ` +
      "AND r.range_low IS NOT NULL " +
      `LEFT JOIN tuf_target AS t ON t.repository = ? AND t.space = j.space AND t.path_hash = ${digest} ` +
      "LEFT JOIN tuf_role AS g ON g.repository = ? AND g.name = 'targets' " +
      `WHERE t.path_hash IS NOT NULL OR r.name IS NULL OR r.range_low > ${digest} OR r.range_high < ${digest} OR g.version <> ?`,
    parameters: [follows, ...(one ?? [JSON.stringify(rows)]), repository, repository, repository, follows],
  };
}

/** A row of `selectMet`. */
export interface Met {
  readonly bin: string;
  readonly space: string;
  /** Of the path, in hexadecimal. */
  readonly digest: string;
  readonly isBinThere: boolean;
  /** What is stored; `undefined` where the path does not belong into the bin. */
  readonly target: Target | undefined;
  /** Whether `targets` is at another version than the edits follow. */
  readonly hasMoved: boolean;
}

export function readMet([bin, space, digest, name, belongs, length, sha256, custom, moved]: Row): Met {
  return {
    bin: bin as string,
    space: space as string,
    digest: digest as string,
    isBinThere: name !== null,
    target: Number(belongs) === 1 ? readTarget(`with digest ${digest as string}`, [length, sha256, custom]) : undefined,
    hasMoved: Number(moved) === 1,
  };
}

/** One range of the primary key, which ends after `most`: who adds to a role waits for it each time. */
export function countTargets(repository: string, space: string, most: number): Statement {
  return {
    sql:
      "SELECT COUNT(*) FROM (SELECT 1 AS one FROM tuf_target WHERE repository = ? AND space = ? " +
      `LIMIT ${Math.trunc(most)}) AS some`,
    parameters: [repository, space],
  };
}

/**
 * Paths that begin with a prefix, one page of the primary key. No index serves the prefix: who asks reads all targets, once
 * over all pages.
 */
export function selectHeldPaths(
  repository: string,
  prefix: string,
  { after, limit }: { readonly after?: HeldPath | undefined; readonly limit: number },
): Statement {
  const later = after === undefined ? "" : "AND (space > ? OR space = ? AND path_hash > ?) ";
  const parameters = after === undefined ? [] : [after.space, after.space, Buffer.from(after.digest)];
  return {
    sql:
      `SELECT space, path_hash, path FROM tuf_target WHERE repository = ? ${later}AND path LIKE ? ESCAPE '!' ` +
      `ORDER BY space, path_hash LIMIT ${Math.trunc(limit)}`,
    parameters: [repository, ...parameters, `${prefix.replace(/[!%_]/g, "!$&")}%`],
  };
}

/** A row of `selectHeldPaths`. */
export function readHeldPath([space, digest, path]: Row): HeldPath {
  return { space: space as string, digest: digest as Buffer, path: path as string };
}

/**
 * Raises the versions of bins and custom roles, which locks them in the order given: that of their names. No version is
 * compared: edits of one bin commute but for those of the same path, of which the last accepted holds. Matches fewer rows
 * than given where a role has gone meanwhile.
 */
export function raiseBins(dialect: Dialect, repository: string, bins: readonly BinEdits[]): Statement {
  return {
    sql:
      `UPDATE tuf_role${byPrimaryKey(dialect)} SET version = version + 1 ` +
      `WHERE repository = ? AND kind IN (${HOLDERS}) AND name IN (${placeholders(bins.length)})`,
    parameters: [repository, ...bins.map(({ bin }) => bin)],
    varying: bins.length > 1,
  };
}

/** Of many names servers might read, and so lock, all roles there are. */
function byPrimaryKey({ name }: Dialect): string {
  return name === "sqlite" ? "" : " FORCE INDEX (PRIMARY)";
}

/**
 * As `raiseBins` for edits that metadata states: where that is the role's newest, what is signed rises with what is accepted,
 * and the role stays as clean as it is.
 */
export function raiseStatedBins(dialect: Dialect, repository: string, bins: readonly BinEdits[]): Statement {
  const given = jsonRows(dialect, { bin: "name", v: "number" });
  const rows = JSON.stringify(bins.map(({ bin, statedBy = NEVER_SIGNED }) => [bin, statedBy]));
  const signed = "r.signed_version + CASE WHEN r.metadata_version = j.v THEN 1 ELSE 0 END";
  return dialect.name === "sqlite"
    ? {
        sql:
          `UPDATE tuf_role AS r SET version = r.version + 1, signed_version = ${signed} FROM ${given} AS j ` +
          `WHERE r.repository = ? AND r.name = j.bin AND r.kind IN (${HOLDERS})`,
        parameters: [rows, repository],
      }
    : {
        sql:
          `UPDATE ${given} AS j STRAIGHT_JOIN tuf_role AS r ON r.repository = ? AND r.name = j.bin AND r.kind IN (${HOLDERS}) ` +
          `SET r.version = r.version + 1, r.signed_version = ${signed}`,
        parameters: [rows, repository],
      };
}

/** No role has this metadata version. */
const NEVER_SIGNED = -1;

/** Adds targets, or replaces those of the same paths. */
export function putTargets(
  dialect: Dialect,
  repository: string,
  space: string,
  edits: readonly (TargetEdit & { readonly target: Target })[],
): Statement {
  const given = jsonRows(dialect, { d: "digest", p: "path", l: "number", s: "digest", c: "text" });
  const rows = edits.map(({ path, digest, target: { length, sha256, custom } }) => {
    return [hex(digest), path, length, sha256, custom === undefined ? null : JSON.stringify(custom)];
  });
  const replacing =
    dialect.name === "sqlite"
      ? "WHERE TRUE ON CONFLICT (repository, space, path_hash) " +
        "DO UPDATE SET length = excluded.length, sha256 = excluded.sha256, custom = excluded.custom"
      : "ON DUPLICATE KEY UPDATE length = j.l, sha256 = j.s, custom = j.c";
  return {
    sql:
      "INSERT INTO tuf_target (repository, space, path_hash, path, length, sha256, custom) " +
      `SELECT ?, ?, UNHEX(j.d), j.p, j.l, j.s, j.c FROM ${given} AS j ${replacing}`,
    parameters: [repository, space, JSON.stringify(rows)],
  };
}

export function dropTargets(
  dialect: Dialect,
  repository: string,
  space: string,
  edits: readonly TargetEdit[],
): Statement {
  const given = jsonRows(dialect, { d: "digest" });
  const rows = JSON.stringify(edits.map(({ digest }) => [hex(digest)]));
  return dialect.name === "sqlite"
    ? {
        sql: `DELETE FROM tuf_target WHERE repository = ? AND space = ? AND path_hash IN (SELECT UNHEX(d) FROM ${given})`,
        parameters: [repository, space, rows],
      }
    : {
        sql:
          `DELETE t FROM ${given} AS j STRAIGHT_JOIN tuf_target AS t ` +
          `ON t.repository = ? AND t.space = ? AND t.path_hash = UNHEX(j.d)`,
        parameters: [rows, repository, space],
      };
}

/** Lower-case hexadecimal digits. */
export function hex({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("hex");
}
