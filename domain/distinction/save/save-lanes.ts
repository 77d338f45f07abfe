import type { RecordState } from "../record/record-state.js";

/** Tells what a save stored. Worked out only where another save asks. */
export type Stored = () => RecordState;

/**
 * The saves under way of one repository, one lane per record. Of two at once, the second would be stale at the database
 * in any case: it waits here, where waiting costs nothing, and starts from what the first stored. Writers elsewhere are
 * met at the database.
 */
export class SaveLanes {
  readonly #last = new Map<string, Promise<Stored | undefined>>();

  /**
   * Runs `save` after all saves that entered this record's lane earlier.
   *
   * @param save gets what the one before it stored, if there was one and it told, and a way to tell what it stored itself
   */
  run<T>(record: string, save: (before: Stored | undefined, tell: (stored: Stored) => void) => Promise<T>): Promise<T> {
    let stored: Stored | undefined;
    const tell = (told: Stored): void => void (stored = told);
    const before = this.#last.get(record);
    const result = before === undefined ? save(undefined, tell) : before.then((told) => save(told, tell));
    const leave = (): Stored | undefined => {
      if (this.#last.get(record) === last) this.#last.delete(record);
      return stored;
    };
    const last = result.then(leave, leave);
    this.#last.set(record, last);
    return result;
  }
}
