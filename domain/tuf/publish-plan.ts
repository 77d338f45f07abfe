import { corrupt } from "./errors.js";
import { type ExpiryPolicy, renewalHorizon } from "./expiry.js";
import type { ExportBacklog, FileReference, SnapshotState } from "./tuf-store.js";

/**
 * What a publish has to commit beside signed roles.
 * - `snapshot`: something is pending, or the snapshot is due for renewal: a merge, with a new timestamp.
 * - `timestamp`: only the timestamp is due: it is renewed over the same snapshot, which clients then need not fetch again.
 */
export type CommitPlan = "nothing" | "timestamp" | "snapshot";

export function planCommit(
  { pending, snapshot, timestamp }: Pick<SnapshotState, "pending" | "snapshot" | "timestamp">,
  expiry: ExpiryPolicy,
  now: number,
): CommitPlan {
  if (pending.length > 0 || snapshot.expiresAt <= renewalHorizon(now, expiry.snapshot)) return "snapshot";
  return timestamp.expiresAt <= renewalHorizon(now, expiry.timestamp) ? "timestamp" : "nothing";
}

/** Name of a published metadata file (TUF 1.0.33 §6.2): the timestamp alone has no version in it. */
export function publishedName({ role, metadataVersion }: FileReference): string {
  return role === "timestamp" ? "timestamp.json" : `${metadataVersion}.${role}.json`;
}

/** Files in the order in which they may become visible; those of one phase in any order. */
export interface ExportPlan {
  /** `targets` and bins, then the snapshot, then root. */
  readonly phases: readonly (readonly FileReference[])[];
  /** Last, because it makes all others reachable (TUF 1.0.33 §6.2). */
  readonly timestamp: FileReference | undefined;
}

/**
 * @throws {TufError} CORRUPT_REPOSITORY where a snapshot would become reachable without a timestamp
 */
export function planExport({ files, position }: Pick<ExportBacklog, "files" | "position">): ExportPlan {
  const of = (role: string) => files.filter((file) => file.role === role);
  const roles = files.filter(({ role }) => role !== "snapshot" && role !== "root" && role !== "timestamp");
  const timestamp = of("timestamp").at(-1);
  if (timestamp === undefined && roles.length + of("snapshot").length > 0) {
    throw corrupt(`snapshot ${position.snapshot} is committed, but no timestamp names it`);
  }
  return { phases: [roles, of("snapshot"), of("root")].filter((phase) => phase.length > 0), timestamp };
}

/** Nothing exported yet. */
export const NOTHING_EXPORTED = { root: 0, snapshot: 0, timestamp: 0 } as const;
