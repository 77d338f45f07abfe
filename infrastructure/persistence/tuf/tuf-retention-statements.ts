import { LATE } from "../../../domain/tuf/publish-plan.js";
import type { ExportPosition, FileReference, LateExport } from "../../../domain/tuf/tuf-store.js";
import type { Dialect } from "../connection/dialect.js";
import type { Statement } from "../connection/session.js";
import { deleteExactly } from "./exact-versions.js";

/** The statements on files that nobody needs any more, one function each. */

/**
 * The newest snapshot and timestamp that were stored by `time` and are published: who refreshed then may still be reading
 * from them.
 */
export function selectRetentionLine(repository: string, time: number): Statement {
  const newest = (role: string): string =>
    "SELECT f.role, MAX(f.metadata_version) FROM tuf_export e JOIN tuf_file f ON f.repository = e.repository " +
    `WHERE e.repository = ? AND f.role = '${role}' AND f.metadata_version <= e.${role}_version AND f.stored_at <= ? ` +
    "GROUP BY f.role";
  return {
    sql: `${newest("snapshot")} UNION ALL ${newest("timestamp")}`,
    parameters: [repository, time, repository, time],
  };
}

/** Counts the age of snapshots and timestamps that were stored long before it from `at`, those from `after` up to `position`. */
export function delayFiles(repository: string, position: ExportPosition, { at, after }: LateExport): Statement {
  const unpublished = (role: string): string => `role = '${role}' AND metadata_version > ? AND metadata_version <= ?`;
  const { snapshot, timestamp } = position;
  return {
    sql:
      "UPDATE tuf_file SET stored_at = ? WHERE repository = ? AND stored_at < ? " +
      `AND (${unpublished("snapshot")} OR ${unpublished("timestamp")})`,
    parameters: [at, repository, at - LATE, after.snapshot, snapshot, after.timestamp, timestamp],
  };
}

/**
 * Files of roles that are older than what the snapshot lists: for each difference up to it, a range of the primary key
 * below the version that it brought.
 */
export function selectReplacedFiles(repository: string, snapshotVersion: number, limit: number): Statement {
  return {
    sql:
      "SELECT DISTINCT f.role, f.metadata_version FROM tuf_snapshot_diff d JOIN tuf_file f " +
      "ON f.repository = d.repository AND f.role = d.role AND f.metadata_version < d.metadata_version " +
      `WHERE d.repository = ? AND d.snapshot_version <= ? LIMIT ${Math.trunc(limit)}`,
    parameters: [repository, snapshotVersion],
  };
}

/** Snapshots or timestamps below a version, oldest first. */
export function selectFilesBelow(repository: string, role: string, version: number, limit: number): Statement {
  return {
    sql:
      "SELECT role, metadata_version FROM tuf_file WHERE repository = ? AND role = ? AND metadata_version < ? " +
      `ORDER BY metadata_version LIMIT ${Math.trunc(limit)}`,
    parameters: [repository, role, version],
  };
}

export function deleteFiles(dialect: Dialect, repository: string, files: readonly FileReference[]): Statement {
  return deleteExactly(dialect, "tuf_file", repository, files);
}

/** The difference between a snapshot and the one before is of use as long as the one before is stored. */
export function deleteDifferences(repository: string, snapshotVersion: number): Statement {
  return {
    sql: "DELETE FROM tuf_snapshot_diff WHERE repository = ? AND snapshot_version <= ?",
    parameters: [repository, snapshotVersion],
  };
}
