import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../domain/distinction/clock.js";
import { waitFor, type Patience } from "../../../domain/distinction/save/patience.js";
import { errorMeaning, metDeadConnection, translated } from "./server-error.js";

/** How often a piece of work is run again when the server gives up on it (deadlock, lock timeout). */
const MOST_RERUNS = 60;

/** Milliseconds after which it is not run again, however often it was. */
const RERUN_FOR = 30_000;

/** Milliseconds of the longest pause between two runs. */
const LONGEST_PAUSE = 500;

/**
 * Runs `work`, and again for as long as the server gives up on it: it was rolled back, so nothing of it remains. What met a
 * dead connection is run once more.
 *
 * @param where the database's address, for errors
 */
export async function rerun<T>(
  work: () => Promise<T>,
  where: string,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  patience?: Patience,
): Promise<T> {
  const startedAt = clock.now();
  let isReconnected = false;
  for (let reruns = 0; ; reruns++) {
    try {
      return await work();
    } catch (error) {
      if (!isReconnected && metDeadConnection(error)) {
        isReconnected = true;
        await brokenNoticed();
        continue;
      }
      const isLast = reruns >= MOST_RERUNS || clock.now() - startedAt > RERUN_FOR;
      if (errorMeaning(error) !== "gave-up" || isLast) throw translated(error, where);
      patience?.check();
    }
    await waitFor(patience, () => clock.sleep(random() * Math.min(LONGEST_PAUSE, 2 ** reruns)));
  }
}

/** Runs `work`, once more where it met a dead connection, and in no other case. Errors are the driver's. */
export async function reconnecting<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!metDeadConnection(error)) throw error;
    await brokenNoticed();
    return work();
  }
}

/**
 * Lets the pool notice all connections that broke together, so that it gives out a whole one: what has arrived on them is
 * read in the next round of the event loop, which the second immediate comes after.
 */
async function brokenNoticed(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
