import type { Clock } from "../clock.js";
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

  /** @throws as `patience` does where it ends before the turn comes */
  async run<T>(record: string, patience: Patience, work: () => Promise<T>): Promise<T> {
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
      return await work();
    } finally {
      silence();
      leave();
    }
  }
}
