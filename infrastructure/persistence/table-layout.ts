import type { EntryType } from "../../domain/distinction/collection-type.js";
import { keyNames, type Attributes, type Collections } from "../../domain/distinction/record-type.js";
import { columnCodec, type ColumnCodec } from "./column-codec.js";
import type { Dialect } from "./dialect.js";
import { entryKeyColumns, type EntryTable, type RecordTable } from "./record-table.js";

/** One column with the attribute or field that it stores. */
export interface Column {
  readonly attribute: string;
  /** Quoted. */
  readonly name: string;
  readonly codec: ColumnCodec;
}

/** A record table with everything about it that does not change between statements worked out once. */
export interface TableLayout {
  readonly table: RecordTable;
  readonly dialect: Dialect;
  /** Quoted. */
  readonly name: string;
  readonly version: string;
  /** ` AND deleted IS NULL`, where rows are deleted by a mark. */
  readonly alive: string;
  readonly columns: readonly Column[];
  readonly byAttribute: ReadonlyMap<string, Column>;
  readonly key: readonly Column[];
  readonly entries: ReadonlyMap<string, EntryLayout>;
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
  /** Unquoted names of the primary key's columns. */
  readonly primaryKey: readonly string[];
}

export function tableLayout(table: RecordTable, dialect: Dialect): TableLayout {
  const attributes = Object.entries(table.type.attributes as Attributes);
  const columns = attributes.map(([attribute, type]) => ({
    attribute,
    name: dialect.quote(table.columns[attribute]!),
    codec: table.codecs?.[attribute] ?? columnCodec(type, dialect),
  }));
  const byAttribute = new Map(columns.map((column) => [column.attribute, column]));
  const collections = Object.entries(table.type.collections as Collections);
  return {
    table,
    dialect,
    name: dialect.quote(table.name),
    version: dialect.quote(table.versionColumn),
    alive: table.deletedColumn === undefined ? "" : ` AND ${dialect.quote(table.deletedColumn)} IS NULL`,
    columns,
    byAttribute,
    key: keyNames(table.type).map((name) => byAttribute.get(name)!),
    entries: new Map(
      collections.map(([name, { entry }]) => [
        name,
        entryLayout(name, table.entryTables[name]!, entry, byAttribute, dialect),
      ]),
    ),
  };
}

function entryLayout(
  collection: string,
  table: EntryTable,
  type: EntryType,
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
      codec: table.codecs?.[field] ?? columnCodec(fieldType, dialect),
    })),
    primaryKey: entryKeyColumns(table),
  };
}
