import type { Clock } from "../../../domain/distinction/clock.js";
import { corrupt, TufError } from "../../../domain/tuf/errors.js";
import { rereading } from "./stored-files.js";

/** One round of read, prepare, compare-and-set. */
export type Attempt<T> =
  | { readonly outcome: "done"; readonly value: T }
  /** Another writer was first; `metadataVersion` is the one that the attempt had read. */
  | { readonly outcome: "stale"; readonly metadataVersion: number };

export interface Contention {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const MAX_ATTEMPTS = 40;
const MAX_UNMOVED = 3;
const FIRST_PAUSE = 4;
const LONGEST_PAUSE = 500;

/**
 * Repeats an attempt until it is done. A stale one means that somebody else progressed, so writers never block each other
 * for good; full jitter keeps losers from meeting again.
 * @throws {TufError} PUBLISH_CONTENDED after too many stale attempts; CORRUPT_REPOSITORY where attempts are stale although
 *   nobody progressed
 */
export async function untilCommitted<T>(
  what: string,
  { clock, random }: Contention,
  attempt: () => Promise<Attempt<T>>,
): Promise<T> {
  let last: number | undefined;
  let unmoved = 0;
  for (let round = 0; round < MAX_ATTEMPTS; round++) {
    const result = await rereading(attempt);
    if (result.outcome === "done") return result.value;
    unmoved = result.metadataVersion === last ? unmoved + 1 : 0;
    if (unmoved >= MAX_UNMOVED) throw corrupt(`${what} stays at metadata version ${last}, and nothing can follow it`);
    last = result.metadataVersion;
    await clock.sleep(random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** round));
  }
  throw new TufError("PUBLISH_CONTENDED", `${what}: other writers were first ${MAX_ATTEMPTS} times; try again`);
}
