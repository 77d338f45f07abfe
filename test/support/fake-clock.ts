import type { Clock } from "../../domain/distinction/clock.js";

/** Time that stands still but for sleeping, which is over at once. */
export class FakeClock implements Clock {
  /** Milliseconds of every sleep, in order. */
  readonly slept: number[] = [];
  /** Runs while somebody sleeps: whatever happens in the meantime. */
  duringSleep: () => void = () => undefined;

  constructor(private time = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.time;
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(milliseconds);
    this.duringSleep();
    this.advance(milliseconds);
    signal?.throwIfAborted();
  }
}
