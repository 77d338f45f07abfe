import { corrupt } from "./errors.js";
import type { Pending } from "./tuf-store.js";

/** A snapshot's meta map before and after a merge, by role. */
export interface SnapshotMerge {
  readonly meta: ReadonlyMap<string, number>;
  /** The entries of `meta` that are higher than in the head. */
  readonly changed: ReadonlyMap<string, number>;
}

/**
 * Raises the head by what is pending. Entries never vanish and versions never fall (TUF 1.0.33 §5.5.5): a pending entry
 * that the head has overtaken changes nothing.
 * @throws {TufError} CORRUPT_REPOSITORY for a version that is no positive integer
 */
export function mergeSnapshot(head: ReadonlyMap<string, number>, pending: readonly Pending[]): SnapshotMerge {
  const meta = new Map(head);
  const changed = new Map<string, number>();
  for (const { role, metadataVersion } of pending) {
    if (!Number.isSafeInteger(metadataVersion) || metadataVersion < 1) {
      throw corrupt(`pending entry of ${role}: metadata version ${metadataVersion}`);
    }
    if (metadataVersion <= (meta.get(role) ?? 0)) continue;
    meta.set(role, metadataVersion);
    changed.set(role, metadataVersion);
  }
  return { meta, changed };
}
