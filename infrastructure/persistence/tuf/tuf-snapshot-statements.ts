import type { Pending, RaisedEntry, SignedState, SnapshotState } from "../../../domain/tuf/tuf-store.js";
import type { Dialect } from "../connection/dialect.js";
import { placeholders } from "../records/record-statements.js";
import { deleteExactly } from "./exact-versions.js";
import type { Row, Statement } from "../connection/session.js";

/** The statements on a snapshot's head and on what awaits a snapshot, one function each. */

/**
 * What a merge starts from, as one consistent read: the rows of timestamp, snapshot and the snapshot's file, each by
 * primary key, once per pending entry. The outer joins tell a missing file from a repository without pendings.
 */
export function selectSnapshotState(repository: string): Statement {
  return {
    sql:
      "SELECT t.version, t.signed_version, t.metadata_version, t.expires_at, " +
      "s.version, s.signed_version, s.metadata_version, s.expires_at, f.length, f.sha256, " +
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
  const [length, sha256] = rows[0].slice(8);
  if (sha256 === null) return undefined;
  return {
    timestamp: readSignedState(rows[0].slice(0, 4)),
    snapshot: { ...readSignedState(rows[0].slice(4, 8)), length: Number(length), sha256: sha256 as string },
    pending: rows
      .filter((row) => row[10] !== null)
      .map((row) => ({ role: row[10] as string, metadataVersion: Number(row[11]) })),
  };
}

function readSignedState([version, signedVersion, metadataVersion, expiresAt]: Row): SignedState {
  return {
    version: Number(version),
    signedVersion: Number(signedVersion),
    metadataVersion: Number(metadataVersion),
    expiresAt: Number(expiresAt),
  };
}

export function selectHead(repository: string): Statement {
  return {
    sql: "SELECT role, metadata_version FROM tuf_snapshot_head WHERE repository = ?",
    parameters: [repository],
  };
}

/** The entries that later snapshots changed: a range of their index. */
export function selectHeadAfter(repository: string, snapshotVersion: number): Statement {
  return {
    sql: "SELECT role, metadata_version FROM tuf_snapshot_head WHERE repository = ? AND snapshot_version > ?",
    parameters: [repository, snapshotVersion],
  };
}

/**
 * The head as of a snapshot: what is still as it was then, and what the first later difference of each role took over from.
 * A role that came later took over from 0. One statement, hence one state of both tables.
 */
export function selectMeta(repository: string, snapshotVersion: number): Statement {
  return {
    sql:
      "SELECT role, metadata_version FROM tuf_snapshot_head WHERE repository = ? AND snapshot_version <= ? UNION ALL " +
      "SELECT role, MIN(previous_version) FROM tuf_snapshot_diff WHERE repository = ? AND snapshot_version > ? GROUP BY role",
    parameters: [repository, snapshotVersion, repository, snapshotVersion],
  };
}

/** Placeholders per row of `insertDifferences`. */
export const DIFFERENCE_WIDTH = 5;

export function insertDifferences(
  repository: string,
  changed: readonly (readonly [role: string, entry: RaisedEntry])[],
  snapshotVersion: number,
): Statement {
  const row = `(${placeholders(DIFFERENCE_WIDTH)})`;
  return {
    sql:
      "INSERT INTO tuf_snapshot_diff (repository, snapshot_version, role, metadata_version, previous_version) " +
      `VALUES ${changed.map(() => row).join(", ")}`,
    parameters: changed.flatMap(([role, { from, to }]) => [repository, snapshotVersion, role, to, from]),
    varying: changed.length > 1,
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

/** Placeholders per row of `raisePending`. */
export const PENDING_WIDTH = 3;

export function raisePending(dialect: Dialect, repository: string, pending: readonly Pending[]): Statement {
  const row = `(${placeholders(PENDING_WIDTH)})`;
  return {
    sql:
      `INSERT INTO tuf_pending (repository, role, metadata_version) VALUES ${pending.map(() => row).join(", ")}` +
      dialect.raiseOnDuplicateKey("tuf_pending", ["repository", "role"], [], "metadata_version"),
    parameters: pending.flatMap(({ role, metadataVersion }) => [repository, role, metadataVersion]),
    varying: pending.length > 1,
  };
}

/** What was merged; an entry that was raised since stays. */
export function deletePending(dialect: Dialect, repository: string, merged: readonly Pending[]): Statement {
  return deleteExactly(dialect, "tuf_pending", repository, merged);
}
