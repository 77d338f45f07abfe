import { ConflictError, DistinctionError, RecordExistsError, RemovedMeanwhileError } from "../errors.js";
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

/** Several records of one batch were removed since they were loaded. The fields are those of the first. */
export class BatchRemovedError extends RemovedMeanwhileError {
  /** One for every record that was removed, in the order of the batch. */
  readonly removals: readonly RemovedMeanwhileError[];

  constructor(removals: readonly [RemovedMeanwhileError, ...RemovedMeanwhileError[]]) {
    super(removals[0]);
    this.removals = removals;
    const names = removals.map(({ id, baseVersion }) => `${id} (at version ${baseVersion})`);
    if (removals.length > 1) this.message = `${this.record} ${named(names)}: removed since they were loaded`;
  }
}

/** Most ids that a message names. */
const MOST_NAMED = 20;

export function noneOf(type: AnyRecordType, ids: readonly RecordId[]): DistinctionError {
  return new DistinctionError("RECORD_NOT_FOUND", `${type.name} ${named(ids.map(idText))} does not exist`);
}

export function allExist(type: AnyRecordType, taken: readonly TakenId[]): RecordExistsError {
  const ids = taken.map(({ id, isDeleted }) => ({ id: idText(id), isDeleted }));
  const names = ids.map(({ id, isDeleted }) => (isDeleted ? `${id} (deleted)` : id));
  return new RecordExistsError(type.name, `${named(names)}: the id is taken`, ids);
}

/** The names, as far as a message holds them. */
export function named(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  return names.slice(0, MOST_NAMED).join(", ") + more;
}
