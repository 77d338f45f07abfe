import type { RecordState } from "../../domain/distinction/record/record-state.js";

/** Rows that went their own way, and the way back. */
export interface ForkedRows {
  readonly rows: MemoryRows;
  /** Whether nobody else has written the rows of `keys` since, by default those that the fork wrote. */
  isFresh(keys?: readonly string[]): boolean;
  /** Writes what the fork wrote. */
  merge(): void;
}

/** What a store in memory holds, by the text of its ids. States are immutable, so that forks share them. */
export class MemoryRows {
  #states = new Map<string, RecordState>();
  /** Ids of removed records, where these are kept: nobody gets them again. */
  #removed: Set<string> | undefined;

  /** @param keepsRemoved whether the table that this stands for keeps removed records beside the living */
  constructor(private readonly keepsRemoved: boolean) {
    if (keepsRemoved) this.#removed = new Set();
  }

  get(key: string): RecordState | undefined {
    return this.#states.get(key);
  }

  has(key: string): boolean {
    return this.#states.has(key);
  }

  states(): MapIterator<RecordState> {
    return this.#states.values();
  }

  set(key: string, state: RecordState): void {
    this.#states.set(key, state);
  }

  /** A removed record, whose id is kept where ids are. */
  remove(key: string): void {
    this.#states.delete(key);
    this.#removed?.add(key);
  }

  /** Deletes the rows that meet a condition, and keeps nothing of them. */
  drop(condition: (attributes: RecordState["attributes"]) => boolean): void {
    for (const [key, { attributes }] of this.#states) if (condition(attributes)) this.#states.delete(key);
  }

  isTaken(key: string): boolean {
    return this.#states.has(key) || this.#isRemoved(key);
  }

  fork(): ForkedRows {
    const before: ReadonlyMap<string, RecordState> = new Map(this.#states);
    const removed: ReadonlySet<string> = new Set(this.#removed);
    const rows = new MemoryRows(this.keepsRemoved);
    rows.#states = new Map(before);
    rows.#removed = this.#removed && new Set(removed);
    const written = (): string[] =>
      [...new Set([...before.keys(), ...rows.#states.keys()])].filter(
        (key) => before.get(key) !== rows.#states.get(key),
      );
    return {
      rows,
      isFresh: (keys = written()) =>
        keys.every((key) => before.get(key) === this.#states.get(key) && removed.has(key) === this.#isRemoved(key)),
      merge: () => {
        for (const key of written()) {
          const state = rows.#states.get(key);
          if (state === undefined) this.#states.delete(key);
          else this.#states.set(key, state);
        }
        for (const key of rows.#removed ?? []) this.#removed!.add(key);
      },
    };
  }

  #isRemoved(key: string): boolean {
    return this.#removed?.has(key) ?? false;
  }
}
