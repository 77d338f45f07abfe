import { aFunction, anObject, answerOf, requireArguments, type Rule, type Rules } from "./arguments.js";
import { aClock, type Clock } from "./clock.js";
import type { RepositoryObserver } from "./observer.js";
import { anActor } from "./save/save-options.js";
import type { RetrySettings } from "./save/retry.js";
import type { UnitBinding } from "./unit/unit-of-work.js";

/** What a repository needs from outside: time and randomness. */
export interface RepositoryEnvironment {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly retry?: Partial<RetrySettings>;
  /**
   * The version of a record that is added: a whole number of at least 1, below 2^53 - 2^40; by default the time, see
   * `firstVersion`. Nothing is added where the answer is none or the function throws (`INVALID_VALUE`).
   */
  readonly firstVersion?: () => number;
  /**
   * Who writes, for the history, where a save does not name anybody. Asked before every write that leaves a row in a history
   * and names nobody, and at no other; the write is refused where the answer is no actor or the function throws
   * (`INVALID_VALUE`).
   */
  readonly actor?: (() => string | undefined) | undefined;
  /** Told of operations, retries, escalations, conflicts and saves. */
  readonly observer?: RepositoryObserver | undefined;
}

const NEEDED: Rules = { clock: aClock, random: aFunction };
const OPTIONAL: Rules = { firstVersion: aFunction, actor: aFunction, observer: anObject };

/** Names that are none of ours belong to somebody: environments are passed on. */
export function anEnvironment(value: unknown): string | undefined {
  const fault = anObject(value);
  if (fault !== undefined) return fault;
  const given = value as Readonly<Record<string, unknown>>;
  for (const [name, check] of Object.entries<Rule>({ ...NEEDED, ...OPTIONAL })) {
    const isLeftOut = given[name] === undefined && Object.hasOwn(OPTIONAL, name);
    const reason = isLeftOut ? undefined : check(given[name]);
    if (reason !== undefined) return `${name}: ${reason}`;
  }
  return undefined;
}

/** The environment of a repository inside `unit`. */
export function actingFor({ actor }: UnitBinding, environment: RepositoryEnvironment): RepositoryEnvironment {
  return actor === undefined ? environment : { ...environment, actor: () => actor };
}

/**
 * Who writes, as the environment tells: nobody where it has no `actor`, or where that answers `undefined`.
 *
 * @throws InvalidValueError
 */
export function actorIn({ actor }: Pick<RepositoryEnvironment, "actor">): string | undefined {
  if (actor === undefined) return undefined;
  const answer = answerOf("history", "actor", "a name", actor);
  if (answer !== undefined) requireArguments("history", { actor: [answer, anActor] });
  return answer as string | undefined;
}
