import { givenPaths } from "./given-paths.js";
import { editBins, type EditOptions, type EditPorts, type EditReport } from "./edit-bins.js";

/**
 * Removes targets durably; they vanish from the published metadata with the next publish. Paths that are not there are
 * fine: removing twice is removing.
 * @returns how many were there, and what held them
 * @throws {TufError} INVALID_TARGET_PATH (an `InvalidTargetsError` with every fault of the call), REPOSITORY_NOT_FOUND
 * @throws {DistinctionError} ABORTED
 */
export async function removeTargets(
  ports: EditPorts,
  repository: string,
  paths: Iterable<string>,
  options?: EditOptions,
): Promise<EditReport> {
  const edits = new Map(Array.from(givenPaths(paths), (path) => [path, null] as const));
  return editBins(ports, repository, edits, options);
}
