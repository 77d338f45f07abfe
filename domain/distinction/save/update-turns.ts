import type { Clock } from "../clock.js";
import { idText, type RecordId } from "../record/record-id.js";
import type { Patience } from "./patience.js";

/**
 * Turns of those who work on one record at a time, in the order in which they come. Whoever works for longer than
 * `longest` milliseconds goes on, and loses the turn: nobody waits for what may never end, or waits itself for a turn here.
 */
export class UpdateTurns {
  readonly #last = new Map<string, Promise<void>>();

  constructor(
    private readonly clock: Clock,
    private readonly longest: number,
  ) {}

  /** Whether somebody has the turn at a record. */
  isTaken(record: RecordId): boolean {
    return this.#last.size > 0 && this.#last.has(idText(record));
  }

  /**
   * @param work may leave its turn before it ends
   * @throws as `patience` does where it ends before the turn comes
   */
  async run<T>(id: RecordId, patience: Patience, work: (leave: () => void) => Promise<T>): Promise<T> {
    const record = idText(id);
    const before = this.#last.get(record);
    let leave!: (after?: Promise<void>) => void;
    const over = new Promise<void>((resolve) => (leave = resolve));
    this.#last.set(record, over);
    void over.then(() => this.#last.get(record) === over && this.#last.delete(record));
    if (before !== undefined) {
      try {
        await patience.waiting(() => before);
      } catch (error) {
        leave(before); // who comes next still waits for those before
        throw error;
      }
    }
    const silence = this.clock.alarm(this.longest, leave);
    try {
      return await work(leave);
    } finally {
      silence();
      leave();
    }
  }
}
