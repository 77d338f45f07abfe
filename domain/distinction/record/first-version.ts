import type { RepositoryEnvironment } from "../repository-environment.js";

/** Versions that one millisecond is worth: more than a record can be written in one. */
const VERSIONS_PER_MILLISECOND = 1000;

/**
 * The version of a record that is just being added. Were it always 1, a record that was removed and added again would
 * climb through the versions of its predecessor, and a writer who still holds that one would find "its" version and
 * overwrite what it has never seen (the ABA problem). So versions start at the time, in microseconds, the last three
 * digits drawn at random: a successor starts above everything that its predecessor ever reached.
 */
export function firstVersion({ firstVersion, clock, random }: RepositoryEnvironment): number {
  if (firstVersion !== undefined) return firstVersion();
  return Math.max(1, clock.now() * VERSIONS_PER_MILLISECOND + Math.floor(random() * VERSIONS_PER_MILLISECOND));
}
