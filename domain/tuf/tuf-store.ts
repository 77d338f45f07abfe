import type { Target } from "./target.js";
import type { TufRepository } from "./repository.js";

/** What a row of `tuf_role` is about. Only `targets` and `bin` roles can be dirty. */
export type RoleKind = "root" | "targets" | "bin" | "snapshot" | "timestamp";

/** Signed metadata as it is kept for ever: `(role, metadataVersion)` identifies one content. */
export interface MetadataFile {
  readonly role: string;
  /** The TUF number, from 1. */
  readonly metadataVersion: number;
  /** Of `bytes`: 64 hexadecimal digits. */
  readonly sha256: string;
  /** Of `bytes`. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** A file and when its metadata expires (epoch milliseconds, whole seconds). */
export interface SignedFile extends MetadataFile {
  readonly expiresAt: number;
}

/** One role with its first file. */
export interface NewRole {
  readonly name: string;
  readonly kind: RoleKind;
  readonly file: SignedFile;
  /** Bins only: first and last digest of the paths they hold, 32 bytes each. */
  readonly range?: { readonly low: Uint8Array; readonly high: Uint8Array };
}

/** What is needed to render a role: one consistent read of its row and, for a bin, of all its targets. */
export interface RoleState {
  readonly name: string;
  readonly kind: RoleKind;
  /** The optimistic record counter that edits move. */
  readonly version: number;
  /** The record version that the newest metadata was rendered from; the role is dirty where it differs. */
  readonly signedVersion: number;
  readonly metadataVersion: number;
  readonly expiresAt: number;
  /** By path; empty for all but bins. */
  readonly targets: ReadonlyMap<string, Target>;
}

/** A newly signed version of a `targets` or `bin` role. */
export interface RoleCommit {
  readonly file: SignedFile;
  /** `RoleState.version` that the file was rendered from. */
  readonly signedVersion: number;
}

/** The newest metadata version of a role that no snapshot holds yet. */
export interface Pending {
  readonly role: string;
  readonly metadataVersion: number;
}

/** One consistent read of what a snapshot merge starts from; small whatever the number of bins. */
export interface SnapshotState {
  readonly timestamp: { readonly metadataVersion: number; readonly expiresAt: number };
  /** `length` and `sha256` are those of the snapshot's file: a renewed timestamp repeats them. */
  readonly snapshot: {
    readonly metadataVersion: number;
    readonly expiresAt: number;
    readonly length: number;
    readonly sha256: string;
  };
  readonly pending: readonly Pending[];
}

/** A merged snapshot with its timestamp; both follow directly on the versions they replace. */
export interface SnapshotCommit {
  readonly timestamp: SignedFile;
  readonly snapshot: SignedFile;
  /** Head entries that this snapshot raises: role to metadata version. */
  readonly changed: ReadonlyMap<string, number>;
  /** Pendings that are in this snapshot (or were in the one before): deleted if still at that version. */
  readonly merged: readonly Pending[];
}

/** How far the published files are complete: everything reachable from this timestamp exists. 0 = nothing yet. */
export interface ExportPosition {
  readonly root: number;
  readonly snapshot: number;
  readonly timestamp: number;
}

/** Names a file without its bytes. */
export type FileReference = Pick<MetadataFile, "role" | "metadataVersion">;

/** What the published files lack, as one consistent read. */
export interface ExportBacklog {
  /** Where the files below lead to: the committed root, snapshot and timestamp versions. */
  readonly position: ExportPosition;
  /**
   * Every file of `targets` and bins that the current head names and whose entry a later snapshot than `from.snapshot`
   * changed; the snapshot, if later; each root version after `from.root`; the timestamp, if later. In no special order.
   */
  readonly files: readonly FileReference[];
}

/** What a compare-and-set found. "stale": another writer committed first and nothing at all was written. */
export type CommitOutcome = "applied" | "stale";

/**
 * Port: the database of TUF repositories. Each method is one short transaction and holds nothing between calls; the
 * versions compared are the only protection, so any number of processes may call any method at any time.
 *
 * - A "stale" outcome means that the compared version has moved: a fresh read shows another `metadataVersion`. An adapter
 *   retries deadlocks and serialisation failures by itself instead of reporting them as stale. A version that does not
 *   move after repeated "stale" answers is reported by the caller as CORRUPT_REPOSITORY.
 * - Lock order: targets and bins by name (byte order), then timestamp, then snapshot.
 * - Methods other than `createRepository` and `repository` throw REPOSITORY_NOT_FOUND for an unknown repository, and
 *   CORRUPT_REPOSITORY where rows contradict each other.
 */
export interface TufStore {
  /**
   * Creates a repository with all its roles and first files in one step. Roles start clean (`version` =
   * `signedVersion` = 1, `metadataVersion` 1), the head holds `targets` and every bin at 1 as of snapshot 1, nothing is
   * pending, the export position is 0.
   * @param roles root, targets, snapshot, timestamp and every bin, once each
   */
  createRepository(repository: TufRepository, roles: readonly NewRole[]): Promise<"created" | "exists">;

