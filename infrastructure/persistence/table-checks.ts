import { DistinctionError } from "../../domain/distinction/errors.js";
import { keyNames } from "../../domain/distinction/record-type.js";
import { entryKeyColumns, type RecordTable } from "./record-table.js";
import type { Session } from "./session.js";

interface ColumnFacts {
  readonly type: string;
  readonly collation: string | undefined;
}

/**
 * Refuses a server's table whose keys or version would not work as the statements expect. SQLite needs no check: its
 * integers have 64 bits, and its text compares by code point unless a column says otherwise.
 *
 * @throws DistinctionError `UNSAFE_VERSION_COLUMN`, `UNSAFE_KEY_COLLATION`, `MISSING_TABLE`
 */
export async function checkTable(session: Session, table: RecordTable): Promise<void> {
  const columns = await columnsOf(session, table.name);
  checkVersionColumn(table, columns);
  checkKeys(
    table.name,
    keyNames(table.type).map((name) => table.columns[name]!),
    columns,
  );
  for (const entries of Object.values(table.entryTables)) {
    checkKeys(entries.name, entryKeyColumns(entries), await columnsOf(session, entries.name));
  }
}

/** A narrower integer overflows within reach; anything else does not count. */
function checkVersionColumn({ name, versionColumn }: RecordTable, columns: ReadonlyMap<string, ColumnFacts>): void {
  const type = columns.get(versionColumn)?.type;
  if (type === "bigint") return;
  const found = type === undefined ? "there is none" : `it is ${type}`;
  throw new DistinctionError("UNSAFE_VERSION_COLUMN", `${name}.${versionColumn} must be a BIGINT, but ${found}`);
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
  if (rows.length === 0) throw new DistinctionError("MISSING_TABLE", `there is no table ${table}`);
  return new Map(
    rows.map(([name, type, collation]) => [
      String(name),
      { type: String(type).toLowerCase(), collation: (collation as string | null) ?? undefined },
    ]),
  );
}
