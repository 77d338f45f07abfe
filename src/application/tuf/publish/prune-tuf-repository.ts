import type { Clock } from "../../../../domain/distinction/clock.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { MetadataFiles } from "../../../../domain/tuf/metadata-files.js";
import { publishedName } from "../../../../domain/tuf/publish-plan.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { checkNotAborted } from "../../aborted.js";
import { statedTimestamp } from "./published-timestamp.js";

export interface PrunePorts {
  readonly store: Pick<TufStore, "exportPosition" | "oldFiles" | "forgetFiles">;
  readonly files: Pick<MetadataFiles, "read" | "remove">;
  readonly codec: Pick<MetadataCodec, "decode">;
  readonly clock: Clock;
}

export interface PruneOptions {
  /** Milliseconds that a client may take to refresh: what was current within them stays. A week by default. */
  readonly keepFor?: number;
  /** Ends the call between two batches. */
  readonly signal?: AbortSignal;
  /** Told of each batch: how many files it deleted. */
  readonly onFiles?: (files: number) => void;
}

const WEEK = 7 * 24 * 3_600_000;
const FILES_AT_A_TIME = 500;

/**
 * Deletes metadata files that no client can need any more, from storage and then from the database, so that a crash in
 * between leaves what the next call deletes. Root files stay for ever, and so does everything reachable from a snapshot
 * that was current within the window. Where storage shows an older timestamp than the recorded one, clients are at files that
 * look old: nothing is deleted until the next publish has put that right, and a window beyond.
 * @returns how many files were deleted
 * @throws {TufError} REPOSITORY_NOT_FOUND, STORAGE_UNAVAILABLE
 * @throws {DistinctionError} ABORTED
 */
export async function pruneTufRepository(
  ports: PrunePorts,
  repository: string,
  { keepFor = WEEK, signal, onFiles }: PruneOptions = {},
): Promise<number> {
  const { store, files, clock } = ports;
  const time = clock.now() - keepFor;
  const recorded = await store.exportPosition(repository);
  if ((await statedTimestamp(ports)).version < recorded.timestamp) return 0;
  for (let deleted = 0; ;) {
    checkNotAborted(signal, `${deleted} old files are deleted`);
    const old = await store.oldFiles(repository, time, FILES_AT_A_TIME);
    if (old.length === 0) return deleted;
    // Of timestamps only the newest is published, under a name without version.
    await files.remove(old.filter(({ role }) => role !== "timestamp").map(publishedName));
    await store.forgetFiles(repository, old);
    deleted += old.length;
    onFiles?.(old.length);
  }
}
