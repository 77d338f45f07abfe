import { InvalidTargetsError, type TargetFault } from "../../../../domain/tuf/errors.js";
import { type Target, targetFaults } from "../../../../domain/tuf/target.js";
import { existingRepository } from "../existing-repository.js";
import { editBins, type EditOptions, type EditPorts, type EditReport } from "./edit-bins.js";
import { TargetPlaces } from "./target-places.js";

/**
 * Accepts targets durably; they become visible with the next publish. All are checked before any is written.
 * @param targets by path; a path that is there already is replaced
 * @throws {TufError} INVALID_TARGET_PATH, INVALID_TARGET (an `InvalidTargetsError` with every fault of the call),
 *   REPOSITORY_NOT_FOUND
 * @throws {DistinctionError} ABORTED
 */
export async function addTargets(
  ports: EditPorts,
  repository: string,
  targets: ReadonlyMap<string, Target>,
  options?: EditOptions,
): Promise<EditReport> {
  requireMap(targets);
  const [first, ...others] = faultsOf(targets);
  if (first !== undefined) throw new InvalidTargetsError([first, ...others]);
  return editBins(ports, repository, targets, options);
}

function faultsOf(targets: ReadonlyMap<string, Target>): readonly TargetFault[] {
  return Array.from(targets, ([path, target]) => targetFaults(path, target)).flat();
}

/**
 * What `addTargets` would refuse, by path; nothing of a target that it would accept.
 * @throws {TufError} REPOSITORY_NOT_FOUND
 */
export async function faultsByPath(
  { store, codec }: Pick<EditPorts, "store" | "codec">,
  repository: string,
  targets: ReadonlyMap<string, Target>,
): Promise<ReadonlyMap<string, readonly TargetFault[]>> {
  requireMap(targets);
  const places = new TargetPlaces(await existingRepository(store, repository), codec);
  const faults = new Map<string, readonly TargetFault[]>();
  for (const [path, target] of targets) {
    const own = targetFaults(path, target);
    const found = own.length > 0 ? own : places.faultsOf(path);
    if (found.length > 0) faults.set(path, found);
  }
  return faults;
}

export interface PartialReport extends EditReport {
  /** Every fault of every target that was refused. */
  readonly refused: readonly TargetFault[];
}

/** As `addTargets`, but accepts what can be accepted and tells of the rest. */
export async function addValidTargets(
  ports: EditPorts,
  repository: string,
  targets: ReadonlyMap<string, Target>,
  options?: EditOptions,
): Promise<PartialReport> {
  const faults = await faultsByPath(ports, repository, targets);
  const valid = [...targets].filter(([path]) => !faults.has(path));
  return { ...(await editBins(ports, repository, valid, options)), refused: [...faults.values()].flat() };
}

function requireMap(targets: unknown): void {
  if (!isMap(targets)) {
    throw new InvalidTargetsError([
      { code: "INVALID_TARGET", path: "", reason: "a Map from paths to targets is needed" },
    ]);
  }
}

function isMap(given: unknown): boolean {
  return typeof given === "object" && given !== null && Symbol.iterator in given && "get" in given;
}
