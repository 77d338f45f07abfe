import type { Target } from "../../../../domain/tuf/target.js";
import { addTargets } from "./add-targets.js";
import type { EditOptions, EditPorts } from "./edit-bins.js";

/** Targets by path, as they come: lines of a file, rows of a query. Of a path that comes twice the last holds. */
export type TargetList =
  Iterable<readonly [path: string, target: Target]> | AsyncIterable<readonly [path: string, target: Target]>;

/** A larger batch raises the version of a bin less often; all of it is in memory. */
const TARGETS_AT_A_TIME = 100_000;

/**
 * Accepts targets in batches as the list is read, and yields how many are accepted so far. A batch is checked before any of
 * it is written; where it holds a fault, those before it stay accepted, and repeating the call is safe.
 * @returns how many are accepted in all
 * @throws as `addTargets`
 */
export async function* addTargetList(
  ports: EditPorts,
  repository: string,
  list: TargetList,
  options?: EditOptions,
): AsyncGenerator<number, number> {
  let accepted = 0;
  let batch = new Map<string, Target>();
  for await (const [path, target] of list) {
    batch.set(path, target);
    if (batch.size < TARGETS_AT_A_TIME) continue;
    accepted += (await addTargets(ports, repository, batch, options)).targets;
    batch = new Map();
    yield accepted;
  }
  if (batch.size > 0) accepted += (await addTargets(ports, repository, batch, options)).targets;
  return accepted;
}
