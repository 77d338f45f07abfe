import { DEFAULT_RETRY } from "../../domain/distinction/save/retry.js";

/**
 * Runs `attempt` until it is not overtaken, as callers of an optimistic library have to. The pauses are those that
 * distinction makes: without them the others would spend their time on colliding again.
 *
 * @returns how often it had to begin again
 */
export async function again(attempt: () => Promise<"stored" | "overtaken">): Promise<number> {
  for (let retries = 0; ; retries++) {
    if ((await attempt()) === "stored") return retries;
    const bound = Math.min(DEFAULT_RETRY.longestPause, DEFAULT_RETRY.firstPause * 2 ** retries);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * bound));
  }
}
