import { join } from "node:path";
import { LockedError, takeLock } from "../process-lock.js";

/** Thrown where another demo works on the same state: their counters would be taken for each other's. */
export class StateInUseError extends Error {}

/**
 * Keeps a state directory for one process while `work` runs.
 *
 * @throws StateInUseError
 */
export async function withStateLock<T>(state: string, work: () => Promise<T>): Promise<T> {
  const release = await takeLock(join(state, "demo.pid")).catch((error: unknown) => {
    if (!(error instanceof LockedError)) throw error;
    throw new StateInUseError(`${state} is in use by another demo (process ${error.owner})`);
  });
  try {
    return await work();
  } finally {
    await release();
  }
}
