import type { Overlap } from "./merge/overlap.js";

/** Every code an error of this layer can carry. `docs/errors.md` documents each; a test keeps the two equal. */
export const DISTINCTION_ERROR_CODES = [
  "ABORTED",
  "AFFECTED_ROWS_UNRELIABLE",
  "CONFLICT",
  "CORRUPT_RECORD",
  "DATABASE_ERROR",
  "DATABASE_UNAVAILABLE",
  "DRIVER_MISSING",
  "FORBIDDEN",
  "INVALID_DATABASE_URL",
  "INVALID_PATCH",
  "INVALID_RECORD_TYPE",
  "INVALID_VALUE",
  "MARKER_NOT_FOUND",
  "MISSING_COLUMN",
  "MISSING_TABLE",
  "NOT_LOADED",
  "OBSERVER_MISUSED",
  "RECORD_EXISTS",
  "RECORD_NOT_FOUND",
  "RECORD_REMOVED",
  "RETRIES_EXHAUSTED",
  "SCHEMA_AHEAD",
  "SCHEMA_BEHIND",
  "STATEMENT_TOO_LARGE",
  "TRANSACTION_ENDED",
  "TRANSACTION_LOST",
  "UNIQUE_VALUE_TAKEN",
  "UNIT_MISUSED",
  "UNIT_RERUN",
  "UNSAFE_CHARACTER_SET",
  "UNSAFE_ISOLATION",
  "UNSAFE_KEY_COLLATION",
  "UNSAFE_POSITION_COLUMN",
  "UNSAFE_SQL_MODE",
  "UNSAFE_TABLE_ENGINE",
  "UNSAFE_TIME_COLUMN",
  "UNSAFE_VERSION_COLUMN",
  "UNSUPPORTED_SERVER",
  "UNTRACKED_RECORD",
  "UNVERSIONED_TABLE",
] as const;

export type DistinctionErrorCode = (typeof DISTINCTION_ERROR_CODES)[number];

/** The root of the hierarchy: branch on `code`, show `message` to people. Messages hold no SQL and no secret values. */
export class DistinctionError extends Error {
  readonly code: DistinctionErrorCode;

  constructor(code: DistinctionErrorCode, message: string, options?: ErrorOptions) {
    super(printable(message), options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Names come from callers: none may hide a part of the message, or forge a line of a log. */
function printable(message: string): string {
  return message
    .toWellFormed()
    .replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** One reason why a value does not belong where it was put. */
export interface Fault {
  /** Where several records were given: the id of the one that it is about, as far as it has one. */
  readonly id?: string;
  /** Attribute, `collection["key"]`, or a JSON path below an attribute. */
  readonly path: string;
  /** What the rule asks for and what was found, e.g. `at most 255 characters, got a string of 300`. */
  readonly reason: string;
}

/** Values that break the record type's rules. All faults of the record are listed; nothing was written. */
export class InvalidValueError extends DistinctionError {
  /** Name of the record type, or of what else was given the values. */
  readonly record: string;
  /** The record's id, where one record is meant and it has one; the parts of a composite one joined. */
  readonly id: string | undefined;
  readonly faults: readonly Fault[];

  constructor(record: string, faults: readonly Fault[], id?: string) {
    const subject = id === undefined ? record : `${record} ${id}`;
    super("INVALID_VALUE", `${subject}: ${faults.map(describeFault).join("; ")}`);
    this.record = record;
    this.id = id;
    this.faults = faults;
  }
}

function describeFault({ id, path, reason }: Fault): string {
  return id === undefined ? `${path}: ${reason}` : `${path} of ${id}: ${reason}`;
}

/** Valid edits of two writers that make an invalid record together. Nothing was written; `update` runs again. */
export class InvalidMergeError extends InvalidValueError {}

/** What a caller needs to show a conflict, or to resolve it and save again. */
export interface ConflictDetails {
  readonly record: string;
  readonly id: string;
  /** Version that the caller's changes were made against. */
  readonly baseVersion: number;
  /** Version found in the store. */
  readonly currentVersion: number;
  /** Writes attempted before giving up, this one included. */
  readonly attempts: number;
  readonly overlaps: readonly Overlap[];
}

function describeConflict({ baseVersion, currentVersion, overlaps }: ConflictDetails): string {
  // Somebody may have written without changing what is looked at here.
  const paths = overlaps.length === 0 ? "" : `: ${overlaps.map(describeOverlap).join(", ")}`;
  return baseVersion === currentVersion
    ? `not as expected at version ${currentVersion}${paths}`
    : `changed by another writer since version ${baseVersion} (now ${currentVersion})${paths}`;
}

function describeOverlap({ path, policy, reason }: Overlap): string {
  return reason === undefined ? path : `${path} (policy ${policy}: ${reason})`;
}

/**
 * The record was removed since it was loaded, or is out of its caller's sight since then. Nothing was written, the object
 * is untouched: it can be added again as a new record, or let go.
 */
export class RemovedMeanwhileError extends DistinctionError {
  readonly record: string;
  readonly id: string;
  /** Version that the caller's changes were made against. */
  readonly baseVersion: number;

  constructor({ record, id, baseVersion }: Pick<ConflictDetails, "record" | "id" | "baseVersion">) {
    super("RECORD_NOT_FOUND", `${record} ${id}: removed since it was loaded at version ${baseVersion}`);
    this.record = record;
    this.id = id;
    this.baseVersion = baseVersion;
  }
}

/** An id under which no record can be added. */
export interface IdTaken {
  readonly id: string;
  /** Whether by a record that was removed. A caller who does not see all records is told `false` in any case. */
  readonly isDeleted: boolean;
}

/** Ids of new records are taken. Nothing was written. */
export class RecordExistsError extends DistinctionError {
  constructor(
    readonly record: string,
    /** What the message names of them. */
    named: string,
    readonly taken: readonly IdTaken[],
  ) {
    super("RECORD_EXISTS", `${record} ${named}`);
  }
}

/** Another writer changed the same thing and the policy refuses to choose. Nothing was written, the object is untouched. */
export class ConflictError extends DistinctionError implements ConflictDetails {
  readonly record: string;
  readonly id: string;
  readonly baseVersion: number;
  readonly currentVersion: number;
  readonly attempts: number;
  readonly overlaps: readonly Overlap[];

  constructor(details: ConflictDetails) {
    super("CONFLICT", `${details.record} ${details.id}: ${describeConflict(details)}`);
    this.record = details.record;
    this.id = details.id;
    this.baseVersion = details.baseVersion;
    this.currentVersion = details.currentVersion;
    this.attempts = details.attempts;
    this.overlaps = details.overlaps;
  }
}
