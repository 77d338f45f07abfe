import type { CollectionKind } from "../../../domain/distinction/types/collection-type.js";
import { aPlainObject, rule } from "../../../domain/distinction/arguments.js";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import { aRecordType } from "../../../domain/distinction/types/record-definition.js";
import {
  keyNames,
  type AnyRecordType,
  type Attributes,
  type Collections,
} from "../../../domain/distinction/types/record-type.js";
import { requireParameters } from "../../../domain/distinction/types/type-parameters.js";
import type { ColumnCodec } from "./column-codec.js";

/** Where a record type is stored. */
export interface RecordTable {
  readonly type: AnyRecordType;
  readonly name: string;
  /** Column of each attribute. */
  readonly columns: Readonly<Record<string, string>>;
  readonly versionColumn: string;
  /** Of a table that others made: the fewest bits that its version needs. Those that we make have a BIGINT. */
  readonly versionBits?: number;
  /** Of a table that others made: the collations that are stated for key columns, by column. */
  readonly collations?: Readonly<Record<string, string>>;
  /** A row with a value in this column was deleted: it is not there. */
  readonly deletedColumn?: string;
  /** Where removed records are kept. */
  readonly tombstones?: Tombstones;
  /** Records that these belong to: what belongs to a removed one is not there. */
  readonly parent?: ParentTable;
  /** Indexes beside the primary key, each by its name, as columns. */
  readonly indexes?: Readonly<Record<string, readonly string[]>>;
  /** Tables whose rows name records, by the name of what they are to these. */
  readonly links?: Readonly<Record<string, LinkTable>>;
  /** Attributes stored otherwise than their type alone says. */
  readonly codecs?: Readonly<Record<string, ColumnCodec>>;
  readonly entryTables: Readonly<Record<string, EntryTable>>;
}

/**
 * A removal marks a record's own row, in one statement; a purge moves what is marked to a table of removed records' rows,
 * beside their version, and deletes their entries. Until then lists walk over marked rows, and show none.
 */
