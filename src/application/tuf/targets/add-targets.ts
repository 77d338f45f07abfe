import { InvalidTargetsError, type TargetFault } from "../../../../domain/tuf/errors.js";
import { type Target, targetFaults } from "../../../../domain/tuf/target.js";
import { editBins, type EditOptions, type EditPorts, type EditReport } from "./edit-bins.js";

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
  if (!isMap(targets)) {
    throw new InvalidTargetsError([
      { code: "INVALID_TARGET", path: "", reason: "a Map from paths to targets is needed" },
    ]);
  }
  const [first, ...others] = faultsOf(targets);
  if (first !== undefined) throw new InvalidTargetsError([first, ...others]);
  return editBins(ports, repository, targets, options);
}

/** Every fault of every target: none where `addTargets` would accept them all. */
export function faultsOf(targets: ReadonlyMap<string, Target>): readonly TargetFault[] {
  return Array.from(targets, ([path, target]) => targetFaults(path, target)).flat();
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
  const refused: TargetFault[] = [];
  const valid = [...targets].filter(([path, target]) => {
    const faults = targetFaults(path, target);
    refused.push(...faults);
    return faults.length === 0;
  });
  return { ...(await editBins(ports, repository, valid, options)), refused };
}

function isMap(given: unknown): boolean {
  return typeof given === "object" && given !== null && Symbol.iterator in given && "get" in given;
}
