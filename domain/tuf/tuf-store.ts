import type { ExpiryPolicy } from "./expiry.js";
import type { DigestRange } from "./hash-bins.js";
import type { Target } from "./target.js";
import type { NewTufRepository, TufRepository } from "./repository.js";
import type { NewSigningEvent } from "./signing-event.js";

/** What a row of `tuf_role` is about. Roles that nobody edits are dirty where their trust has changed; root never is. */
export type RoleKind =
  | "root"
  | "targets"
  | "bin"
  | "snapshot"
  | "timestamp"
  /** A custom role. */
  | "custom"
  /** What the bins are below while there are custom roles. */
  | "catch-all"
  /** Was one of the two; keeps its metadata version, should it come back. */
  | "retired";

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

/** A file with the times of its metadata, in epoch milliseconds. */
export interface SignedFile extends MetadataFile {
  readonly signedAt: number;
  /** Whole seconds. */
  readonly expiresAt: number;
}

/**
 * A file as it is stored. Of a snapshot that a merge made, `bytes` are its envelope: the file with nothing in `meta`,
 * shorter than `length`. What is missing is the head as of that snapshot, which is stored as differences.
 */
export interface StoredFile extends MetadataFile {
  /** Epoch milliseconds; of a snapshot or timestamp that was published long after it was stored, when that was. */
  readonly storedAt: number;
}

/** One role with its first file. */
export interface NewRole {
  readonly name: string;
  readonly kind: RoleKind;
  /** Root alone may lack it: it then awaits signatures, at metadata version 0. */
  readonly file?: SignedFile;
  /** Of an imported repository: root's files so far, without becoming current. */
  readonly earlier?: readonly SignedFile[];
  /** Bins, and custom roles without bins below them: first and last digest of the paths they hold, 32 bytes each. */
  readonly range?: DigestRange;
  /** Whose targets they hold: "", the repository's, unless it is a custom role's, of its name. */
  readonly space?: string;
}

/** Whether snapshots list the role (TUF 1.0.33 §4.4). */
export function isListed({ kind }: Pick<NewRole, "kind">): boolean {
  return kind !== "root" && kind !== "snapshot" && kind !== "timestamp";
}

/** A role without its targets. */
export type RoleRecord = Omit<RoleState, "targets">;

/** What is needed to render a role: one consistent read of its row and, for a bin, of all its targets. */
export interface RoleState {
  readonly name: string;
  readonly kind: RoleKind;
  /** The optimistic record counter that edits move. */
  readonly version: number;
  /** The record version that the newest metadata was rendered from; the role is dirty where it differs. */
  readonly signedVersion: number;
  /** The record version that the last change of the role's trust made; 0 where it never changed. */
  readonly trustSince: number;
  readonly metadataVersion: number;
  readonly expiresAt: number;
  /** By path; empty for all but bins and custom roles. */
  readonly targets: ReadonlyMap<string, Target>;
}

/** An accepted target's path, and where it is: ordered by space, then by digest. */
export interface HeldPath {
  /** "" where bins of the repository hold it, else the custom role whose it is. */
  readonly space: string;
  /** SHA-256 of the path's UTF-8 form: 32 bytes. */
  readonly digest: Uint8Array;
  readonly path: string;
}

/** A newly signed version of a role. */
export interface RoleCommit {
  readonly file: SignedFile;
  /** `RoleState.version` that the file was rendered from. */
  readonly signedVersion: number;
  /** `RoleState.trustSince`, where the file is signed under exactly that trust: stale once it has changed. */
  readonly trustSince?: number;
  /** Stale once the record was edited: for what states the trust of others, which must be so when it is committed. */
  readonly isExact?: boolean;
  /** The number of the event that the signatures are from: finalised with the commit, stale where it is not open. */
  readonly event?: number;
}

/** The newest metadata version of a role that no snapshot holds yet. */
export interface Pending {
  readonly role: string;
  readonly metadataVersion: number;
}

/** Of a role without targets, what its next version starts from; see `RoleState`. */
export type SignedState = Pick<RoleState, "version" | "signedVersion" | "metadataVersion" | "expiresAt">;

