/** The moments of a transaction whose owner may undo a part of it, without a word to whoever took part. */
export interface Moments {
  /** Greater than all that were before the last savepoint, or the last return to one. */
  now(): number;
  /** Whether some of what was done from one moment to the other, both included, has been undone since. */
  isUndone(from: number, to: number): boolean;
}

/** From which moment to which it was read, or stored, what an object shows. */
export class Span {
  #from: number;
  #to: number;
  /** When the caller last began something with the object. */
  #asked: number;

  constructor(private readonly moments: Moments) {
    this.#asked = this.#from = this.#to = moments.now();
  }

  /** Something begins, which may store a new state; unless what is shown was undone: its version may be another's by now. */
  begin(): "undone" | "begun" {
    if (this.moments.isUndone(this.#from, this.#to)) return "undone";
    this.#asked = this.moments.now();
    return "begun";
  }

  stored(): void {
    this.#from = this.#asked;
    this.#to = this.moments.now();
  }
}
