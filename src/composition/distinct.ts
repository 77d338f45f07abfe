import type { DataSource, EntityTarget, ObjectLiteral } from "typeorm";
import type { Clock } from "../../domain/distinction/clock.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { DistinctionError, type Fault } from "../../domain/distinction/errors.js";
import type { Policy } from "../../domain/distinction/policy.js";
import { recordType, type ShapedRecordType } from "../../domain/distinction/record-type.js";
import type { RetrySettings } from "../../domain/distinction/retry.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { entityMapping, type EntityMapping } from "../../infrastructure/persistence/entity-table.js";
import { entityShape } from "../../infrastructure/persistence/entity-shape.js";
import { existingDatabase } from "../../infrastructure/persistence/existing-database.js";
import type { Statement } from "../../infrastructure/persistence/session.js";
import { SqlRecordStore } from "../../infrastructure/persistence/sql-record-store.js";

export interface DistinctOptions<E extends object> {
  /** By property: `views`, `address.street`, or the array of owned children. `reject` where none is named. */
  readonly policies?: Readonly<Partial<Record<string, Policy>>>;
  /** Properties that conflict together. */
  readonly groups?: readonly (readonly string[])[];
  /** Rules across properties; runs before every write, again after every merge. */
  readonly validate?: (entity: E) => readonly Fault[];
  /** Columns and relations to leave alone: neither read, nor written, nor refused. */
  readonly ignore?: readonly string[];
  /** Properties whose values no message may show. */
  readonly secret?: readonly string[];
  readonly retry?: Partial<RetrySettings>;
  /** Sees every statement before it is sent. */
  readonly onStatement?: (statement: Statement) => void;
  /** Time, the machine's by default. */
  readonly clock?: Clock;
  /** Randomness for pauses, uniform in [0, 1); `Math.random` by default. */
  readonly random?: () => number;
}

/** A repository of instances of an entity's class. */
export type EntityRepository<E extends object> = DistinctRepository<ShapedRecordType<E>>;

/**
 * The repository of a TypeORM entity of yours, over your data source: it writes what changed, checks the version, and
 * merges with whoever wrote in between. The data source stays yours: its settings are not changed, and it is not closed.
 *
 * @param dataSource initialised; MySQL, MariaDB or SQLite (better-sqlite3)
 * @param entity a class with decorators, an EntitySchema, or an entity's name
 * @throws DistinctionError `INVALID_RECORD_TYPE` naming the property that has no form as a record, `UNVERSIONED_TABLE`
 *   with the migration that adds the version column, `DATABASE_UNAVAILABLE` where the data source is not initialised
 */
export function distinct<E extends ObjectLiteral>(
  dataSource: DataSource,
  entity: EntityTarget<E>,
  options: DistinctOptions<E> = {},
): EntityRepository<E> {
  if (!dataSource.isInitialized) {
    throw new DistinctionError("DATABASE_UNAVAILABLE", "initialise the data source before `distinct`");
  }
  const { clock = systemClock, random = Math.random, retry = {}, onStatement } = options;
  const mapping = entityMapping(dataSource.getMetadata(entity), {
    ignore: options.ignore ?? [],
    secret: options.secret ?? [],
    now: () => clock.now(),
  });
  const type = entityType(mapping, options);
  const database = existingDatabase(dataSource, { clock, random, ...(onStatement && { onStatement }) });
  const store = new SqlRecordStore(database, { ...mapping.table, type });
  // TypeORM's version columns have 32 bits, and its own inserts start at 1.
  return new DistinctRepository(type, store, { clock, random, retry, firstVersion: () => 1 });
}

function entityType<E extends object>(mapping: EntityMapping, options: DistinctOptions<E>): ShapedRecordType<E> {
  const { policies = {}, groups = [], validate } = options;
  for (const [name, policy] of Object.entries(policies)) requireFittingPolicy(mapping, name, policy);
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

/** A policy that can never combine the property's values would refuse every overlap, and nobody would know why. */
function requireFittingPolicy(
  { name: entity, attributes }: EntityMapping,
  name: string,
  policy: Policy | undefined,
): void {
  const attribute = attributes[name];
  if (policy !== "sum" || attribute === undefined) return;
  if (attribute.fault(1) === undefined && typeof attribute.expose(attribute.capture(1)) === "number") return;
  throw new DistinctionError(
    "INVALID_RECORD_TYPE",
    `entity ${entity}.${name}: its values are no numbers, so the policy sum cannot add them (a transformer can make them)`,
  );
}