/** One consistent read of what a snapshot merge starts from; small whatever the number of bins. */
export interface SnapshotState {
  readonly timestamp: SignedState;
  /** `length` and `sha256` are those of the snapshot's file: a renewed timestamp repeats them. */
  readonly snapshot: SignedState & Pick<MetadataFile, "length" | "sha256">;
  readonly pending: readonly Pending[];
}

/** An entry of the head that a snapshot raises. */
export interface RaisedEntry {
  /** Its metadata version in the snapshot before; 0 where that had no such entry. */
  readonly from: number;
  readonly to: number;
}

/** A merged snapshot with its timestamp; both follow directly on the versions they replace. */
export interface SnapshotCommit {
  readonly timestamp: SignedFile;
  /** `bytes` are the envelope, `length` and `sha256` those of the whole file. */
  readonly snapshot: SignedFile;
  /** `SignedState.version` of the two that the files were signed from. */
  readonly signedVersions: { readonly timestamp: number; readonly snapshot: number };
  /** Head entries that this snapshot raises, by role. */
  readonly changed: ReadonlyMap<string, RaisedEntry>;
  /** Pendings that are in this snapshot (or were in the one before): deleted if still at that version. */
  readonly merged: readonly Pending[];
  /** Roles of which this snapshot lists a version that is signed with it: they never become pending. */
  readonly signed?: readonly RoleCommit[];
}

/** How far the published files are complete: everything reachable from this timestamp exists. 0 = nothing yet. */
export interface ExportPosition {
  readonly root: number;
  readonly snapshot: number;
  readonly timestamp: number;
}

