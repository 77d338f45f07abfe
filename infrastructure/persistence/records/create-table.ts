import { having } from "../../../domain/distinction/arguments.js";
import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { requireParameters } from "../../../domain/distinction/types/type-parameters.js";
import { keyNames, type Attributes, type Collections } from "../../../domain/distinction/types/record-type.js";
import type { Dialect } from "../connection/dialect.js";
import { aRecordTable, entryKeyColumns, type EntryTable, type RecordTable, type Tombstones } from "./record-table.js";

const aDialect = having("a dialect, as database.dialect() answers it", "quote", "columnType");

/**
 * The CREATE TABLE statements of a record table and its entry tables, as the statements of this layer expect them. For
 * the migrations of your own record types; what is published is frozen in `migrations/`.
 */
export function createTables(table: RecordTable, dialect: Dialect): string[] {
  requireParameters("createTables", { table: [table, aRecordTable], dialect: [dialect, aDialect] });
  const { quote } = dialect;
  const attributes = table.type.attributes as Attributes;
  const columns = Object.entries(attributes).map(([name, type]) => column(dialect, table.columns[name]!, type));
  const key = keyNames(table.type).map((name) => table.columns[name]!);
  const version = `${quote(table.versionColumn)} ${wholeNumber(dialect)}`;
  return [
    createTable(dialect, table.name, [
      ...columns,
      version,
      ...(table.tombstones === undefined ? [] : [removalTime(table.tombstones, dialect, "NULL")]),
      `PRIMARY KEY (${key.map(quote).join(", ")})`,
    ]),
    ...Object.entries(table.indexes ?? {}).map(([name, indexed]) => {
      return `CREATE INDEX ${quote(name)} ON ${quote(table.name)} (${indexed.map(quote).join(", ")})`;
    }),
    ...createTombstones(table, [...columns, version], [...key, table.versionColumn], dialect),
    ...Object.entries(table.entryTables).flatMap(([name, entries]) => [
      createEntryTable(table, name, entries, dialect),
      ...createPositionIndex(entries, dialect),
    ]),
  ];
}

/** A record may be added and removed again under the same id; its versions differ. */
function createTombstones(
  { tombstones }: RecordTable,
  columns: readonly string[],
  key: readonly string[],
  dialect: Dialect,
): string[] {
  if (tombstones === undefined) return [];
  const primaryKey = `PRIMARY KEY (${key.map(dialect.quote).join(", ")})`;
  const time = removalTime(tombstones, dialect, "NOT NULL");
  return [createTable(dialect, tombstones.name, [...columns, time, primaryKey])];
}

function removalTime({ timeColumn }: Tombstones, { quote, columnType }: Dialect, nullability: string): string {
  return `${quote(timeColumn)} ${columnType({ kind: "instant", fraction: 3 })} ${nullability}`;
}

function createEntryTable(table: RecordTable, collection: string, entries: EntryTable, dialect: Dialect): string {
  const { quote } = dialect;
  const attributes = table.type.attributes as Attributes;
  const { key, entry } = (table.type.collections as Collections)[collection]!;
  const lines = Object.entries(entries.owner).map(([name, attribute]) => column(dialect, name, attributes[attribute]!));
  if (entries.digestColumn !== undefined) {
    lines.push(`${quote(entries.digestColumn)} ${dialect.columnType({ kind: "binary", max: 32 })} NOT NULL`);
  }
  lines.push(column(dialect, entries.keyColumn, key));
  for (const [field, type] of Object.entries(entry.fields)) lines.push(column(dialect, entries.columns[field]!, type));
  if (entries.positionColumn !== undefined) lines.push(`${quote(entries.positionColumn)} ${wholeNumber(dialect)}`);
  lines.push(`PRIMARY KEY (${entryKeyColumns(entries).map(quote).join(", ")})`);
  lines.push(foreignKey(table, entries, dialect));
  return createTable(dialect, entries.name, lines);
}

/** Where a list ends is asked whenever something is appended to it. */
function createPositionIndex({ name, owner, positionColumn }: EntryTable, { quote }: Dialect): string[] {
  if (positionColumn === undefined) return [];
  const columns = [...Object.keys(owner), positionColumn].map(quote).join(", ");
  return [`CREATE INDEX ${quote(`${name}_${positionColumn}`)} ON ${quote(name)} (${columns})`];
}

/** Entries go with their record. */
function foreignKey(table: RecordTable, entries: EntryTable, { quote }: Dialect): string {
  const owners = Object.entries(entries.owner);
  const columns = owners.map(([name]) => quote(name)).join(", ");
  const references = owners.map(([, attribute]) => quote(table.columns[attribute]!)).join(", ");
  return `FOREIGN KEY (${columns}) REFERENCES ${quote(table.name)} (${references}) ON DELETE CASCADE`;
}

function column(dialect: Dialect, name: string, type: AttributeType): string {
  return `${dialect.quote(name)} ${dialect.columnType(type.shape)} ${type.nullable ? "NULL" : "NOT NULL"}`;
}

function wholeNumber(dialect: Dialect): string {
  return `${dialect.columnType({ kind: "integer", min: 1, max: 2 ** 53 - 1 })} NOT NULL`;
}

function createTable({ quote, tableOptions }: Dialect, name: string, lines: readonly string[]): string {
  return `CREATE TABLE ${quote(name)} (\n  ${lines.join(",\n  ")}\n) ${tableOptions}`;
}
