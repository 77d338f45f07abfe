import { DistinctionError } from "../../../domain/distinction/errors.js";
import { keyNames, type Attributes, type Collections } from "../../../domain/distinction/types/record-type.js";
import { serverColumns, sqliteColumns, type ColumnFacts, type TableColumns } from "./column-facts.js";
import { secondDigits } from "./column-codec.js";
import { requireSafeEngine } from "./table-engine.js";
import { entryKeyColumns, type EntryTable, type RecordTable } from "./record-table.js";
import type { Dialect } from "../connection/dialect.js";
import type { Session } from "../connection/session.js";

/**
 * Refuses a table that lacks a column, or whose engine, keys, version, positions or times would not work as the statements expect.
 * SQLite needs a check of positions alone, and of the columns and the version of an entity: its integers have 64 bits, its
 * text compares by code point unless a column says otherwise, and it cuts no time.
 *
 * Keys of tables that others made mostly ignore case, as the servers' defaults do; a key that is another one to us and the
 * same to them is an error when it is added, and overwrites nothing. So of those only a collation is checked that the
 * entity itself states.
 *
 * @throws DistinctionError `UNSAFE_VERSION_COLUMN`, `UNSAFE_KEY_COLLATION`, `UNSAFE_POSITION_COLUMN`,
 *   `UNSAFE_TIME_COLUMN`, `UNSAFE_TABLE_ENGINE`, `MISSING_TABLE`, `MISSING_COLUMN`
 */
export async function checkTable(session: Session, table: RecordTable, { name }: Dialect): Promise<void> {
  const isFile = name === "sqlite";
  const columnsOf = isFile ? sqliteColumns : serverColumns;
  const isOurs = table.versionBits === undefined;
  const entryTables = Object.entries(table.entryTables);
  if (!isFile || !isOurs) {
    const columns = await columnsOf(session, table.name);
    requireSafeEngine(table.name, columns.unsafeEngine);
    if (isOurs) checkVersionColumn(table, columns);
    else checkVersionBits(table, table.versionBits, columns);
    requireColumns(table, table.type.name, table.columns, columns);
    if (!isFile) {
      if (isOurs) checkKeys(table.name, columnsOfKey(table), columns);
      checkCollations(table, columns);
      checkTimes(table, table.type.attributes as Attributes, columns);
    }
  }
  for (const [collection, entries] of entryTables) {
    if (isFile && isOurs && entries.positionColumn === undefined) continue;
    const columns = await columnsOf(session, entries.name);
    requireSafeEngine(entries.name, columns.unsafeEngine);
    if (isOurs) checkPositions(entries, columns);
    requireColumns(
      entries,
      `${table.type.name}.${collection}`,
      { ...ownerAndKey(entries), ...entries.columns },
      columns,
    );
    if (isFile) continue;
    if (isOurs) checkKeys(entries.name, entryKeyColumns(entries), columns);
    checkCollations(entries, columns);
    checkTimes(entries, (table.type.collections as Collections)[collection]!.entry.fields, columns);
  }
}

/** A statement that names what is not there is refused by the server in the midst of the work, in words that no caller is shown. */
function requireColumns(
  { name }: RecordTable | EntryTable,
  record: string,
  named: Readonly<Record<string, string>>,
  columns: TableColumns,
): void {
  for (const [attribute, column] of Object.entries(named)) {
    if (columns.get(column) !== undefined) continue;
    const message = `table ${name} has no column ${column}, which ${record}.${attribute} is stored in: run the migration that adds it`;
    throw new DistinctionError("MISSING_COLUMN", message);
  }
}

function ownerAndKey({ owner, keyColumn }: EntryTable): Record<string, string> {
  const columns = [...Object.keys(owner), keyColumn];
  return Object.fromEntries(columns.map((column) => [column, column]));
}

function columnsOfKey({ type, columns }: RecordTable): string[] {
  return keyNames(type).map((name) => columns[name]!);
}

const BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 };

/** Text and fractions count as they please; too few bits do not hold the versions that added rows start at. */
function checkVersionBits({ name, versionColumn }: RecordTable, bits: number, columns: TableColumns): void {
  const type = columns.get(versionColumn)?.type;
  if (type !== undefined && (BITS[type] ?? 0) >= bits) return;
  const message = `${name}.${versionColumn} must be a whole number of ${bits} bits or more, but ${found(type)}`;
  throw new DistinctionError("UNSAFE_VERSION_COLUMN", message);
}

/** A narrower integer overflows within reach; anything else does not count. */
function checkVersionColumn({ name, versionColumn }: RecordTable, columns: TableColumns): void {
  const type = columns.get(versionColumn)?.type;
  if (type === "bigint") return;
  throw new DistinctionError("UNSAFE_VERSION_COLUMN", `${name}.${versionColumn} must be a BIGINT, but ${found(type)}`);
}

/** Without it a list has no order; in a narrower one, or in text, it would end, or sort 10 before 9. */
function checkPositions({ name, positionColumn }: EntryTable, columns: TableColumns): void {
  if (positionColumn === undefined) return;
  const type = columns.get(positionColumn)?.type;
  if (type === "bigint") return;
  const message =
    `${name}.${positionColumn} keeps the order of a list and must be a BIGINT, but ${found(type)}: ` +
    `add it as BIGINT NOT NULL DEFAULT 0, with an index on owner and ${positionColumn}`;
  throw new DistinctionError("UNSAFE_POSITION_COLUMN", message);
}

function found(type: string | undefined): string {
  return type === undefined ? "there is none" : `it is ${type}`;
}

/** Under a collation that ignores case, accents or trailing spaces, two different keys would be one row. */
function checkKeys(table: string, keys: readonly string[], columns: TableColumns): void {
  for (const key of keys) {
    const collation = columns.get(key)?.collation;
    if (collation === undefined || /^(binary|\w+_(0900|nopad)_bin)$/.test(collation)) continue;
    const message = `${table}.${key} is a key with collation ${collation}: use utf8mb4_0900_bin (MySQL) or utf8mb4_nopad_bin (MariaDB)`;
    throw new DistinctionError("UNSAFE_KEY_COLLATION", message);
  }
}

/** Whoever states a collation for a key counts on what it tells apart. */
function checkCollations({ name, collations = {} }: RecordTable | EntryTable, columns: TableColumns): void {
  for (const [key, stated] of Object.entries(collations)) {
    const collation = columns.get(key)?.collation;
    if (collation === undefined || collation.toLowerCase() === stated.toLowerCase()) continue;
    const message = `${name}.${key} is a key with collation ${collation}, but the entity says ${stated}: change one of them`;
    throw new DistinctionError("UNSAFE_KEY_COLLATION", message);
  }
}

/** Of digits that a column lacks, MySQL would round the time and MariaDB cut it: what is stored would not be the original. */
function checkTimes(
  { name, columns: names, codecs }: Pick<RecordTable | EntryTable, "name" | "columns" | "codecs">,
  types: Attributes,
  columns: TableColumns,
): void {
  for (const [attribute, type] of Object.entries(types)) {
    const column = names[attribute]!;
    const facts: ColumnFacts | undefined = columns.get(column);
    const needed = secondDigits(type, codecs?.[attribute]);
    if (needed === undefined || facts?.digits === undefined || facts.digits >= needed) continue;
    const message =
      `${name}.${column} keeps ${facts.digits} digits of a second, and ${attribute} has ${needed}: ` +
      `make it ${facts.type.toUpperCase()}(${needed}), or declare fewer`;
    throw new DistinctionError("UNSAFE_TIME_COLUMN", message);
  }
}
