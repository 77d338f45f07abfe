import { InvalidTargetsError } from "../../domain/tuf/errors.js";
import { type Target, targetFaults } from "../../domain/tuf/target.js";
import { editBins, type EditPorts, type EditReport } from "./edit-bins.js";

/**
 * Accepts targets durably; they become visible with the next publish. All are checked before any is written.
 * @param targets by path; a path that is there already is replaced
 * @throws {TufError} INVALID_TARGET_PATH, INVALID_TARGET (an `InvalidTargetsError` with every fault of the call),
 *   REPOSITORY_NOT_FOUND
 */
export async function addTargets(
  ports: EditPorts,
  repository: string,
  targets: ReadonlyMap<string, Target>,
): Promise<EditReport> {
  const [first, ...others] = Array.from(targets, ([path, target]) => targetFaults(path, target)).flat();
  if (first !== undefined) throw new InvalidTargetsError([first, ...others]);

  return editBins(ports, repository, targets.keys(), (bin, paths) => {
    const ofBin = new Map([...paths].map((path) => [path, targets.get(path)!]));
    return ports.edits.put(repository, bin, ofBin);
  });
}