export interface Tombstones {
  /** The table of removed records' rows. */
  readonly name: string;
  /** Gets the time of the removal, in both tables: the mark. */
  readonly timeColumn: string;
  /** What a removal changes, as captured values. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The table of the records that those of another one belong to. */
export interface ParentTable {
  readonly name: string;
  /** Columns that name the parent, with the column of its table that each repeats. */
  readonly owner: Readonly<Record<string, string>>;
  /** As `RecordTable.deletedColumn`, of the parent. */
  readonly deletedColumn: string;
}

/** A table of other records that name records of this one. Lists may ask for them. */
export interface LinkTable {
  readonly table: RecordTable;
  /** Columns that name the record, with the record's attribute that each repeats. */
  readonly owner: Readonly<Record<string, string>>;
}

/** Where the entries of one collection are stored: a row each, keyed by owner and entry key. */
export interface EntryTable {
  readonly name: string;
  /** Columns that name the owner, with the owner's attribute that each repeats. */
  readonly owner: Readonly<Record<string, string>>;
  readonly keyColumn: string;
  /**
   * Of a list: the BIGINT column that its entries are ordered by, `position` by default. Callers never see it; only its
   * order means anything. An index on owner and position keeps appending as cheap for a long list as for a short one.
   */
  readonly positionColumn?: string;
  /** Holds the SHA-256 of keys too long for an index, and stands for the key in the primary key. */
  readonly digestColumn?: string;
  /** Column of each field of an entry. */
  readonly columns: Readonly<Record<string, string>>;
  /** Fields stored otherwise than their type alone says. */
  readonly codecs?: Readonly<Record<string, ColumnCodec>>;
  /** See `RecordTable.collations`. */
  readonly collations?: Readonly<Record<string, string>>;
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

export const aRecordTable = rule("a record table, as recordTable makes it", (given) => {
  const { type, columns, entryTables } = (given ?? {}) as Partial<Record<string, unknown>>;
  return [aRecordType(type), aPlainObject(columns), aPlainObject(entryTables)].every((fault) => fault === undefined);
});

type EntryTableNames = Omit<EntryTable, "owner" | "columns"> & Partial<Pick<EntryTable, "owner">>;

const VERSION_COLUMN = "version";

/**
 * Describes where a record type is stored. Columns are named for their attributes, in snake_case; entries refer to their
 * owner through `<record>_<key attribute>` unless told otherwise.
 *
 * @throws DistinctionError `INVALID_RECORD_TYPE` where a collection has no table, or two things one column
 */
export function recordTable(
  type: AnyRecordType,
  names: Pick<RecordTable, "name" | "tombstones" | "indexes" | "links" | "parent"> & {
    readonly entries?: Readonly<Record<string, EntryTableNames>>;
  },
): RecordTable {
  requireParameters("recordTable", { type: [type, aRecordType], names: [names, someNames] });
  const attributes = type.attributes as Attributes;
  const entryTables: Record<string, EntryTable> = {};
  for (const [collection, { entry, kind }] of Object.entries(type.collections as Collections)) {
    const given = names.entries?.[collection];
    if (given === undefined) throw refusal(type, `${collection} has no table`);
    const order = kind === "list" ? { positionColumn: "position" } : {};
    const columns = snakeCased(Object.keys(entry.fields));
    const table: EntryTable = { owner: defaultOwner(type), ...order, ...given, columns };
    const fault = positionFault(table, kind) ?? doubleFault(entryColumns(table));
    if (fault !== undefined) throw refusal(type, `${collection} ${fault}`);
    entryTables[collection] = table;
  }
  const columns = snakeCased(Object.keys(attributes));
  const fault = doubleFault([...Object.values(columns), VERSION_COLUMN]);
  if (fault !== undefined) throw refusal(type, `table ${names.name} ${fault}`);
  return {
    type,
    name: names.name,
    ...(names.tombstones && { tombstones: names.tombstones, deletedColumn: names.tombstones.timeColumn }),
    ...(names.parent && { parent: names.parent }),
    ...(names.indexes && { indexes: names.indexes }),
    ...(names.links && { links: names.links }),
    columns,
    versionColumn: VERSION_COLUMN,
    entryTables,
  };
}

const aTableName = rule("an object with the name of a table", (given) => {
  return aPlainObject(given) === undefined && typeof (given as { readonly name?: unknown }).name === "string";
});

/** What names a table, and the tables of its entries. */
function someNames(given: unknown): string | undefined {
  const { entries = {} } = (given ?? {}) as { readonly entries?: object };
  return aTableName(given) ?? aPlainObject(entries) ?? Object.values(entries).map(aTableName).find(Boolean);
}

function refusal({ name }: AnyRecordType, reason: string): DistinctionError {
  return new DistinctionError("INVALID_RECORD_TYPE", `record type ${name}: ${reason}`);
}

/** Two values in one column: databases do not tell names apart by case. */
function doubleFault(columns: readonly string[]): string | undefined {
  const names = columns.map((column) => column.toLowerCase());
  const double = names.find((name, index) => names.indexOf(name) !== index);
  return double === undefined ? undefined : `would keep two things in its column ${double}`;
}

function entryColumns({ owner, keyColumn, digestColumn, columns }: EntryTable): string[] {
  return [
    ...Object.keys(owner),
    keyColumn,
    ...(digestColumn === undefined ? [] : [digestColumn]),
    ...Object.values(columns),
  ];
}

function positionFault(table: EntryTable, kind: CollectionKind): string | undefined {
  const { positionColumn } = table;
  if (positionColumn === undefined) return undefined;
  if (kind !== "list") return `is no list, and has no order to keep in ${positionColumn}`;
  return entryColumns(table).includes(positionColumn)
    ? `needs another positionColumn than ${positionColumn}`
    : undefined;
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
