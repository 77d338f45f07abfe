import { InvalidTargetsError, type TargetFault } from "../../domain/tuf/errors.js";
import { shownPath, targetPathFault } from "../../domain/tuf/target-path.js";
import { editBins, type EditPorts, type EditReport } from "./edit-bins.js";

/**
 * Removes targets durably; they vanish from the published metadata with the next publish. Paths that are not there are
 * fine: removing twice is removing.
 * @throws {TufError} INVALID_TARGET_PATH (an `InvalidTargetsError` with every fault of the call), REPOSITORY_NOT_FOUND
 */
export async function removeTargets(
  ports: EditPorts,
  repository: string,
  paths: Iterable<string>,
): Promise<EditReport> {
  const unique = new Set(paths);
  const [first, ...others] = [...unique].flatMap(pathFaults);
  if (first !== undefined) throw new InvalidTargetsError([first, ...others]);
  return editBins(ports, repository, unique, (bin, ofBin) => ports.edits.drop(repository, bin, ofBin));
}

function pathFaults(path: string): readonly TargetFault[] {
  const reason = targetPathFault(path);
  return reason === undefined ? [] : [{ code: "INVALID_TARGET_PATH", path: shownPath(path), reason }];
}
