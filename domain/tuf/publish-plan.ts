import { corrupt } from "./errors.js";
import { type ExpiryPolicy, renewalHorizon } from "./expiry.js";
import type { ExportBacklog, FileReference, SignedState, SnapshotState } from "./tuf-store.js";

/**
 * What a publish has to commit beside signed roles.
 * - `snapshot`: something is pending, the snapshot is due for renewal, or one of the two has other keys: a merge, with a
 *   new timestamp.
 * - `timestamp`: only the timestamp is due: it is renewed over the same snapshot, which clients then need not fetch again.
 */
export type CommitPlan = "nothing" | "timestamp" | "snapshot";

export function planCommit(
  { pending, snapshot, timestamp }: Pick<SnapshotState, "pending" | "snapshot" | "timestamp">,
  expiry: ExpiryPolicy,
  now: number,
): CommitPlan {
  if (pending.length > 0 || snapshot.expiresAt <= renewalHorizon(now, expiry.snapshot)) return "snapshot";
  // A client that learns of other keys of either one forgets both (TUF 1.0.33 §5.3.11), so both are signed anew.
  if (isDirty(snapshot) || isDirty(timestamp)) return "snapshot";
  return timestamp.expiresAt <= renewalHorizon(now, expiry.timestamp) ? "timestamp" : "nothing";
}

function isDirty({ version, signedVersion }: SignedState): boolean {
  return version !== signedVersion;
}

/** Name of a published metadata file (TUF 1.0.33 §6.2): the timestamp alone has no version in it. */
export function publishedName({ role, metadataVersion }: FileReference): string {
  return role === "timestamp" ? "timestamp.json" : `${metadataVersion}.${role}.json`;
}

/** Files in the order in which they may become visible; those of one phase in any order. */
export interface ExportPlan {
  /** `targets` and bins, then the snapshot, then roots that were published before. */
  readonly phases: readonly (readonly FileReference[])[];
  /** Makes all before it reachable (TUF 1.0.33 §6.2). */
  readonly timestamp: FileReference | undefined;
  /**
   * Roots that nobody has seen, in the order of their versions. The timestamp before them satisfies the last of them and
   * the last that was seen; the one that was there before may not.
   */
  readonly roots: readonly FileReference[];
}

/**
 * @param seenRoot the newest root that was ever published
 * @throws {TufError} CORRUPT_REPOSITORY where a snapshot would become reachable without a timestamp
 */
export function planExport(
  { files, position }: Pick<ExportBacklog, "files" | "position">,
  seenRoot: number,
): ExportPlan {
  const of = (role: string) => files.filter((file) => file.role === role);
  const roots = of("root").sort((one, other) => one.metadataVersion - other.metadataVersion);
  // Whoever has no root yet has seen no timestamp either.
  const isNew = ({ metadataVersion }: FileReference) => seenRoot > 0 && metadataVersion > seenRoot;
  const roles = files.filter(({ role }) => role !== "snapshot" && role !== "root" && role !== "timestamp");
  const timestamp = of("timestamp").at(-1);
  if (timestamp === undefined && roles.length + of("snapshot").length > 0) {
    throw corrupt(`snapshot ${position.snapshot} is committed, but no timestamp names it`);
  }
  const phases = [roles, of("snapshot"), roots.filter((root) => !isNew(root))].filter((phase) => phase.length > 0);
  return { phases, timestamp, roots: roots.filter(isNew) };
}

/**
 * Milliseconds from commit to publication from which on clients of the older state count: a file that is published later
 * than that gets its age from then.
 */
export const LATE = 60_000;

/** Nothing exported yet. */
export const NOTHING_EXPORTED = { root: 0, snapshot: 0, timestamp: 0 } as const;
