import { setTimeout } from "node:timers/promises";
import type { Clock } from "../../domain/distinction/clock.js";

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) => setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal }),
};
