import type { ExportBacklog, ExportPosition, FileReference } from "../../../domain/tuf/tuf-store.js";
import type { Row, Statement } from "../connection/session.js";
import { lacking } from "./tuf-rows.js";

/** The statements on how far the published files are, one function each. */

/** Nothing is exported yet. */
export function insertExport(repository: string): Statement {
  return {
    sql:
      "INSERT INTO tuf_export (repository, root_version, snapshot_version, timestamp_version) " + "VALUES (?, 0, 0, 0)",
    parameters: [repository],
  };
}

export function selectExport(repository: string): Statement {
  return {
    sql: "SELECT root_version, snapshot_version, timestamp_version FROM tuf_export WHERE repository = ?",
    parameters: [repository],
  };
}

/** A row of `selectExport`. */
export function readExport([root, snapshot, timestamp]: Row): ExportPosition {
  return { root: Number(root), snapshot: Number(snapshot), timestamp: Number(timestamp) };
}

/** Each member by itself only rises; several exporters may be ahead of each other in different ones. */
export function raiseExport(repository: string, { root, snapshot, timestamp }: ExportPosition): Statement {
  const raised = (column: string): string => `${column} = CASE WHEN ${column} < ? THEN ? ELSE ${column} END`;
  return {
    sql:
      `UPDATE tuf_export SET ${raised("root_version")}, ${raised("snapshot_version")}, ` +
      `${raised("timestamp_version")} WHERE repository = ?`,
    parameters: [root, root, snapshot, snapshot, timestamp, timestamp, repository],
  };
}

/** Root stays: clients have seen it. */
export function forgetExport(repository: string, { timestamp }: ExportPosition): Statement {
  return {
    sql:
      "UPDATE tuf_export SET snapshot_version = 0, timestamp_version = 0 " +
      "WHERE repository = ? AND timestamp_version = ?",
    parameters: [repository, timestamp],
  };
}

/**
 * What is committed, as one consistent read: the versions of the top-level roles, and the head's entries that a snapshot
 * after `snapshotVersion` changed (a range of their index). The head has no entries of these three roles.
 */
export function selectBacklog(repository: string, snapshotVersion: number): Statement {
  return {
    sql:
      "SELECT name, metadata_version FROM tuf_role " +
      "WHERE repository = ? AND name IN ('root', 'snapshot', 'timestamp') " +
      "UNION ALL SELECT role, metadata_version FROM tuf_snapshot_head " +
      "WHERE repository = ? AND snapshot_version > ?",
    parameters: [repository, repository, snapshotVersion],
  };
}

/** The rows of `selectBacklog`: what has to be exported to get from `from` to where they lead. */
export function readBacklog(repository: string, rows: readonly Row[], from: ExportPosition): ExportBacklog {
  const versions = new Map(rows.map(([role, version]) => [role as string, Number(version)]));
  const take = (role: keyof ExportPosition): number => {
    const version = versions.get(role);
    if (version === undefined) throw lacking(repository, role);
    versions.delete(role);
    return version;
  };
  const position = { root: take("root"), snapshot: take("snapshot"), timestamp: take("timestamp") };
  const files: FileReference[] = Array.from(versions, ([role, metadataVersion]) => ({ role, metadataVersion }));
  for (const role of ["snapshot", "timestamp"] as const) {
    if (position[role] > from[role]) files.push({ role, metadataVersion: position[role] });
  }
  for (let root = from.root + 1; root <= position.root; root++) files.push({ role: "root", metadataVersion: root });
  return { position, files };
}
