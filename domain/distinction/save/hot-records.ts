import type { Clock } from "../clock.js";
import { idText, type RecordId } from "../record/record-id.js";

/** Milliseconds that a record stays hot. */
export const HOT_FOR = 5_000;

/** How many are remembered: of more, those that became hot first are forgotten. */
export const MOST_HOT = 1_000;

/**
 * The records at which an update has lately lost as often as it takes to lock one. Those that follow would most likely lose
 * again: they lock at once, for a while. Then those try without a lock that arrive before one of them has lost as often again.
 */
export class HotRecords {
  /** When each became hot, earliest first. */
  readonly #since = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  has(id: RecordId): boolean {
    if (this.#since.size === 0) return false;
    const record = idText(id);
    const since = this.#since.get(record);
    if (since === undefined) return false;
    if (this.clock.now() - since < HOT_FOR) return true;
    this.#since.delete(record);
    return false;
  }

  add(id: RecordId): void {
    const record = idText(id);
    this.#since.delete(record);
    this.#since.set(record, this.clock.now());
    const [first] = this.#since.keys();
    if (this.#since.size > MOST_HOT) this.#since.delete(first!);
  }

  delete(id: RecordId): void {
    this.#since.delete(idText(id));
  }
}
