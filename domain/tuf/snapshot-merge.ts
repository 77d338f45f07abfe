import { corrupt } from "./errors.js";
import type { SnapshotHead } from "./snapshot-head.js";
import type { Pending, RaisedEntry } from "./tuf-store.js";

/** A snapshot's head after a merge, and how it differs from the one before, by role. */
export interface SnapshotMerge {
  readonly head: SnapshotHead;
  readonly changed: ReadonlyMap<string, RaisedEntry>;
}

/**
 * Raises the head by what is pending. Entries never vanish and versions never fall (TUF 1.0.33 §5.5.5): a pending entry
 * that the head has overtaken changes nothing.
 * @throws {TufError} CORRUPT_REPOSITORY for a version that is no positive integer
 */
export function mergeSnapshot(head: SnapshotHead, pending: readonly Pending[]): SnapshotMerge {
  const changed = new Map<string, RaisedEntry>();
  for (const { role, metadataVersion } of pending) {
    if (!Number.isSafeInteger(metadataVersion) || metadataVersion < 1) {
      throw corrupt(`pending entry of ${role}: metadata version ${metadataVersion}`);
    }
    const from = head.versionOf(role);
    if (metadataVersion > Math.max(from, changed.get(role)?.to ?? 0)) changed.set(role, { from, to: metadataVersion });
  }
  return { head: head.with(new Map(Array.from(changed, ([role, { to }]) => [role, to]))), changed };
}
