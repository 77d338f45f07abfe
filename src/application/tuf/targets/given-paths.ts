import { InvalidTargetsError, type TargetFault } from "../../../../domain/tuf/errors.js";
import { shownPath, targetPathFault } from "../../../../domain/tuf/target-path.js";

/**
 * Paths as a caller gives them, read once, each once.
 * @throws {TufError} INVALID_TARGET_PATH (an `InvalidTargetsError` with every fault of the call)
 */
export function givenPaths(paths: Iterable<string>): ReadonlySet<string> {
  // A text is a list of its characters, and would be taken for so many paths.
  if (typeof paths !== "object" || (paths as unknown) === null || !(Symbol.iterator in paths)) {
    throw new InvalidTargetsError([{ code: "INVALID_TARGET_PATH", path: "", reason: "a list of paths is needed" }]);
  }
  const unique = new Set(paths);
  const [first, ...others] = [...unique].flatMap(pathFaults);
  if (first !== undefined) throw new InvalidTargetsError([first, ...others]);
  return unique;
}

function pathFaults(path: string): readonly TargetFault[] {
  const reason = targetPathFault(path);
  return reason === undefined ? [] : [{ code: "INVALID_TARGET_PATH", path: shownPath(path), reason }];
}
