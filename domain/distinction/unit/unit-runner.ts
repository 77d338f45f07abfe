import { aFunction, requireArguments, requireOptions } from "../arguments.js";
import { DistinctionError } from "../errors.js";
import { HarmlessObserver, observed } from "../observer.js";
import { type Backoff, backoffFor, DEFAULT_RETRY, isHurried, retrySettings } from "../save/retry.js";
import { waitFor, type Patience } from "../save/patience.js";
import type { RepositoryEnvironment } from "../repository-environment.js";
import { WRITE_OPTIONS } from "../save/save-options.js";
import type { TransactionScope, UnitOptions } from "./unit-of-work.js";

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
  /** The caller's, where it does not wait for ever. */
  readonly patience: Patience | undefined;
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
  requireOptions("unit of work", WRITE_OPTIONS, options);
  const observer = HarmlessObserver.of(environment.observer);
  return observed(
    observer,
    "unitOfWork",
    () => ({}),
    () => untilCommitted(environment, observer, options, run),
  );
}

async function untilCommitted<T>(
  environment: RepositoryEnvironment,
  observer: HarmlessObserver | undefined,
  options: UnitOptions,
  run: (run: UnitRun) => Promise<UnitOutcome<T>>,
): Promise<T> {
  const settings = retrySettings(environment.retry);
  const backoff = backoffFor("unit of work", environment, settings, options);
  const patience = isHurried(environment.retry, options) ? patienceOf(backoff, environment, options) : undefined;
  for (let attempt = 1; ; attempt++) {
    const locking = attempt > settings.optimisticAttempts;
    if (attempt > 1) observer?.unitRetried({ retries: attempt - 1, locking });
    const outcome = await run({ attempt, locking, patience });
    if (outcome.kind === "committed") return outcome.value;
    if (attempt >= settings.unitAttempts) {
      const message = `unit of work: gave up after ${attempt} attempts`;
      throw new DistinctionError("RETRIES_EXHAUSTED", message, { cause: outcome.reason });
    }
    await backoff.pause();
  }
}

/** The default deadline bounds the starts of runs. It ends none: only one that is named does, and a signal. */
function patienceOf(
  backoff: Backoff,
  environment: RepositoryEnvironment,
  { signal, deadline = environment.retry?.deadline }: UnitOptions,
): Patience {
  if (signal === undefined || deadline !== undefined) return backoff;
  return backoffFor("unit of work", environment, DEFAULT_RETRY, { signal, deadline: Infinity });
}

/**
 * What `work` makes, for a caller who may not wait for ever. Work that goes on behind a caller who has left is not waited
 * for: what it still does is refused. Work that ends too late is no better than work that does not end.
 *
 * @throws DistinctionError `ABORTED`, `RETRIES_EXHAUSTED` once the caller's patience has ended
 */
export async function whilePatient<T>(patience: Patience | undefined, work: () => Promise<T>): Promise<T> {
  const value = await waitFor(patience, work);
  patience?.check();
  return value;
}
