import type { Clock } from "../../domain/distinction/clock.js";

/** Time that stands still but for sleeping, which is over at once. */
export class FakeClock implements Clock {
  /** Milliseconds of every sleep, in order. */
  readonly slept: number[] = [];
  /** Runs while somebody sleeps: whatever happens in the meantime. */
  duringSleep: () => void = () => undefined;

  readonly #alarms = new Map<() => void, number>();

  constructor(private time = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.time;
  }

  /** Rings what is due by then. */
  advance(milliseconds: number): void {
    this.time += milliseconds;
    for (const [ring, at] of [...this.#alarms]) {
      if (at > this.time) continue;
      this.#alarms.delete(ring);
      ring();
    }
  }

  alarm(milliseconds: number, ring: () => void): () => void {
    this.#alarms.set(ring, this.time + milliseconds);
    return () => void this.#alarms.delete(ring);
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(milliseconds);
    this.duringSleep();
    this.advance(milliseconds);
    signal?.throwIfAborted();
  }
}
