import { answerOf, aWholeNumberFrom, requireArguments } from "../arguments.js";
import type { RepositoryEnvironment } from "../repository-environment.js";

/** Versions that one millisecond is worth: more than a record can be written in one. */
const VERSIONS_PER_MILLISECOND = 1000;

/** Leaves 2^40 writes before a version is no safe integer any more; as a time it is the year 2255. */
const HIGHEST_START = Number.MAX_SAFE_INTEGER - 2 ** 40;

const SUBJECT = "first version of a record";

/**
 * The version of a record that is just being added. Were it always 1, a record that was removed and added again would
 * climb through the versions of its predecessor, and a writer who still holds that one would find "its" version and
 * overwrite what it has never seen (the ABA problem). So versions start at the time, in microseconds, the last three
 * digits drawn at random: a successor starts above everything that its predecessor ever reached.
 *
 * What that writer saves is merged into the successor all the same, as into whatever others stored, and is a conflict only where
 * both changed the same. Ids that are never used again keep the two apart, or `expect` of an attribute that differs.
 *
 * @throws InvalidValueError where `firstVersion` of the environment throws, or answers none, or one that leaves no room to rise
 */
export function firstVersion({ firstVersion, clock, random }: RepositoryEnvironment): number {
  const version =
    firstVersion === undefined
      ? timeAsVersion(clock.now(), random())
      : answerOf(SUBJECT, "firstVersion", "a whole number", firstVersion);
  requireArguments(SUBJECT, { firstVersion: [version, aWholeNumberFrom(1, HIGHEST_START)] });
  return version as number;
}

function timeAsVersion(now: number, random: number): number {
  return Math.max(1, Math.floor(now * VERSIONS_PER_MILLISECOND) + Math.floor(random * VERSIONS_PER_MILLISECOND));
}
