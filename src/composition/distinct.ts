import type { DataSource, EntityTarget, ObjectLiteral } from "typeorm";
import {
  aFlag,
  aFunction,
  anObject,
  aPlainObject,
  optionFaults,
  requireArguments,
  someGroups,
  someNames,
  type Rules,
} from "../../domain/distinction/arguments.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { DistinctionError, type Fault } from "../../domain/distinction/errors.js";
import type { Policy } from "../../domain/distinction/merge/policy.js";
import { recordType, type ShapedRecordType } from "../../domain/distinction/types/record-type.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { entityMapping, type EntityMapping } from "../../infrastructure/persistence/entities/entity-table.js";
import { entityShape } from "../../infrastructure/persistence/entities/entity-shape.js";
import { requireSupported } from "../../infrastructure/persistence/connection/existing-database.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { aDataSource, DATA_SOURCE_USE, databaseOf, type DataSourceUse } from "./existing-data-source.js";

export interface DistinctOptions<E extends object> extends DataSourceUse {
  /** By property: `views`, `address.street`, or the array of owned children. `reject` where none is named. */
  readonly policies?: Readonly<Partial<Record<string, Policy>>>;
  /** Properties that conflict together. */
  readonly groups?: readonly (readonly string[])[];
  /** Rules across properties; runs before every write, again after every merge. */
  readonly validate?: (entity: E) => readonly Fault[];
  /** Columns and relations to leave alone: neither read, nor written, nor refused. */
  readonly ignore?: readonly string[];
  /** Properties whose values no message may show; those of owned children as `labels.token`. */
  readonly secret?: readonly string[];
  /**
   * Whether to keep the history of every write, in its transaction; false by default. Needs the tables of
   * `HISTORY_MIGRATIONS`, which are never created unasked: without them writes throw `MISSING_TABLE`.
   */
  readonly history?: boolean;
  /** Who writes, for the history: asked before every write that `history` keeps and that names nobody, at no other. */
  readonly actor?: () => string | undefined;
}

/** All there are: a misspelt one (`secrets`) would be passed over in silence by callers without types. */
const OPTIONS: Rules<keyof DistinctOptions<object>> = {
  ...DATA_SOURCE_USE,
  policies: aPlainObject,
  groups: someGroups,
  validate: aFunction,
  ignore: someNames,
  secret: someNames,
  history: aFlag,
  actor: aFunction,
};

/** A repository of instances of an entity's class. */
export type EntityRepository<E extends object> = DistinctRepository<ShapedRecordType<E>>;

/**
 * The repository of a TypeORM entity of yours, over your data source: it writes what changed, checks the version, and
 * merges with whoever wrote in between. The data source stays yours: its settings are not changed, and it is not closed.
 *
 * @param dataSource initialised; MySQL, MariaDB or SQLite (better-sqlite3)
 * @param entity a class with decorators, an EntitySchema, or an entity's name
 * @throws DistinctionError `INVALID_RECORD_TYPE` naming the property that has no form as a record, `UNVERSIONED_TABLE`
 *   with the migration that adds the version column, `UNSUPPORTED_SERVER` for any other kind of database,
 *   `DATABASE_UNAVAILABLE` where the data source is not initialised
 */
export function distinct<E extends ObjectLiteral>(
  dataSource: DataSource,
  entity: EntityTarget<E>,
  options: DistinctOptions<E> = {},
): EntityRepository<E> {
  requireArguments("distinct", { dataSource: [dataSource, aDataSource] });
  const [fault] = optionFaults(OPTIONS, options);
  if (fault !== undefined) {
    throw new DistinctionError("INVALID_RECORD_TYPE", `distinct: ${fault.path}: ${fault.reason}`);
  }
  requireSupported(dataSource);
  if (!dataSource.isInitialized) {
    throw new DistinctionError("DATABASE_UNAVAILABLE", "initialise the data source before `distinct`");
  }
  if (!isEntity(dataSource, entity)) {
    throw new DistinctionError("INVALID_RECORD_TYPE", "distinct: the data source has no such entity");
  }
  const { clock = systemClock, random = Math.random, retry = {}, actor, observer, history = false } = options;
  const mapping = entityMapping(dataSource.getMetadata(entity), {
    ignore: options.ignore ?? [],
    secret: options.secret ?? [],
    now: () => clock.now(),
  });
  const type = entityType(mapping, options);
  const database = databaseOf(dataSource, options);
  const table = { ...mapping.table, type };
  // Not the time, for which TypeORM's version columns are too short; what was removed under the same key is not met again.
  const firstVersion = (): number => 1 + Math.floor(random() * mapping.versionStarts);
  const environment = { clock, random, retry, actor, observer, firstVersion };
  const store = history ? new HistoryRecordStore(database, table, environment) : new SqlRecordStore(database, table);
  return new DistinctRepository(type, store, environment);
}

/** TypeORM cannot be asked about everything. */
function isEntity(dataSource: DataSource, entity: unknown): boolean {
  const isTarget = typeof entity === "string" || typeof entity === "function" || anObject(entity) === undefined;
  return isTarget && dataSource.hasMetadata(entity as EntityTarget<ObjectLiteral>);
}

function entityType<E extends object>(mapping: EntityMapping, options: DistinctOptions<E>): ShapedRecordType<E> {
  const { policies = {}, groups = [], validate } = options;
  const type = recordType({
    name: mapping.name,
    key: mapping.key.length === 1 ? mapping.key[0]! : mapping.key,
    attributes: mapping.attributes,
    collections: mapping.collections,
    policies,
    groups,
    ...(mapping.stamp === undefined ? {} : { stamp: mapping.stamp }),
    ...(validate && { validate: validate as unknown as (record: object) => readonly Fault[] }),
  });
  return { ...type, shape: entityShape(mapping.plan) } as unknown as ShapedRecordType<E>;
}
