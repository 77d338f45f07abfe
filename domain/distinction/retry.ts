import { aWholeNumberFrom, requireOptions, someTime, type Rules } from "./arguments.js";
import type { Clock } from "./clock.js";
import { DistinctionError } from "./errors.js";

export interface RetrySettings {
  /** Optimistic attempts of one save before it locks the record. */
  readonly optimisticAttempts: number;
  /** Runs of `update`'s function before its conflict is thrown. */
  readonly updateAttempts: number;
  /** Runs of a unit of work before it fails. */
  readonly unitAttempts: number;
  /** Upper bound of the first pause, in milliseconds; it doubles with every further one. */
  readonly firstPause: number;
  /** Upper bound of any pause, in milliseconds. */
  readonly longestPause: number;
  /** Milliseconds after which no further attempt starts. */
  readonly deadline: number;
}

export const DEFAULT_RETRY: RetrySettings = {
  optimisticAttempts: 3,
  updateAttempts: 50,
  unitAttempts: 50,
  firstPause: 4,
  longestPause: 200,
  deadline: 30_000,
};

/**
 * The settings with the default for each that is not given.
 *
 * @throws InvalidValueError where one is unknown or no such number: it would never end, or never begin
 */
export function retrySettings(given: Partial<RetrySettings> = {}): RetrySettings {
  requireOptions("retry", SETTINGS, given, "settings");
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_RETRY, ...(Object.fromEntries(named) as Partial<RetrySettings>) };
}

const attempts = aWholeNumberFrom(1);
const SETTINGS: Rules<keyof RetrySettings> = {
  optimisticAttempts: attempts,
  updateAttempts: attempts,
  unitAttempts: attempts,
  firstPause: someTime,
  longestPause: someTime,
  deadline: someTime,
};

/** The pauses of one retried call: exponential with full jitter, so that losers do not meet again in step. */
export class Backoff {
  readonly #startedAt: number;
  #pauses = 0;

  constructor(
    private readonly what: string,
    private readonly settings: RetrySettings,
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly signal?: AbortSignal,
  ) {
    this.#startedAt = clock.now();
    this.check();
  }

  /**
   * @throws DistinctionError `ABORTED` once the signal has aborted, `RETRIES_EXHAUSTED` past the deadline.
   */
  check(): void {
    if (this.signal?.aborted) {
      throw new DistinctionError("ABORTED", `${this.what}: aborted by the caller`, { cause: this.signal.reason });
    }
    if (this.clock.now() - this.#startedAt > this.settings.deadline) {
      throw new DistinctionError(
        "RETRIES_EXHAUSTED",
        `${this.what}: gave up after ${this.#pauses + 1} attempts in ${this.settings.deadline} ms`,
      );
    }
  }

  /** Waits before the next attempt; throws as `check` does. */
  async pause(): Promise<void> {
    this.check();
    const bound = Math.min(this.settings.longestPause, this.settings.firstPause * 2 ** this.#pauses++);
    try {
      await this.clock.sleep(this.random() * bound, this.signal);
    } catch (error) {
      this.check();
      throw error;
    }
    this.check();
  }
}
