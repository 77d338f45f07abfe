import { InvalidTargetsError, type TargetFault } from "../../../../domain/tuf/errors.js";
import { GivenTargets } from "../../../../domain/tuf/given-targets.js";
import type { Target } from "../../../../domain/tuf/target.js";
import { existingRepository } from "../existing-repository.js";
import { editBins, type EditOptions, type EditPorts, type EditReport } from "./edit-bins.js";
import { roomFaults } from "./role-room.js";
import { TargetPlaces } from "./target-places.js";

type AskingPorts = Pick<EditPorts, "store" | "codec">;

/**
 * Accepts targets durably; they become visible with the next publish. All are checked before any is written, and taken as they
 * are when they are given: what becomes of the caller's objects later changes nothing.
 * @param targets by path; a path that is there already is replaced
 * @throws {TufError} INVALID_TARGET_PATH, INVALID_TARGET (an `InvalidTargetsError` with every fault of the call),
 *   METADATA_TOO_LARGE, REPOSITORY_NOT_FOUND
 * @throws {DistinctionError} ABORTED
 */
export async function addTargets(
  ports: EditPorts,
  repository: string,
  targets: ReadonlyMap<string, Target>,
  options?: EditOptions,
): Promise<EditReport> {
  return editBins(ports, repository, givenBy(targets).checked(), options);
}

/**
 * What `addTargets` would refuse, by path; nothing of a target that it would accept. Of those that a role has no room for, the
 * last ones.
 * @throws {TufError} REPOSITORY_NOT_FOUND
 */
export async function faultsByPath(
  ports: AskingPorts,
  repository: string,
  targets: ReadonlyMap<string, Target>,
): Promise<ReadonlyMap<string, readonly TargetFault[]>> {
  return faultsOf(ports, repository, givenBy(targets));
}

export interface PartialReport extends EditReport {
  /** Every fault of every target that was refused. */
  readonly refused: readonly TargetFault[];
}

/**
 * As `addTargets`, but accepts what can be accepted and tells of the rest.
 * @throws {TufError} REPOSITORY_NOT_FOUND; METADATA_TOO_LARGE where others took the room meanwhile
 * @throws {DistinctionError} ABORTED
 */
export async function addValidTargets(
  ports: EditPorts,
  repository: string,
  targets: ReadonlyMap<string, Target>,
  options?: EditOptions,
): Promise<PartialReport> {
  const given = givenBy(targets);
  const faults = await faultsOf(ports, repository, given);
  const valid = new Map([...given.targets].filter(([path]) => !faults.has(path)));
  return { ...(await editBins(ports, repository, valid, options)), refused: [...faults.values()].flat() };
}

async function faultsOf(
  { store, codec }: AskingPorts,
  repository: string,
  given: GivenTargets,
): Promise<ReadonlyMap<string, readonly TargetFault[]>> {
  const kept = await existingRepository(store, repository);
  if (kept.customRoles.length === 0) return given.faults;
  const places = new TargetPlaces(kept, codec);
  const faults = new Map(given.faults);
  for (const path of given.targets.keys()) {
    const hidden = places.faultsOf(path);
    if (hidden.length > 0) faults.set(path, hidden);
  }
  const findable = [...given.targets].filter(([path]) => !faults.has(path));
  const crowding = await roomFaults({ store }, repository, places, places.editsOf(findable));
  return new Map([...faults, ...crowding]);
}

function givenBy(targets: ReadonlyMap<string, Target>): GivenTargets {
  if (!isMap(targets)) {
    throw new InvalidTargetsError([
      { code: "INVALID_TARGET", path: "", reason: "a Map from paths to targets is needed" },
    ]);
  }
  return GivenTargets.of(targets);
}

function isMap(given: unknown): boolean {
  return typeof given === "object" && given !== null && Symbol.iterator in given && "get" in given;
}
