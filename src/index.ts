/** The public surface: records that remember their originals, images on top, and the module to embed them. */
export {
  bigint,
  binary,
  boolean,
  constrained,
  decimal,
  fixed,
  instant,
  integer,
  json,
  nullable,
  oneOf,
  secret,
  text,
  withInitial,
  type AttributeType,
} from "../domain/distinction/attribute-type.js";
export type { Change } from "../domain/distinction/change.js";
export { changePath, describeChangeSet, type ChangeSet } from "../domain/distinction/change-set.js";
export type { Clock } from "../domain/distinction/clock.js";
export { entries, setOf, type CollectionType } from "../domain/distinction/collection-type.js";
export { BatchConflictError } from "../domain/distinction/batch-errors.js";
export { DistinctRepository } from "../domain/distinction/distinct-repository.js";
export type { Comparisons, ListPage, ListQuery } from "../domain/distinction/list-query.js";
export {
  ConflictError,
  DISTINCTION_ERROR_CODES,
  DistinctionError,
  InvalidValueError,
  type DistinctionErrorCode,
  type Fault,
} from "../domain/distinction/errors.js";
export type { JsonValue } from "../domain/distinction/json-text.js";
export type { RecordEvent, RepositoryObserver } from "../domain/distinction/observer.js";
export type { Overlap } from "../domain/distinction/overlap.js";
export { REFUSE, type Policy, type PolicyFunction, type ThreeWay } from "../domain/distinction/policy.js";
export type { EntryScope } from "../domain/distinction/record-state.js";
export type { ApplyOutcome, RecordStore } from "../domain/distinction/record-store.js";
export {
  recordType,
  type IdOf,
  type NewRecordOf,
  type RecordOf,
  type RecordType,
} from "../domain/distinction/record-type.js";
export type { RetrySettings } from "../domain/distinction/retry.js";
export type {
  RepositoryEnvironment,
  SaveOptions,
  SaveResult,
  Subject,
  TriedSave,
} from "../domain/distinction/save-options.js";
export { changeSetFromJson, changeSetToJson } from "../domain/distinction/change-set-json.js";
export { whoChanged, type Authorship, type History, type HistoryEntry } from "../domain/distinction/history.js";
export type {
  TransactionScope,
  UnitBinding,
  UnitMember,
  UnitOfWork,
  UnitOptions,
} from "../domain/distinction/unit-of-work.js";
export { ImageFactoryProxy } from "../domain/image/image-factory-proxy.js";
export type { ImageFactory } from "../domain/image/image-factory.js";
export { ImageRepositoryProxy } from "../domain/image/image-repository-proxy.js";
export type { ImageRepository } from "../domain/image/image-repository.js";
export { imageType, type Image, type NewImage } from "../domain/image/image-type.js";
export { systemClock } from "../infrastructure/clock/system-clock.js";
export { createTables } from "../infrastructure/persistence/create-table.js";
export { Database } from "../infrastructure/persistence/database.js";
export { openDatabase, type OpenOptions } from "../infrastructure/persistence/open-database.js";
export { recordTable, type RecordTable } from "../infrastructure/persistence/record-table.js";
export type { Statement } from "../infrastructure/persistence/session.js";
export { HistoryRecordStore } from "../infrastructure/persistence/history-record-store.js";
export { SqlHistory } from "../infrastructure/persistence/sql-history.js";
export { SqlUnitOfWork } from "../infrastructure/persistence/sql-unit-of-work.js";
export { SqlRecordStore } from "../infrastructure/persistence/sql-record-store.js";
export { distinct, type DistinctOptions, type EntityRepository } from "./composition/distinct.js";
export { distinctionModule } from "./composition/distinction-module.js";
export type { DistinctionOptions, TufOptions } from "./composition/distinction-options.js";
export { openDistinction, type Distinction, type DistinctionWithTuf } from "./composition/open-distinction.js";
export { TOKENS } from "./composition/tokens.js";
