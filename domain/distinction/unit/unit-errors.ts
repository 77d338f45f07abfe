import { DistinctionError } from "../errors.js";

/**
 * Thrown inside a unit whose run is lost: it will be undone and run again, even where the work catches this. No
 * `ConflictError`, so that nothing inside takes it for a conflict that it could resolve.
 */
export function unitRerun(reason: string): DistinctionError {
  return new DistinctionError("UNIT_RERUN", `unit of work runs again: ${reason}`);
}

export function unitOver(): DistinctionError {
  return unitMisused("this unit has ended, and its repositories and records with it");
}

export function unitMisused(reason: string): DistinctionError {
  return new DistinctionError("UNIT_MISUSED", `unit of work: ${reason}`);
}
