import { idText, type RecordId } from "../../../domain/distinction/record/record-id.js";

/** So many records of a table a unit may merely list and have them locked, once it keeps losing. */
export const MOST_LISTED = 1_000;

/**
 * The records of one table that a unit loaded or wrote so far, in all its runs: whichever comes next may lock them before it
 * begins. Records that are only listed count up to a bound, or a unit that walks over a table would keep all of its ids, and
 * stop everybody who writes in it. Of further ones those count that the unit writes, or loads by their ids.
 */
export class SeenRecords {
  readonly #ids = new Map<string, RecordId>();
  #listed = 0;

  /** By their texts. */
  get ids(): ReadonlyMap<string, RecordId> {
    return this.#ids;
  }

  add(id: RecordId): void {
    this.#ids.set(idText(id), id);
  }

  /** Takes a listed record, unless there were too many. Answers whether it counts. */
  list(id: RecordId): boolean {
    const text = idText(id);
    if (this.#ids.has(text)) return true;
    if (this.#listed === MOST_LISTED) return false;
    this.#listed++;
    this.#ids.set(text, id);
    return true;
  }
}
