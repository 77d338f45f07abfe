import { ConflictError, DistinctionError, RecordExistsError } from "../errors.js";
import { idText, type RecordId } from "../record/record-id.js";
import type { TakenId } from "../record-store.js";
import type { AnyRecordType } from "../types/record-type.js";

/** Several records of one batch conflict. The fields are those of the first; nothing of the batch was written. */
export class BatchConflictError extends ConflictError {
  /** One for every record that conflicts, in the order of the batch. */
  readonly conflicts: readonly ConflictError[];

  constructor(conflicts: readonly [ConflictError, ...ConflictError[]]) {
    super(conflicts[0]);
    this.conflicts = conflicts;
    if (conflicts.length > 1) this.message = conflicts.map(({ message }) => message).join("; ");
  }
}

/** Most ids that a message names. */
const MOST_NAMED = 20;

export function noneOf(type: AnyRecordType, ids: readonly RecordId[]): DistinctionError {
  return new DistinctionError("RECORD_NOT_FOUND", `${type.name} ${listed(ids.map(idText))} does not exist`);
}

export function allExist(type: AnyRecordType, taken: readonly TakenId[]): RecordExistsError {
  const ids = taken.map(({ id, isDeleted }) => ({ id: idText(id), isDeleted }));
  const names = ids.map(({ id, isDeleted }) => (isDeleted ? `${id} (deleted)` : id));
  return new RecordExistsError(type.name, `${listed(names)}: the id is taken`, ids);
}

function listed(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  return names.slice(0, MOST_NAMED).join(", ") + more;
}
