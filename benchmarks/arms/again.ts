import { DEFAULT_RETRY } from "../../domain/distinction/save/retry.js";

/** What arms by hand say where the version that they loaded is no longer stored. */
export class ChangedMeanwhile extends Error {
  constructor(id: string) {
    super(`${id} was changed meanwhile`);
  }
}

/** Whether an arm says with this error that somebody came first. */
export type IsOvertaken = (error: unknown) => boolean;

export const isChangedMeanwhile: IsOvertaken = (error) => error instanceof ChangedMeanwhile;

/** Of arms that look at no version. */
export const isNeverOvertaken: IsOvertaken = () => false;

/**
 * Runs `attempt` until it is neither overtaken nor undone by the server, as callers of an optimistic library have to. The
 * pauses are those that distinction makes: without them the others would spend their time on colliding again.
 *
 * @returns how often it had to begin again
 */
export async function again(attempt: () => Promise<unknown>, isOvertaken: IsOvertaken): Promise<number> {
  for (let retries = 0; ; retries++) {
    try {
      await attempt();
      return retries;
    } catch (error) {
      if (!isOvertaken(error) && !isUndone(error)) throw error;
    }
    const bound = Math.min(DEFAULT_RETRY.longestPause, DEFAULT_RETRY.firstPause * 2 ** retries);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * bound));
  }
}

/** A deadlock, and MariaDB's "record has changed since last read": the server undid the transaction and asks to try again. */
const UNDONE: ReadonlySet<number | undefined> = new Set([1213, 1020]);

/** Sequelize keeps the driver's error as its own error's parent, the others copy its number. */
function isUndone(error: unknown): boolean {
  const { errno, parent } = error as { errno?: number; parent?: { errno?: number } };
  return UNDONE.has(errno ?? parent?.errno);
}
