import { clearTimeout, setTimeout } from "node:timers";
import type { Clock } from "../../domain/distinction/clock.js";
import { onAbort } from "../../domain/distinction/on-abort.js";

/** Milliseconds that a timer takes; one for longer would ring at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const timer = setTimeout(() => {
        forget?.();
        resolve();
      }, milliseconds);
      const forget =
        signal &&
        onAbort(signal, () => {
          clearTimeout(timer);
          forget?.();
          reject(signal.reason as Error);
        });
    }),
  alarm: (milliseconds, ring) => {
    const timer = setTimeout(ring, Math.min(milliseconds, LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
};
