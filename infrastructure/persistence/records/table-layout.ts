import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import type { CollectionType, EntryType } from "../../../domain/distinction/types/collection-type.js";
import { keyNames, type Attributes, type Collections } from "../../../domain/distinction/types/record-type.js";
import { columnCodec, type ColumnCodec } from "./column-codec.js";
import type { Dialect } from "../connection/dialect.js";
import { secretParameter } from "../connection/parameter.js";
import { living } from "./living.js";
import { entryKeyColumns, type EntryTable, type RecordTable } from "./record-table.js";

/** One column with the attribute or field that it stores. */
export interface Column {
  readonly attribute: string;
  /** Quoted. */
  readonly name: string;
  /** Wraps the values of an attribute marked secret. */
  readonly codec: ColumnCodec;
  readonly secret: boolean;
}

/**
 * The first and the last time that a server takes for a TIMESTAMP column: it reads what it is sent as told by the clock of
 * the session's time zone, which need not be the one that the data source means.
 */
export interface TimestampLimits {
  /** `1970-01-01 05:00:01` under `+05:00`. */
  readonly from: string;
  readonly to: string;
  /** As the server names it. */
  readonly zone: string;
}

/** A record table with everything about it that does not change between statements worked out once. */
export interface TableLayout {
  readonly table: RecordTable;
  readonly dialect: Dialect;
  /** Quoted. */
  readonly name: string;
  readonly version: string;
  /** ` AND deleted IS NULL`, where rows are deleted by a mark; see `living`. */
  readonly alive: string;
  readonly columns: readonly Column[];
  /** The version's name and theirs, unquoted, where rows may be read by them; see `Statement.columns`. */
  readonly selected: readonly string[] | undefined;
  readonly byAttribute: ReadonlyMap<string, Column>;
  readonly key: readonly Column[];
  readonly entries: ReadonlyMap<string, EntryLayout>;
  /** Where the server was asked for them. */
  readonly timestamps: TimestampLimits | undefined;
}

export interface EntryLayout {
  readonly collection: string;
  readonly table: EntryTable;
  /** Quoted, like all names below. */
  readonly name: string;
  readonly type: EntryType;
  readonly owner: readonly { readonly name: string; readonly column: Column }[];
  readonly keyColumn: string;
  /** The column that a key is looked up by: the key itself, or its digest. */
  readonly lookupColumn: string;
  readonly fields: readonly Column[];
  /** Of a list. */
  readonly position: string | undefined;
  readonly secretKey: boolean;
  /** Unquoted names of the primary key's columns. */
  readonly primaryKey: readonly string[];
}

export function tableLayout(table: RecordTable, dialect: Dialect, timestamps?: TimestampLimits): TableLayout {
  const attributes = Object.entries(table.type.attributes as Attributes);
  const columns = attributes.map(([attribute, type]) => ({
    attribute,
    name: dialect.quote(table.columns[attribute]!),
    codec: wrapped(type, table.codecs?.[attribute], dialect),
    secret: type.secret,
  }));
  const byAttribute = new Map(columns.map((column) => [column.attribute, column]));
  const collections = Object.entries(table.type.collections as Collections);
  return {
    table,
    dialect,
    name: dialect.quote(table.name),
    version: dialect.quote(table.versionColumn),
    alive: living({ table, dialect })
      .map((term) => ` AND ${term}`)
      .join(""),
    columns,
    selected: plainNames([table.versionColumn, ...attributes.map(([attribute]) => table.columns[attribute]!)]),
    byAttribute,
    key: keyNames(table.type).map((name) => byAttribute.get(name)!),
    timestamps,
    entries: new Map(
      collections.map(([name, type]) => [
        name,
        entryLayout(name, table.entryTables[name]!, type, byAttribute, dialect),
      ]),
    ),
  };
}

/** The names, unless one is no name for a property of an object of the driver's, or there twice. */
function plainNames(names: readonly string[]): readonly string[] | undefined {
  const isPlain = names.every((name) => /^[a-z]\w*$/i.test(name)) && new Set(names).size === names.length;
  return isPlain ? names : undefined;
}

function entryLayout(
  collection: string,
  table: EntryTable,
  { entry: type, key }: CollectionType,
  byAttribute: ReadonlyMap<string, Column>,
  dialect: Dialect,
): EntryLayout {
  return {
    collection,
    table,
    type,
    name: dialect.quote(table.name),
    owner: Object.entries(table.owner).map(([column, attribute]) => ({
      name: dialect.quote(column),
      column: byAttribute.get(attribute)!,
    })),
    keyColumn: dialect.quote(table.keyColumn),
    lookupColumn: dialect.quote(table.digestColumn ?? table.keyColumn),
    fields: Object.entries(type.fields).map(([field, fieldType]) => ({
      attribute: field,
      name: dialect.quote(table.columns[field]!),
      codec: wrapped(fieldType, table.codecs?.[field], dialect),
      secret: fieldType.secret,
    })),
    position: table.positionColumn && dialect.quote(table.positionColumn),
    secretKey: key.secret,
    primaryKey: entryKeyColumns(table),
  };
}

/** The codec, which wraps secrets. */
function wrapped(type: AttributeType, given: ColumnCodec | undefined, dialect: Dialect): ColumnCodec {
  const codec = given ?? columnCodec(type, dialect);
  return type.secret ? { ...codec, encode: (captured) => secretParameter(codec.encode(captured)) } : codec;
}