  /** The configuration, or `undefined` where there is no such repository. */
  repository(name: string): Promise<TufRepository | undefined>;

  /**
   * Names of `targets` and bins to sign: dirty (`version <> signedVersion`), or expiring at or before the horizon of
   * their kind (epoch milliseconds). In byte order of the name, after `after`, at most `limit`.
   */
  rolesToSign(
    repository: string,
    page: {
      readonly targetsHorizon: number;
      readonly binsHorizon: number;
      readonly after: string;
      readonly limit: number;
    },
  ): Promise<readonly string[]>;

  /**
   * One consistent read of a role with its targets.
   * @throws {TufError} UNKNOWN_ROLE
   */
  roleState(repository: string, role: string): Promise<RoleState>;

  /**
   * Makes a signed version of `targets` or a bin the role's newest: inserts the file, compares-and-sets
   * `metadata_version` from `file.metadataVersion - 1`, sets `signed_version` and `expires_at`, raises the pending entry.
   * Edits made meanwhile leave the role dirty.
   * @throws {TufError} UNKNOWN_ROLE
   */
  commitSignedRole(repository: string, commit: RoleCommit): Promise<CommitOutcome>;

  /** What a merge starts from. */
  snapshotState(repository: string): Promise<SnapshotState>;

  /**
   * The head: metadata version by role, as of the current snapshot. May be newer than a `snapshotState` read before:
   * then the commit that was prepared from the two is stale, never wrong.
   */
  snapshotHead(repository: string): Promise<ReadonlyMap<string, number>>;

  /**
   * Commits a merge: compares-and-sets the timestamp's `metadata_version` first (the commit point), then the snapshot's;
   * raises the changed head entries (`WHERE metadata_version < new`, never deletes) and stamps them with the snapshot's
   * version; inserts both files; deletes the merged pendings at exactly those versions.
   */
  commitSnapshot(repository: string, commit: SnapshotCommit): Promise<CommitOutcome>;

  /** Commits a renewed timestamp over the snapshot that is current: one compare-and-set and one file. */
  commitTimestamp(repository: string, timestamp: SignedFile): Promise<CommitOutcome>;

  /** How far the published files are recorded as complete. */
  exportPosition(repository: string): Promise<ExportPosition>;

  /** What has to be exported to get from `from` to what is committed now. */
  exportBacklog(repository: string, from: ExportPosition): Promise<ExportBacklog>;

  /** A file with its bytes, or `undefined`. */
  file(repository: string, role: string, metadataVersion: number): Promise<MetadataFile | undefined>;

  /** Raises the export position, each member by itself; a lower value changes nothing. */
  recordExport(repository: string, position: ExportPosition): Promise<void>;
}
