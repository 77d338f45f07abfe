import { DistinctionError } from "../../../domain/distinction/errors.js";
import { keyNames } from "../../../domain/distinction/record-type.js";
import { entryKeyColumns, type EntryTable, type RecordTable } from "./record-table.js";
import type { Dialect } from "../connection/dialect.js";
import type { Session } from "../connection/session.js";

interface ColumnFacts {
  readonly type: string;
  readonly collation: string | undefined;
}

/**
 * Refuses a table whose keys, version or positions would not work as the statements expect. SQLite needs a check of
 * positions alone: its integers have 64 bits, and its text compares by code point unless a column says otherwise.
 *
 * Tables that others made are refused for their version only. Their keys mostly ignore case, as the servers' defaults do;
 * a key that is another one to us and the same to them is an error when it is added, and overwrites nothing.
 *
 * @throws DistinctionError `UNSAFE_VERSION_COLUMN`, `UNSAFE_KEY_COLLATION`, `UNSAFE_POSITION_COLUMN`, `MISSING_TABLE`
 */
export async function checkTable(session: Session, table: RecordTable, { name }: Dialect): Promise<void> {
  const entryTables = Object.values(table.entryTables);
  if (table.versionBits !== undefined) {
    const columnsIn = name === "sqlite" ? sqliteColumnsOf : columnsOf;
    checkVersionBits(table, table.versionBits, await columnsIn(session, table.name));
    for (const entries of entryTables) await columnsIn(session, entries.name);
    return;
  }
  if (name === "sqlite") {
    for (const entries of entryTables) {
      if (entries.positionColumn !== undefined) checkPositions(entries, await sqliteColumnsOf(session, entries.name));
    }
    return;
  }
  const columns = await columnsOf(session, table.name);
  checkVersionColumn(table, columns);
  checkKeys(
    table.name,
    keyNames(table.type).map((name) => table.columns[name]!),
    columns,
  );
  for (const entries of entryTables) {
    const entryColumns = await columnsOf(session, entries.name);
    checkKeys(entries.name, entryKeyColumns(entries), entryColumns);
    checkPositions(entries, entryColumns);
  }
}

const BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 };

/** Text and fractions count as they please; too few bits do not hold the versions that added rows start at. */
function checkVersionBits(
  { name, versionColumn }: RecordTable,
  bits: number,
  columns: ReadonlyMap<string, ColumnFacts>,
): void {
  const type = columns.get(versionColumn)?.type;
  if (type !== undefined && (BITS[type] ?? 0) >= bits) return;
  const found = type === undefined ? "there is none" : `it is ${type}`;
  const message = `${name}.${versionColumn} must be a whole number of ${bits} bits or more, but ${found}`;
  throw new DistinctionError("UNSAFE_VERSION_COLUMN", message);
}

/** A narrower integer overflows within reach; anything else does not count. */
function checkVersionColumn({ name, versionColumn }: RecordTable, columns: ReadonlyMap<string, ColumnFacts>): void {
  const type = columns.get(versionColumn)?.type;
  if (type === "bigint") return;
  const found = type === undefined ? "there is none" : `it is ${type}`;
  throw new DistinctionError("UNSAFE_VERSION_COLUMN", `${name}.${versionColumn} must be a BIGINT, but ${found}`);
}

/** Without it a list has no order; in a narrower one, or in text, it would end, or sort 10 before 9. */
function checkPositions({ name, positionColumn }: EntryTable, columns: ReadonlyMap<string, ColumnFacts>): void {
  if (positionColumn === undefined) return;
  const type = columns.get(positionColumn)?.type;
  if (type === "bigint") return;
  const found = type === undefined ? "there is none" : `it is ${type}`;
  const message =
    `${name}.${positionColumn} keeps the order of a list and must be a BIGINT, but ${found}: ` +
    `add it as BIGINT NOT NULL DEFAULT 0, with an index on owner and ${positionColumn}`;
  throw new DistinctionError("UNSAFE_POSITION_COLUMN", message);
}

/** Under a collation that ignores case, accents or trailing spaces, two different keys would be one row. */
function checkKeys(table: string, keys: readonly string[], columns: ReadonlyMap<string, ColumnFacts>): void {
  for (const key of keys) {
    const collation = columns.get(key)?.collation;
    if (collation === undefined || /^(binary|\w+_(0900|nopad)_bin)$/.test(collation)) continue;
    const message = `${table}.${key} is a key with collation ${collation}: use utf8mb4_0900_bin (MySQL) or utf8mb4_nopad_bin (MariaDB)`;
    throw new DistinctionError("UNSAFE_KEY_COLLATION", message);
  }
}

async function columnsOf(session: Session, table: string): Promise<ReadonlyMap<string, ColumnFacts>> {
  const rows = await session.rows({
    sql:
      "SELECT COLUMN_NAME, DATA_TYPE, COLLATION_NAME FROM information_schema.COLUMNS " +
      "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?",
    parameters: [table],
  });
  if (rows.length === 0) throw missingTable(table);
  return new Map(
    rows.map(([name, type, collation]) => [
      String(name),
      { type: String(type).toLowerCase(), collation: (collation as string | null) ?? undefined },
    ]),
  );
}

async function sqliteColumnsOf(session: Session, table: string): Promise<ReadonlyMap<string, ColumnFacts>> {
  const rows = await session.rows({ sql: "SELECT name, type FROM pragma_table_info(?)", parameters: [table] });
  if (rows.length === 0) throw missingTable(table);
  // Every type with INT in its name is stored in up to 64 bits.
  return new Map(
    rows.map(([name, type]) => {
      const word = String(type).toLowerCase();
      return [String(name), { type: word.includes("int") ? "bigint" : word, collation: undefined }];
    }),
  );
}

function missingTable(table: string): DistinctionError {
  return new DistinctionError("MISSING_TABLE", `there is no table ${table}`);
}
