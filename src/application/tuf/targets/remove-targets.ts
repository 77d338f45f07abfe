import { InvalidTargetsError, type TargetFault } from "../../../../domain/tuf/errors.js";
import { shownPath, targetPathFault } from "../../../../domain/tuf/target-path.js";
import { editBins, type EditOptions, type EditPorts, type EditReport } from "./edit-bins.js";

/**
 * Removes targets durably; they vanish from the published metadata with the next publish. Paths that are not there are
 * fine: removing twice is removing.
 * @throws {TufError} INVALID_TARGET_PATH (an `InvalidTargetsError` with every fault of the call), REPOSITORY_NOT_FOUND
 * @throws {DistinctionError} ABORTED
 */
export async function removeTargets(
  ports: EditPorts,
  repository: string,
  paths: Iterable<string>,
  options?: EditOptions,
): Promise<EditReport> {
  // A text is a list of its characters, and would be taken for so many paths.
  if (typeof paths !== "object" || paths === null || !(Symbol.iterator in paths)) {
    throw new InvalidTargetsError([{ code: "INVALID_TARGET_PATH", path: "", reason: "a list of paths is needed" }]);
  }
  const unique = new Set(paths);
  const [first, ...others] = [...unique].flatMap(pathFaults);
  if (first !== undefined) throw new InvalidTargetsError([first, ...others]);
  const edits = new Map(Array.from(unique, (path) => [path, null] as const));
  return editBins(ports, repository, edits, options);
}

function pathFaults(path: string): readonly TargetFault[] {
  const reason = targetPathFault(path);
  return reason === undefined ? [] : [{ code: "INVALID_TARGET_PATH", path: shownPath(path), reason }];
}
