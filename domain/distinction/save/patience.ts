/** How long a caller is willing to wait. */
export interface Patience {
  /** Whether it ends at some time. */
  readonly hasEnd: boolean;
  /** Throws what the caller is to get once it has ended: `ABORTED`, `RETRIES_EXHAUSTED`. */
  check(): void;
  /**
   * Runs `work`, which waits for something before it calls `begin`. Until then the caller gets its answer as soon as its
   * patience ends, and `begin` throws once it has: so nothing is begun for somebody who has left. Work that never calls
   * `begin` may be left at any time.
   */
  waiting<T>(work: (begin: () => void) => Promise<T>): Promise<T>;
  /** Rings so many milliseconds after it has ended, or from now on where it has. Answers how to silence it. */
  afterwards(milliseconds: number, ring: () => void): () => void;
}

/** Runs `work`, which may be left at any time, for a caller whose patience may have an end. */
export function waitFor<T>(patience: Patience | undefined, work: () => Promise<T>): Promise<T> {
  return patience === undefined ? work() : patience.waiting(work);
}
