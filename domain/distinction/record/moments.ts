/**
 * The moments of a transaction whose owner may undo a part of it, without a word to whoever took part. Where a savepoint began
 * moment 1:
 *
 *     save(photo)     the photo shows what was stored between 1 and 1
 *     ROLLBACK TO     moment 2 begins, and `isUndone(1, 1)` from now on
 *     save(photo)     is refused; a photo that is loaded now shows what was read between 2 and 2, and can be saved
 */
export interface Moments {
  /** Greater than all that were before the last savepoint, or the last return to one. */
  now(): number;
  /** Whether some of what was done from one moment to the other, both included, has been undone since. */
  isUndone(from: number, to: number): boolean;
}

/** From which moment to which it was read, or stored, what an object shows: somewhere between question and answer. */
export class Span {
  #from: number;
  #to: number;
  /** When the write under way was begun; those of one object take turns. */
  #begun: number;

  /** @param since when the store was asked for what the object shows; its answer is there now */
  constructor(
    private readonly moments: Moments,
    since: number,
  ) {
    this.#begun = this.#from = since;
    this.#to = moments.now();
  }

  /** Whether what is shown was undone, at least in part: its version may be another state's by now. */
  get isUndone(): boolean {
    return this.moments.isUndone(this.#from, this.#to);
  }

  /** A write begins, which may store a new state. */
  begin(): void {
    this.#begun = this.moments.now();
  }

  stored(): void {
    this.#from = this.#begun;
    this.#to = this.moments.now();
  }
}
