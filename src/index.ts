/** The public surface: records that remember their originals, images on top, and the module to embed them. */
export { constrained, fixed, nullable, secret, withInitial } from "../domain/distinction/types/attribute-rules.js";
export type { AttributeType } from "../domain/distinction/types/attribute-type.js";
export { binary } from "../domain/distinction/types/binary-type.js";
export { instant } from "../domain/distinction/types/instant-type.js";
export { json } from "../domain/distinction/types/json-type.js";
export { bigint, boolean, decimal, integer } from "../domain/distinction/types/number-types.js";
export { oneOf, text } from "../domain/distinction/types/text-types.js";
export type { Change } from "../domain/distinction/diff/change.js";
export { changePath, describeChangeSet, type ChangeSet } from "../domain/distinction/diff/change-set.js";
export type { Clock } from "../domain/distinction/clock.js";
export { entries, listOf, setOf, type CollectionType } from "../domain/distinction/types/collection-type.js";
export { BatchConflictError, BatchRemovedError } from "../domain/distinction/save/batch-errors.js";
export { DistinctRepository } from "../domain/distinction/distinct-repository.js";
export { Explanation, type ExplainedChange, type PlannedStatement } from "../domain/distinction/save/explanation.js";
export type { Comparisons } from "../domain/distinction/merge/condition.js";
export type { ListPage, ListQuery } from "../domain/distinction/list-query.js";
export {
  ConflictError,
  DISTINCTION_ERROR_CODES,
  DistinctionError,
  InvalidMergeError,
  InvalidValueError,
  RecordExistsError,
  RemovedMeanwhileError,
  type DistinctionErrorCode,
  type Fault,
  type IdTaken,
} from "../domain/distinction/errors.js";
export { HookFailedWarning } from "../domain/distinction/hooks.js";
export type { Guard, GuardRule } from "../domain/distinction/merge/guard.js";
export type { JsonValue } from "../domain/distinction/json/json-value.js";
export type { Operation, OperationSubject, RecordEvent, RepositoryObserver } from "../domain/distinction/observer.js";
export { orderedEntries, type OrderedEntries } from "../domain/distinction/record/ordered-entries.js";
export type { Overlap } from "../domain/distinction/merge/overlap.js";
export { REFUSE, type Policy, type PolicyFunction, type ThreeWay } from "../domain/distinction/merge/policy.js";
export type { EntryScope } from "../domain/distinction/record/record-state.js";
export type { ApplyOutcome, RecordStore } from "../domain/distinction/record-store.js";
export {
  recordType,
  type Edit,
  type IdOf,
  type NewRecordOf,
  type RecordOf,
  type RecordType,
} from "../domain/distinction/types/record-type.js";
export type { RetrySettings } from "../domain/distinction/save/retry.js";
export type { RepositoryEnvironment } from "../domain/distinction/repository-environment.js";
export type {
  RemoveOptions,
  SaveOptions,
  SaveResult,
  Subject,
  TriedSave,
  UpdateOptions,
  WaitOptions,
  WriteOptions,
} from "../domain/distinction/save/save-options.js";
export { changeSetFromJson, changeSetToJson } from "../domain/distinction/diff/change-set-json.js";
export { whoChanged, type Authorship, type History, type HistoryEntry } from "../domain/distinction/history.js";
export type {
  TransactionScope,
  UnitBinding,
  UnitMember,
  UnitOfWork,
  UnitOptions,
} from "../domain/distinction/unit/unit-of-work.js";
export { mayGet, type Caller } from "../domain/image/caller.js";
export { DistinctImageRepository } from "../domain/image/distinct-image-repository.js";
export { DistinctMemberRepository } from "../domain/image/distinct-member-repository.js";
export { imageFromDocument, imageToDocument, type ImageDocument } from "../domain/image/image-document.js";
export { ImageFactoryProxy } from "../domain/image/image-factory-proxy.js";
export type { ImageFactory } from "../domain/image/image-factory.js";
export { ImageGateway, type ImageGatewayOptions, type ImageLayer } from "../domain/image/image-gateway.js";
export { patchImage, type PatchOptions } from "../domain/image/image-patch.js";
export { ImageProxy } from "../domain/image/image-proxy.js";
export type { ImageConditions, ImagePage, ImageQuery } from "../domain/image/image-query.js";
export { DEFAULT_QUOTAS, type ImageQuotas } from "../domain/image/image-quotas.js";
export type { ImageUpkeep } from "../domain/image/image-upkeep.js";
export { ImageRepositoryProxy } from "../domain/image/image-repository-proxy.js";
export type { ImageRepository } from "../domain/image/image-repository.js";
export { deactivate, moveTo, reactivate } from "../domain/image/image-steps.js";
export {
  imageType,
  READ_ONLY_ATTRIBUTES,
  type Image,
  type ImagePolicies,
  type NewImage,
} from "../domain/image/image-type.js";
export type { PatchOperation } from "../domain/image/json-patch.js";
export { newLocation, type ImageLocation } from "../domain/image/location.js";
export { ImageMemberRepositoryProxy } from "../domain/image/member-repository-proxy.js";
export type { ImageMemberRepository } from "../domain/image/member-repository.js";
export type { MemberStore } from "../domain/image/member-store.js";
export { memberType, type ImageMember, type MemberStatus } from "../domain/image/member-type.js";
export { PatchError } from "../domain/image/patch-error.js";
export { canBecome, STATUS_MACHINE, type ImageStatus } from "../domain/image/status-machine.js";
export { systemClock } from "../infrastructure/clock/system-clock.js";
export { createTables } from "../infrastructure/persistence/records/create-table.js";
export { Database } from "../infrastructure/persistence/connection/database.js";
export { openDatabase, type OpenOptions } from "../infrastructure/persistence/connection/open-database.js";
export { recordTable, type RecordTable } from "../infrastructure/persistence/records/record-table.js";
export type { StatementEvent } from "../infrastructure/persistence/connection/observed-connection.js";
export type { Statement } from "../infrastructure/persistence/connection/session.js";
export { HistoryRecordStore } from "../infrastructure/persistence/history/history-record-store.js";
export { HISTORY_MIGRATIONS } from "../infrastructure/persistence/migrations/index.js";
export { SqlHistory } from "../infrastructure/persistence/history/sql-history.js";
export { SqlUnitOfWork } from "../infrastructure/persistence/units/sql-unit-of-work.js";
export { SqlRecordStore } from "../infrastructure/persistence/records/sql-record-store.js";
export { imageTable } from "../infrastructure/persistence/images/image-table.js";
export { memberTable } from "../infrastructure/persistence/images/member-table.js";
export { SqlImageUpkeep } from "../infrastructure/persistence/images/sql-image-upkeep.js";
export { SqlMemberStore } from "../infrastructure/persistence/images/sql-member-store.js";
export type { CatalogueLine } from "./application/images/catalogue-line.js";
export { exportImages, type ExportOptions } from "./application/images/export-images.js";
export { importImages, type ImportOptions, type ImportReport } from "./application/images/import-images.js";
export { purgeImages, type PurgeOptions } from "./application/images/purge-images.js";
export { distinct, type DistinctOptions, type EntityRepository } from "./composition/distinct.js";
export { historyIn, joinTransaction, unitOfWork, type DataSourceUse } from "./composition/existing-data-source.js";
export { distinctionModule } from "./composition/distinction-module.js";
export type { DistinctionOptions, KeyOptions, TufOptions } from "./composition/distinction-options.js";
export { openDistinction, type Distinction, type DistinctionWithTuf } from "./composition/open-distinction.js";
export { TOKENS } from "./composition/tokens.js";
