import {
  keyNames,
  type AnyRecordType,
  type Attributes,
  type Collections,
} from "../../domain/distinction/record-type.js";
import type { ColumnCodec } from "./column-codec.js";

/** Where a record type is stored. */
export interface RecordTable {
  readonly type: AnyRecordType;
  readonly name: string;
  /** Column of each attribute. */
  readonly columns: Readonly<Record<string, string>>;
  readonly versionColumn: string;
  /** A row with a value in this column was deleted: it is not there. */
  readonly deletedColumn?: string;
  /** Attributes stored otherwise than their type alone says. */
  readonly codecs?: Readonly<Record<string, ColumnCodec>>;
  readonly entryTables: Readonly<Record<string, EntryTable>>;
}

/** Where the entries of one collection are stored: a row each, keyed by owner and entry key. */
export interface EntryTable {
  readonly name: string;
  /** Columns that name the owner, with the owner's attribute that each repeats. */
  readonly owner: Readonly<Record<string, string>>;
  /** Where several owners share rows by range: the column, and the owner's attributes that bound it, both inclusive. */
  readonly range?: { readonly column: string; readonly low: string; readonly high: string };
  readonly keyColumn: string;
  /** Holds the SHA-256 of keys too long for an index, and stands for the key in the primary key. */
  readonly digestColumn?: string;
  /** Column of each field of an entry. */
  readonly columns: Readonly<Record<string, string>>;
  /** Fields stored otherwise than their type alone says. */
  readonly codecs?: Readonly<Record<string, ColumnCodec>>;
  /** Where the primary key is another than owner and entry key. */
  readonly primaryKey?: readonly string[];
  /**
   * Where others write rows past this layer, or a key is unique over all owners: a new entry is inserted and fails on a
   * row that is there already, instead of replacing it.
   */
  readonly insertNew?: true;
  /** Where no foreign key with ON DELETE CASCADE takes the entries away with their record. */
  readonly dropWithRecord?: true;
}

type EntryTableNames = Omit<EntryTable, "owner" | "columns"> & Partial<Pick<EntryTable, "owner">>;

/**
 * Describes where a record type is stored. Columns are named for their attributes, in snake_case; entries refer to their
 * owner through `<record>_<key attribute>` unless told otherwise.
 */
export function recordTable(
  type: AnyRecordType,
  names: { readonly name: string; readonly entries?: Readonly<Record<string, EntryTableNames>> },
): RecordTable {
  const attributes = type.attributes as Attributes;
  const entryTables: Record<string, EntryTable> = {};
  for (const [collection, { entry }] of Object.entries(type.collections as Collections)) {
    const given = names.entries?.[collection];
    if (given === undefined) throw new TypeError(`record type ${type.name}: ${collection} has no table`);
    entryTables[collection] = { owner: defaultOwner(type), ...given, columns: snakeCased(Object.keys(entry.fields)) };
  }
  return {
    type,
    name: names.name,
    columns: snakeCased(Object.keys(attributes)),
    versionColumn: "version",
    entryTables,
  };
}

/** The columns of an entry table's primary key. */
export function entryKeyColumns(table: EntryTable): string[] {
  return [...(table.primaryKey ?? [...Object.keys(table.owner), table.digestColumn ?? table.keyColumn])];
}

function defaultOwner(type: AnyRecordType): Record<string, string> {
  return Object.fromEntries(keyNames(type).map((name) => [snakeCase(`${type.name}_${name}`), name]));
}

function snakeCased(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, snakeCase(name)]));
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll("-", "_");
}
