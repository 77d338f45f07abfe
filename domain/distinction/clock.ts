import { having } from "./arguments.js";

/** Time as the domain sees it: injected, so that no rule reads the machine's clock and no test sleeps. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `milliseconds`, or rejects with the signal's reason when it aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls `ring` once, after `milliseconds` or somewhat sooner, unless the function that it returns is called before. */
  alarm(milliseconds: number, ring: () => void): () => void;
}

export const aClock = having("a clock", "now", "sleep", "alarm");
