import type { ImageUpkeep } from "../../../domain/image/image-upkeep.js";

/** Images of one piece, after each of which a purge can be stopped. */
const PIECE = 50;

export interface PurgeOptions {
  /** Told of how many were purged, after each piece. */
  readonly onImages?: (count: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Purges all removed images, piece by piece.
 *
 * @returns how many there were
 * @throws what `signal` was aborted with; what was purged before stays purged
 */
export async function purgeImages(upkeep: ImageUpkeep, { onImages, signal }: PurgeOptions = {}): Promise<number> {
  for (let all = 0; ;) {
    signal?.throwIfAborted();
    const count = await upkeep.purge(PIECE);
    all += count;
    onImages?.(count);
    if (count < PIECE) return all;
  }
}
