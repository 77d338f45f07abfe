import { aFunction, aSignal, requireArguments, requireOptions, someTime, type Rules } from "./arguments.js";
import { DistinctionError } from "./errors.js";
import { observed } from "./observer.js";
import { Backoff, retrySettings } from "./retry.js";
import type { RepositoryEnvironment } from "./repository-environment.js";
import { WRITE_OPTIONS } from "./save-options.js";
import type { TransactionScope, UnitOptions } from "./unit-of-work.js";

const UNIT_OPTIONS: Rules<keyof UnitOptions> = { ...WRITE_OPTIONS, signal: aSignal, deadline: someTime };

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
 * @param work as the caller gave it; `run` calls it
 * @throws InvalidValueError where the caller gave no function, or odd options
 * @throws DistinctionError `ABORTED`, `RETRIES_EXHAUSTED` (its `cause` is why the last run was undone)
 */
export async function runUntilCommitted<T>(
  environment: RepositoryEnvironment,
  work: (tx: TransactionScope) => Promise<T>,
  options: UnitOptions,
  run: (run: UnitRun) => Promise<UnitOutcome<T>>,
): Promise<T> {
  requireArguments("unit of work", { work: [work, aFunction] });
  requireOptions("unit of work", UNIT_OPTIONS, options);
  return observed(
    environment.observer,
    "unitOfWork",
    () => ({}),
    () => untilCommitted(environment, options, run),
  );
}

async function untilCommitted<T>(
  { clock, random, retry, observer }: RepositoryEnvironment,
  { signal, deadline }: UnitOptions,
  run: (run: UnitRun) => Promise<UnitOutcome<T>>,
): Promise<T> {
  const settings = retrySettings({ ...retry, ...(deadline === undefined ? {} : { deadline }) });
  const backoff = new Backoff("unit of work", settings, clock, random, signal);
  for (let attempt = 1; ; attempt++) {
    const locking = attempt > settings.optimisticAttempts;
    if (attempt > 1) observer?.unitRetried?.({ retries: attempt - 1, locking });
    const outcome = await run({ attempt, locking });
    if (outcome.kind === "committed") return outcome.value;
    if (attempt >= settings.unitAttempts) {
      const message = `unit of work: gave up after ${attempt} attempts`;
      throw new DistinctionError("RETRIES_EXHAUSTED", message, { cause: outcome.reason });
    }
    await backoff.pause();
  }
}
