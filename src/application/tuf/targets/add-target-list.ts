import { InvalidTargetsError } from "../../../../domain/tuf/errors.js";
import { GivenTargets } from "../../../../domain/tuf/given-targets.js";
import type { Target } from "../../../../domain/tuf/target.js";
import { editBins, type EditOptions, type EditPorts } from "./edit-bins.js";

/** Targets by path, as they come: lines of a file, rows of a query. Of a path that comes twice the last holds. */
export type TargetList =
  Iterable<readonly [path: string, target: Target]> | AsyncIterable<readonly [path: string, target: Target]>;

/** A larger batch raises the version of a bin less often; all of it is in memory. */
const TARGETS_AT_A_TIME = 100_000;

/**
 * Accepts targets in batches as the list is read, and yields how many are accepted so far. A batch is checked before any of
 * it is written; where it holds a fault, those before it stay accepted, and repeating the call is safe. Each target is taken as
 * it is when it is read: a list may use one object for all.
 * @returns how many are accepted in all
 * @throws as `addTargets`
 */
export async function* addTargetList(
  ports: EditPorts,
  repository: string,
  list: TargetList,
  options?: EditOptions,
): AsyncGenerator<number, number> {
  if (!isList(list)) {
    throw new InvalidTargetsError([{ code: "INVALID_TARGET", path: "", reason: "a list of targets is needed" }]);
  }
  let accepted = 0;
  let batch = new GivenTargets();
  for await (const entry of list) {
    batch.add(entry);
    if (batch.size < TARGETS_AT_A_TIME) continue;
    accepted += (await editBins(ports, repository, batch.checked(), options)).targets;
    batch = new GivenTargets();
    yield accepted;
  }
  if (batch.size > 0) accepted += (await editBins(ports, repository, batch.checked(), options)).targets;
  return accepted;
}

function isList(given: unknown): boolean {
  return typeof given === "object" && given !== null && (Symbol.iterator in given || Symbol.asyncIterator in given);
}
