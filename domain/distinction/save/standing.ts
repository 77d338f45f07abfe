import type { Moments } from "../record/moments.js";
import type { Patience } from "./patience.js";

/**
 * The patience of a write that rests on what was read before, in a transaction of which its owner may undo a part: once
 * that has happened, the version that it checks may be another state's, and nothing of it is begun.
 */
export class Standing implements Patience {
  readonly #since: number;

  /**
   * @param patience the caller's, where it has an end
   * @param undone what the caller gets where a part was undone, from now until the write is begun
   */
  constructor(
    private readonly moments: Moments,
    private readonly patience: Patience | undefined,
    private readonly undone: () => Error,
  ) {
    this.#since = moments.now();
  }

  get hasEnd(): boolean {
    return this.patience !== undefined;
  }

  check(): void {
    this.patience?.check();
  }

  waiting<T>(work: (begin: () => void) => Promise<T>): Promise<T> {
    const standing = (begin: () => void): Promise<T> => {
      return work(() => {
        begin();
        if (this.moments.isUndone(this.#since, this.moments.now())) throw this.undone();
      });
    };
    return this.patience === undefined ? standing(() => undefined) : this.patience.waiting(standing);
  }

  afterwards(milliseconds: number, ring: () => void): () => void {
    return this.patience?.afterwards(milliseconds, ring) ?? (() => undefined);
  }
}
