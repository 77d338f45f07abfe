import type { Pending, SnapshotState } from "../../domain/tuf/tuf-store.js";
import type { Dialect } from "./dialect.js";
import { placeholders } from "./record-statements.js";
import type { Row, Statement } from "./session.js";

/** The statements on a snapshot's head and on what awaits a snapshot, one function each. */

/**
 * What a merge starts from, as one consistent read: the rows of timestamp, snapshot and the snapshot's file, each by
 * primary key, once per pending entry. The outer joins tell a missing file from a repository without pendings.
 */
export function selectSnapshotState(repository: string): Statement {
  return {
    sql:
      "SELECT t.metadata_version, t.expires_at, s.metadata_version, s.expires_at, f.length, f.sha256, " +
      "p.role, p.metadata_version FROM tuf_role t " +
      "JOIN tuf_role s ON s.repository = t.repository AND s.name = 'snapshot' " +
      "LEFT JOIN tuf_file f " +
      "ON f.repository = s.repository AND f.role = s.name AND f.metadata_version = s.metadata_version " +
      "LEFT JOIN tuf_pending p ON p.repository = t.repository " +
      "WHERE t.repository = ? AND t.name = 'timestamp'",
    parameters: [repository],
  };
}

/** The rows of `selectSnapshotState`, at least one; `undefined` where the snapshot has no file. */
export function readSnapshotState(rows: readonly [Row, ...Row[]]): SnapshotState | undefined {
  const [timestampVersion, timestampExpires, snapshotVersion, snapshotExpires, length, sha256] = rows[0];
  if (sha256 === null) return undefined;
  return {
    timestamp: { metadataVersion: Number(timestampVersion), expiresAt: Number(timestampExpires) },
    snapshot: {
      metadataVersion: Number(snapshotVersion),
      expiresAt: Number(snapshotExpires),
      length: Number(length),
      sha256: sha256 as string,
    },
    pending: rows
      .filter((row) => row[6] !== null)
      .map((row) => ({ role: row[6] as string, metadataVersion: Number(row[7]) })),
  };
}

export function selectHead(repository: string): Statement {
  return {
    sql: "SELECT role, metadata_version FROM tuf_snapshot_head WHERE repository = ?",
    parameters: [repository],
  };
}

/** Placeholders per row of `raiseHead`. */
export const HEAD_WIDTH = 4;

/** Raises entries of the head, or adds them. One that is as high or higher keeps its version and its stamp. */
export function raiseHead(
  dialect: Dialect,
  repository: string,
  entries: readonly (readonly [role: string, metadataVersion: number])[],
  snapshotVersion: number,
): Statement {
  const row = `(${placeholders(HEAD_WIDTH)})`;
  return {
    sql:
      "INSERT INTO tuf_snapshot_head (repository, role, metadata_version, snapshot_version) " +
      `VALUES ${entries.map(() => row).join(", ")}` +
      dialect.raiseOnDuplicateKey(
        "tuf_snapshot_head",
        ["repository", "role"],
        ["snapshot_version"],
        "metadata_version",
      ),
    parameters: entries.flatMap(([role, metadataVersion]) => [repository, role, metadataVersion, snapshotVersion]),
    varying: entries.length > 1,
  };
}

export function raisePending(dialect: Dialect, repository: string, { role, metadataVersion }: Pending): Statement {
  return {
    sql:
      "INSERT INTO tuf_pending (repository, role, metadata_version) VALUES (?, ?, ?)" +
      dialect.raiseOnDuplicateKey("tuf_pending", ["repository", "role"], [], "metadata_version"),
    parameters: [repository, role, metadataVersion],
  };
}

/** Most entries of one `deletePending`: SQLite nests conditions joined by OR, at most 1,000 deep. */
export const MOST_MERGED = 500;

/**
 * Deletes entries at exactly these versions; one that was raised since stays. Each is found by primary key. (A list of
 * `(role, metadata_version)` rows is unknown to SQLite and makes MariaDB read the whole range.)
 */
export function deletePending(repository: string, merged: readonly Pending[]): Statement {
  const one = "(role = ? AND metadata_version = ?)";
  return {
    sql: `DELETE FROM tuf_pending WHERE repository = ? AND (${merged.map(() => one).join(" OR ")})`,
    parameters: [repository, ...merged.flatMap(({ role, metadataVersion }) => [role, metadataVersion])],
    varying: merged.length > 1,
  };
}
