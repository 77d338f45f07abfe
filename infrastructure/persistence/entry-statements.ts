import { createHash } from "node:crypto";
import type { RecordId } from "../../domain/distinction/record-id.js";
import type { RecordState } from "../../domain/distinction/record-state.js";
import { encoded, placeholders, whereIds } from "./record-statements.js";
import type { Parameter, Statement } from "./session.js";
import type { EntryLayout, TableLayout } from "./table-layout.js";

/** The statements on a collection's rows, one function each. */

export interface KeyedEntry {
  readonly key: string;
  /** Captured. */
  readonly entry: unknown;
}

/** An entry of one of several records. */
export interface OwnedEntry extends KeyedEntry {
  readonly owner: RecordState;
}

/**
 * The entries of some records, each row with its owner's key and version. The outer join gives at least one row per
 * record, so that the version under which the entries were read is always known; see `SqlRecordStore`.
 */
export function selectEntries(
  layout: TableLayout,
  entries: EntryLayout,
  ids: readonly RecordId[],
  keys?: readonly string[],
): Statement {
  const columns = [
    ...layout.key.map((column) => `r.${column.name}`),
    `r.${layout.version}`,
    `e.${entries.keyColumn}`,
    ...entries.fields.map((field) => `e.${field.name}`),
  ];
  const limit = keys === undefined ? "" : ` AND ${keyCondition(entries, keys.length, "e.")}`;
  const where = whereIds(layout, ids, "r.");
  const order = [...layout.key.map((column) => `r.${column.name}`), `e.${entries.keyColumn}`].join(", ");
  return {
    sql:
      `SELECT ${columns.join(", ")} FROM ${layout.name} r LEFT JOIN ${entries.name} e ` +
      `ON ${ownership(layout, entries)}${limit} WHERE ${where.sql} ORDER BY ${order}`,
    parameters: [...(keys ?? []).map((key) => lookupValue(entries, key)), ...where.parameters],
    varying: ids.length > 1 || keys !== undefined,
  };
}

/** Puts entries, new and changed ones alike. The owner's row is locked by its versioned update: nobody else writes them. */
export function putEntries(
  layout: TableLayout,
  entries: EntryLayout,
  owner: RecordState,
  puts: readonly KeyedEntry[],
): Statement {
  const { sql, ...statement } = insertEntries(entries, owner, puts);
  const updated = entries.fields.map((field) => entries.table.columns[field.attribute]!);
  return { sql: sql + layout.dialect.onDuplicateKey(entries.primaryKey, updated), ...statement };
}

/** Inserts new entries; a row that is there already is an error. */
export function insertEntries(entries: EntryLayout, owner: RecordState, puts: readonly KeyedEntry[]): Statement {
  return insertRows(entries, puts, () => owner);
}

/** Inserts new entries of several records. */
export function insertOwned(entries: EntryLayout, rows: readonly OwnedEntry[]): Statement {
  return insertRows(entries, rows, ({ owner }) => owner);
}

function insertRows<E extends KeyedEntry>(
  entries: EntryLayout,
  puts: readonly E[],
  ownerOf: (put: E) => RecordState,
): Statement {
  const { table } = entries;
  const columns = [
    ...entries.owner.map(({ name }) => name),
    ...(table.digestColumn === undefined ? [] : [entries.lookupColumn]),
    entries.keyColumn,
    ...entries.fields.map((field) => field.name),
  ];
  const row = `(${placeholders(columns.length)})`;
  return {
    sql: `INSERT INTO ${entries.name} (${columns.join(", ")}) VALUES ${puts.map(() => row).join(", ")}`,
    parameters: puts.flatMap((put) => entryRow(entries, ownerOf(put), put)),
    varying: puts.length > 1,
  };
}

/** Deletes all entries of a record whose foreign key does not do it. */
export function dropAllEntries(entries: EntryLayout, owner: RecordState): Statement {
  const owned = entries.owner.map(({ name }) => `${name} = ?`).join(" AND ");
  return {
    sql: `DELETE FROM ${entries.name} WHERE ${owned}`,
    parameters: entries.owner.map(({ column }) => encoded(column, owner)),
  };
}

export function dropEntries(entries: EntryLayout, owner: RecordState, keys: readonly string[]): Statement {
  const owned = entries.owner.map(({ name }) => `${name} = ? AND `).join("");
  return {
    sql: `DELETE FROM ${entries.name} WHERE ${owned}${keyCondition(entries, keys.length, "")}`,
    parameters: [
      ...entries.owner.map(({ column }) => encoded(column, owner)),
      ...keys.map((key) => lookupValue(entries, key)),
    ],
    varying: keys.length > 1,
  };
}

function entryRow(entries: EntryLayout, owner: RecordState, { key, entry }: KeyedEntry): Parameter[] {
  const values = entries.type.split(entry);
  return [
    ...entries.owner.map(({ column }) => encoded(column, owner)),
    ...(entries.table.digestColumn === undefined ? [] : [lookupValue(entries, key)]),
    key,
    ...entries.fields.map((field, index) => field.codec.encode(values[index])),
  ];
}

/** `r` owns `e`. */
function ownership(layout: TableLayout, { owner, table }: EntryLayout): string {
  const { quote } = layout.dialect;
  const equal = owner.map(({ name, column }) => `e.${name} = r.${column.name}`);
  if (table.range === undefined) return equal.join(" AND ");
  const { column, low, high } = table.range;
  const bound = (attribute: string): string => `r.${layout.byAttribute.get(attribute)!.name}`;
  return [...equal, `e.${quote(column)} BETWEEN ${bound(low)} AND ${bound(high)}`].join(" AND ");
}

function keyCondition(entries: EntryLayout, count: number, prefix: string): string {
  if (count === 0) return "1 = 0";
  return `${prefix}${entries.lookupColumn} ${count === 1 ? "= ?" : `IN (${placeholders(count)})`}`;
}

export function lookupValue(entries: EntryLayout, key: string): Parameter {
  return entries.table.digestColumn === undefined ? key : createHash("sha256").update(key).digest();
}
