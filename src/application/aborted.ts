import { DistinctionError } from "../../domain/distinction/errors.js";

/**
 * @param done what stays done
 * @throws {DistinctionError} ABORTED once the signal has aborted
 */
export function checkNotAborted(signal: AbortSignal | undefined, done: string): void {
  if (signal?.aborted !== true) return;
  throw new DistinctionError("ABORTED", `aborted by the caller: ${done}`, { cause: signal.reason });
}