/** Snapshots and timestamps after a position that were stored more than `LATE` before `at` count their age from then. */
export interface LateExport {
  /** Epoch milliseconds. */
  readonly at: number;
  /** What was recorded when the export began: clients may have read all that is older until now. */
  readonly after: ExportPosition;
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
   * `signedVersion` = 1, `metadataVersion` that of the file), the head holds `targets` and every delegated role as of that
   * snapshot, nothing is pending, the export position is 0. Nobody holds a target yet, also where files state some: see
   * `BinEdits.statedBy`.
   * @param roles root, targets, snapshot, timestamp, every custom role, the catch-all where there is one, and every bin, once each
   * @param ceremony the first root, where it awaits signatures
   * @param retired metadata versions of roles that nobody delegates to any more, which stay listed for ever (TUF 1.0.33
   *   §5.5.5) and whose files nobody asks for
   */
  createRepository(
    repository: NewTufRepository,
    roles: readonly NewRole[],
    ceremony?: NewSigningEvent,
    retired?: ReadonlyMap<string, number>,
  ): Promise<"created" | "exists">;

  /** The configuration, or `undefined` where there is no such repository. */
  repository(name: string): Promise<TufRepository | undefined>;

  /** Replaces what is kept of how roles live, each role by itself; roles that are not named stay as they are. */
  changeExpiry(repository: string, changes: Partial<ExpiryPolicy>): Promise<void>;

  /** Names of dirty `targets`, bins and custom roles (`version <> signedVersion`), in byte order, after `after`, at most `limit`. */
  dirtyRoles(repository: string, page: { readonly after: string; readonly limit: number }): Promise<readonly string[]>;

  /**
   * Names of `targets` and bins whose metadata expires at or before the horizon of their kind (epoch milliseconds), at
   * most `limit`, those that expire first.
   */
  expiringRoles(
    repository: string,
    due: { readonly targetsHorizon: number; readonly binsHorizon: number; readonly limit: number },
  ): Promise<readonly string[]>;

  /** Names of roles that are dirty, at most `limit`, and of those that expire by then, at most `limit` of each kind; each name once. */
  dueRoles(
    repository: string,
    due: { readonly targetsHorizon: number; readonly binsHorizon: number; readonly limit: number },
  ): Promise<readonly string[]>;

  /**
   * One consistent read of some roles with their targets, in the order of their names given.
   * @throws {TufError} UNKNOWN_ROLE
   */
  roleStates(repository: string, roles: readonly string[]): Promise<readonly RoleState[]>;

  /**
   * How many targets a custom role holds, or the bins below it; counts no further than `most`. 0 where there is no such role.
   */
  targetCount(repository: string, role: string, most: number): Promise<number>;

  /**
   * Paths of accepted targets that begin with `prefix`, and more where letters differ only by case, in the order of `HeldPath`.
   * Reads every target of the repository once, over all pages.
   * @param page at most `limit`, after the last of the page before
   */
  heldPaths(
    repository: string,
    prefix: string,
    page: { readonly after?: HeldPath | undefined; readonly limit: number },
  ): Promise<readonly HeldPath[]>;

  /**
   * Makes signed versions of `targets`, bins and custom roles the newest of their roles, all or none: compares-and-sets every
   * `metadata_version` from `file.metadataVersion - 1`, sets `signed_version` and `expires_at`, inserts the files, raises
   * the pending entries. Edits made meanwhile leave their role dirty.
   * @param commits of different roles
   * @returns "stale" where one of them is
   * @throws {TufError} UNKNOWN_ROLE
   */
  commitSignedRoles(repository: string, commits: readonly RoleCommit[]): Promise<CommitOutcome>;

  /** What a merge starts from. */
  snapshotState(repository: string): Promise<SnapshotState>;

  /**
   * The head: metadata version by role, as of the current snapshot. May be newer than a `snapshotState` read before:
   * then the commit that was prepared from the two is stale, never wrong.
   * @param after only entries that a later snapshot than this version changed
   */
  snapshotHead(repository: string, after?: number): Promise<ReadonlyMap<string, number>>;

  /** What a committed snapshot lists: metadata version by role, as one consistent read. */
  snapshotMeta(repository: string, snapshotVersion: number): Promise<ReadonlyMap<string, number>>;

  /**
   * Commits a merge: compares-and-sets the timestamp's `metadata_version` first (the commit point), then the snapshot's;
   * inserts both files and the differences; raises the changed head entries (`WHERE metadata_version < new`, never
   * deletes) and stamps them with the snapshot's version; deletes the merged pendings at exactly those versions. Roles that
   * are signed with it are compared-and-set after the two, as `commitSignedRoles` does: all or none.
   * @throws {TufError} UNKNOWN_ROLE
   */
  commitSnapshot(repository: string, commit: SnapshotCommit): Promise<CommitOutcome>;

  /** Commits a renewed timestamp over the snapshot that is current: one compare-and-set and one file. */
  commitTimestamp(repository: string, commit: RoleCommit): Promise<CommitOutcome>;

  /** How far the published files are recorded as complete. */
  exportPosition(repository: string): Promise<ExportPosition>;

  /** What has to be exported to get from `from` to what is committed now. */
  exportBacklog(repository: string, from: ExportPosition): Promise<ExportBacklog>;

  /** Files as they are stored; those that are not there are left out. In no special order. */
  files(repository: string, references: readonly FileReference[]): Promise<readonly StoredFile[]>;

  /**
   * Raises the export position, each member by itself; a lower value changes nothing.
   * @param late where some of what is published may have been stored long before
   */
  recordExport(repository: string, position: ExportPosition, late?: LateExport): Promise<void>;

  /**
   * Storage was found behind what is recorded: snapshot and timestamp count as not exported, until they are recorded again, and
   * root stays. Nothing where another timestamp is recorded by now.
   * @param recorded what was read
   */
  forgetExport(repository: string, recorded: ExportPosition): Promise<void>;

  /**
   * Files that no client can need that began to refresh after `time` (epoch milliseconds): of roles, those that only
   * snapshots before the one of that time list; then those snapshots, and timestamps replaced by then. Never root, never
   * what is current, and never what the published timestamp leads to, however far storage is behind. At most `limit`.
   */
  oldFiles(repository: string, time: number, limit: number): Promise<readonly FileReference[]>;

  /** Deletes files that `oldFiles` named, and what only their snapshots need. */
  forgetFiles(repository: string, files: readonly FileReference[]): Promise<void>;
}
