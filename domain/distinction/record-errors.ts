import { ConflictError, DistinctionError, RecordExistsError, RemovedMeanwhileError } from "./errors.js";
import type { Overlap } from "./merge/overlap.js";
import { idFrom, idText, type RecordId } from "./record/record-id.js";
import type { InsertOutcome } from "./record-store.js";
import type { RecordState } from "./record/record-state.js";
import type { AnyRecordType } from "./types/record-type.js";

export function notFound(type: AnyRecordType, id: RecordId): DistinctionError {
  return new DistinctionError("RECORD_NOT_FOUND", `${type.name} ${idText(id)} does not exist`);
}

/** What an object shows, its removal included, is stored no more: its version may be another state's by now. */
export function undone(type: AnyRecordType, original: RecordState): DistinctionError {
  const id = idText(idFrom(type, original.attributes));
  const message = `${type.name} ${id}: what this object shows was undone, by going back to a savepoint: load it again`;
  return new DistinctionError("UNTRACKED_RECORD", message);
}

/** An entry that the record's scope left out is needed. */
export function notLoaded(type: AnyRecordType, id: string | undefined, reason: string): DistinctionError {
  return new DistinctionError("NOT_LOADED", `${id === undefined ? type.name : `${type.name} ${id}`}: ${reason}`);
}

/** There is no record any more of which `original` was loaded. */
export function removedMeanwhile(type: AnyRecordType, original: RecordState): RemovedMeanwhileError {
  const id = idText(idFrom(type, original.attributes));
  return new RemovedMeanwhileError({ record: type.name, id, baseVersion: original.version });
}

export function alreadyExists(
  type: AnyRecordType,
  state: RecordState,
  outcome: Exclude<InsertOutcome, "applied">,
): RecordExistsError {
  const id = idText(idFrom(type, state.attributes));
  const isDeleted = outcome === "deleted";
  const owner = isDeleted ? " by a record that is deleted" : "";
  return new RecordExistsError(type.name, `${id}: the id is taken${owner}`, [{ id, isDeleted }]);
}

export function conflict(
  type: AnyRecordType,
  original: RecordState,
  current: RecordState,
  attempts: number,
  overlaps: readonly Overlap[],
): ConflictError {
  return new ConflictError({
    record: type.name,
    id: idText(idFrom(type, original.attributes)),
    baseVersion: original.version,
    currentVersion: current.version,
    attempts,
    overlaps,
  });
}
