import type { DataSource, EntityMetadata } from "typeorm";
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js";
import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import type { CollectionType } from "../../../domain/distinction/types/collection-type.js";
import type { ColumnCodec } from "../records/column-codec.js";
import { entityChildren, statedCollations, type EntityChildren } from "./entity-child-table.js";
import { columnValue, type EntityPlace } from "./entity-column-value.js";
import type { EntityPlan } from "./entity-plan.js";
import { entityInitial } from "./entity-initial.js";
import { entityProperty, unnameable, type EntityProperty } from "./entity-property.js";
import { refusal, unversioned } from "./entity-refusal.js";
import { entityRelations } from "./entity-relations.js";
import { entityStrangers } from "./entity-strangers.js";
import { versionBits, versionStarts } from "./entity-version.js";
import { mysqlDialect } from "../connection/mysql-dialect.js";
import type { RecordTable } from "../records/record-table.js";
import { sqliteDialect } from "../connection/sqlite-dialect.js";

/** An entity as a kind of record: what a record type and its table are made from, and how its objects are read. */
export interface EntityMapping {
  readonly name: string;
  readonly key: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeType>>;
  readonly collections: Readonly<Record<string, CollectionType>>;
  readonly stamp: string | undefined;
  /** How many versions added rows may start at; see `versionStarts`. */
  readonly versionStarts: number;
  readonly table: Omit<RecordTable, "type">;
  readonly plan: EntityPlan;
}

export interface EntityMappingOptions {
  /** Properties to leave alone: neither read nor written, nor refused. */
  readonly ignore: readonly string[];
  /** Attributes whose values no message may show. */
  readonly secret: readonly string[];
  /** Milliseconds. */
  readonly now: () => number;
}

/**
 * Derives a record type from TypeORM's description of an entity.
 *
 * @throws DistinctionError `INVALID_RECORD_TYPE` naming what has no form as a record; `UNVERSIONED_TABLE`
 */
export function entityMapping(metadata: EntityMetadata, options: EntityMappingOptions): EntityMapping {
  const place = entityPlace(metadata);
  requireTable(metadata);
  const version = metadata.versionColumn;
  if (version === undefined) throw unversioned(metadata);
  const ignored = new Set(options.ignore);
  const relations = entityRelations(metadata, ignored);

  const columns = metadata.columns.filter((column) => isAttribute(column, ignored));
  const attributes: Record<string, AttributeType> = {};
  const codecs: Record<string, ColumnCodec> = {};
  const names: Record<string, string> = {};
  const properties: Record<string, EntityProperty> = {};
  for (const column of columns) {
    const path = column.propertyPath;
    const reason = unnameable(column) ?? columnFault(column);
    const value = reason === undefined ? valueOf(column, place, options) : { refused: reason };
    if ("refused" in value) throw refusal(metadata, path, `${value.refused}; name it in \`ignore\` to leave it out`);
    attributes[path] = value.type;
    codecs[path] = value.codec;
    names[path] = column.databaseName;
    properties[path] = entityProperty(column);
  }
  const children = relations.owned.map((relation) => {
    return [relation.propertyName, entityChildren(relation, place, options)] as const;
  });
  requireNames(metadata, options, [...Object.keys(attributes), ...children.flatMap(fieldPaths)]);
  const hidden = metadata.columns.filter((column) => !column.isSelect && !ignored.has(column.propertyPath));
  return {
    name: metadata.name,
    key: keyOf(metadata, attributes),
    attributes,
    collections: each(children, ({ collection }) => collection),
    stamp: metadata.updateDateColumn?.propertyPath,
    versionStarts: versionStarts(version),
    table: {
      name: metadata.tableName,
      columns: names,
      codecs,
      versionColumn: version.databaseName,
      versionBits: versionBits(version),
      collations: statedCollations(metadata.primaryColumns),
      ...(metadata.deleteDateColumn && { deletedColumn: metadata.deleteDateColumn.databaseName }),
      entryTables: each(children, ({ table }) => table),
    },
    plan: {
      make: () => metadata.create(undefined, { fromDeserializer: true }) as object,
      version: entityProperty(version),
      versionName: version.propertyPath,
      attributes: properties,
      children: each(children, ({ plan }) => plan),
      strangers: entityStrangers(
        metadata,
        [...relations.foreign, ...hidden.map((column) => column.propertyPath)],
        ignored,
      ),
      initial: entityInitial(metadata, columns, properties, attributes, options.now),
    },
  };
}

