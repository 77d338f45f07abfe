import { aWholeNumberFrom, requireOptions, someTime, type Rules } from "../arguments.js";
import type { Clock } from "../clock.js";
import { DistinctionError } from "../errors.js";
import { onAbort } from "../on-abort.js";
import type { Patience } from "./patience.js";
import type { WaitOptions } from "./save-options.js";

export interface RetrySettings {
  /**
   * Optimistic attempts of one save, or of one `update`, before it locks the record. Where an `update` had to, those that
   * follow through the same repository within 5 seconds lock it at once. All of these by functions that answer at once.
   */
  readonly optimisticAttempts: number;
  /** Runs of `update`'s function before its conflict is thrown. */
  readonly updateAttempts: number;
  /** Milliseconds after which the next in turn no longer waits for an `update` of the same record. */
  readonly longestTurn: number;
  /** Runs of a unit of work before it fails. */
  readonly unitAttempts: number;
  /** Upper bound of the first pause, in milliseconds; it doubles with every further one. */
  readonly firstPause: number;
  /** Upper bound of any pause, in milliseconds. */
  readonly longestPause: number;
  /** Milliseconds after which no further attempt starts; where it is given, all waiting ends then, see `WaitOptions`. */
  readonly deadline: number;
}

export const DEFAULT_RETRY: RetrySettings = {
  optimisticAttempts: 3,
  updateAttempts: 50,
  longestTurn: 1_000,
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
  longestTurn: someTime,
  unitAttempts: attempts,
  firstPause: someTime,
  longestPause: someTime,
  deadline: someTime,
};

/**
 * Whether all waiting ends at some time: where the caller, or the settings given to the repository, say when. Who says
 * nothing pays for no timer, and waits as long as the database does.
 */
export function isHurried(
  given: Partial<RetrySettings> | undefined,
  { signal, deadline = given?.deadline }: WaitOptions,
): boolean {
  return signal !== undefined || (deadline !== undefined && deadline !== Infinity);
}

/** @param startedAt see `Backoff` */
export function backoffFor(
  what: string,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  settings: RetrySettings,
  { signal, deadline }: WaitOptions,
  startedAt?: number,
): Backoff {
  const own = deadline === undefined ? settings : { ...settings, deadline };
  return new Backoff(what, own, clock, random, signal, startedAt);
}

/**
 * How long the caller of one operation waits, and the pauses of its attempts: exponential with full jitter, so that losers
 * do not meet again in step.
 */
export class Backoff implements Patience {
  readonly hasEnd = true;
  #pauses = 0;

  /**
   * @param what for messages, e.g. `save of photo p1`
   * @param startedAt when the caller began to wait, by the clock
   * @throws as `check`
   */
  constructor(
    private readonly what: string,
    private readonly settings: RetrySettings,
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly signal?: AbortSignal,
    readonly startedAt = clock.now(),
  ) {
    this.check();
  }

  /**
   * @throws DistinctionError `ABORTED` once the signal has aborted, `RETRIES_EXHAUSTED` past the deadline.
   */
  check(): void {
    const end = this.#end();
    if (end !== undefined) throw end;
  }

  waiting<T>(work: (begin: () => void) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let silence: () => void;
      const stop = (): void => {
        silence();
        forget?.();
      };
      const look = (): void => {
        silence();
        const end = this.#end();
        if (end === undefined) return arm();
        stop();
        reject(end);
      };
      const arm = (): void => void (silence = this.clock.alarm(this.#left(), look));
      const begin = (): void => {
        stop();
        this.check();
      };
      const run = async (): Promise<T> => {
        try {
          return await work(begin);
        } finally {
          stop();
        }
      };
      this.check();
      arm();
      const forget = this.signal && onAbort(this.signal, look);
      run().then(resolve, reject);
    });
  }

  afterwards(milliseconds: number, ring: () => void): () => void {
    const { clock, signal } = this;
    const left = signal?.aborted === true ? 0 : Math.max(0, this.#left());
    let silence = clock.alarm(left + milliseconds, ring);
    const sooner = (): void => {
      silence();
      silence = clock.alarm(milliseconds, ring);
    };
    const forget = left > 0 && signal ? onAbort(signal, sooner) : undefined;
    return () => {
      silence();
      forget?.();
    };
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

  #end(): DistinctionError | undefined {
    if (this.signal?.aborted) {
      return new DistinctionError("ABORTED", `${this.what}: aborted by the caller`, { cause: this.signal.reason });
    }
    if (this.#left() > 0) return undefined;
    const attempts = this.#pauses === 0 ? "one attempt" : `${this.#pauses + 1} attempts`;
    const message = `${this.what}: gave up after ${attempts} in ${this.settings.deadline} ms`;
    return new DistinctionError("RETRIES_EXHAUSTED", message);
  }

  /** Milliseconds, of which there are none left once the deadline has passed. */
  #left(): number {
    return this.startedAt + this.settings.deadline + 1 - this.clock.now();
  }
}
