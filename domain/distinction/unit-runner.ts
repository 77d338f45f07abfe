import { DistinctionError } from "./errors.js";
import { Backoff, retrySettings } from "./retry.js";
import type { RepositoryEnvironment } from "./save-options.js";
import type { UnitOptions } from "./unit-of-work.js";

/** How one run of a unit ended, unless it failed for good. */
export type UnitOutcome<T> =
  | { readonly kind: "committed"; readonly value: T }
  /** Undone, because another writer came first or the database gave up. */
  | { readonly kind: "undone"; readonly reason: unknown };

export interface UnitRun {
  /** From 1 on. */
  readonly attempt: number;
  /** Whether to lock what is loaded: after some lost races, so that the next one is not lost. */
  readonly locking: boolean;
}

/**
 * Runs a unit until it is committed.
 *
 * @throws DistinctionError `ABORTED`, `RETRIES_EXHAUSTED` (its `cause` is why the last run was undone)
 */
export async function runUntilCommitted<T>(
  { clock, random, retry }: RepositoryEnvironment,
  { signal, deadline }: UnitOptions,
  run: (run: UnitRun) => Promise<UnitOutcome<T>>,
): Promise<T> {
  const settings = retrySettings({ ...retry, ...(deadline === undefined ? {} : { deadline }) });
  const backoff = new Backoff("unit of work", settings, clock, random, signal);
  for (let attempt = 1; ; attempt++) {
    const outcome = await run({ attempt, locking: attempt > settings.optimisticAttempts });
    if (outcome.kind === "committed") return outcome.value;
    if (attempt >= settings.unitAttempts) {
      const message = `unit of work: gave up after ${attempt} attempts`;
      throw new DistinctionError("RETRIES_EXHAUSTED", message, { cause: outcome.reason });
    }
    await backoff.pause();
  }
}