function fieldPaths([name, { plan }]: readonly [string, EntityChildren]): string[] {
  return Object.keys(plan.fields).map((field) => `${name}.${field}`);
}

/** A misspelt secret would be shown, a misspelt property that is to be left alone would not be. */
function requireNames(
  metadata: EntityMetadata,
  { ignore, secret }: EntityMappingOptions,
  attributes: readonly string[],
): void {
  const optional = [...metadata.columns.filter((column) => !column.isVersion), ...metadata.relations];
  const ignorable = optional.map(({ propertyPath }) => propertyPath);
  const ignored = ignore.find((name) => !ignorable.includes(name));
  if (ignored !== undefined)
    throw refusal(metadata, ignored, "`ignore` names no column or relation that may be left out");
  const masked = secret.find((name) => !attributes.includes(name));
  if (masked === undefined) return;
  throw refusal(metadata, masked, "`secret` names no column that is read (a child's is named `labels.token`)");
}

function entityPlace({ dataSource, name }: EntityMetadata): EntityPlace {
  const { type, timezone, extra } = dataSource.options as {
    type: string;
    timezone?: string;
    extra?: { timezone?: string };
  };
  if (type === "better-sqlite3") return { dialect: sqliteDialect, zone: "Z" };
  if (type === "mysql" || type === "mariadb")
    return { dialect: mysqlDialect, zone: extra?.timezone ?? timezone ?? "local" };
  return unsupported(dataSource, name);
}

function unsupported({ options }: DataSource, name: string): never {
  throw refusal({ name } as EntityMetadata, undefined, `data sources of type ${options.type} are not supported`);
}

function requireTable(metadata: EntityMetadata): void {
  const refuse = (reason: string): never => {
    throw refusal(metadata, undefined, reason);
  };
  if (metadata.tableType === "view") refuse("a view cannot be written");
  if (metadata.inheritancePattern !== undefined) refuse("single-table inheritance is not supported");
  if (metadata.treeType !== undefined) refuse("tree entities are not supported");
  if (metadata.tablePath !== metadata.tableName) refuse("its table is in another database");
  if (metadata.versionColumn?.embeddedMetadata) refuse("the version column must not be inside an embedded object");
  const transformed = [metadata.versionColumn, metadata.updateDateColumn, metadata.deleteDateColumn].find(
    (column) => column?.transformer !== undefined,
  );
  if (transformed !== undefined) throw refusal(metadata, transformed.propertyPath, "it must have no transformer");
}

function isAttribute(column: ColumnMetadata, ignored: ReadonlySet<string>): boolean {
  // A virtual column is a relation's foreign key without a property: see `entityRelations`.
  return !column.isVirtual && !column.isVersion && column.isSelect && !ignored.has(column.propertyPath);
}

function columnFault(column: ColumnMetadata): string | undefined {
  if (column.isVirtualProperty) return "a virtual column is computed by each query";
  if (column.asExpression !== undefined) return "a generated column is computed by the database";
  if (column.onUpdate !== undefined && !column.isUpdateDate)
    return "the database gives it another value with every update";
  if (!column.isInsert) return "a column that is not inserted cannot be read back after `add`";
  return column.embeddedMetadata?.isArray === true ? "embedded arrays have no columns" : undefined;
}

function valueOf(column: ColumnMetadata, place: EntityPlace, { secret }: EntityMappingOptions) {
  return columnValue(column, place, { secret: secret.includes(column.propertyPath) });
}

function keyOf(metadata: EntityMetadata, attributes: Readonly<Record<string, AttributeType>>): string[] {
  return metadata.primaryColumns.map((column) => {
    const kind = attributes[column.propertyPath]?.shape.kind;
    const fits = kind === "text" || kind === "integer" || kind === "enum";
    if (fits && column.transformer === undefined && column.embeddedMetadata === undefined) return column.propertyPath;
    throw refusal(
      metadata,
      column.propertyPath,
      "a key must be text or a whole number, not embedded, without transformer",
    );
  });
}

function each<T>(
  children: readonly (readonly [string, EntityChildren])[],
  part: (children: EntityChildren) => T,
): Record<string, T> {
  return Object.fromEntries(children.map(([name, child]) => [name, part(child)]));
}
