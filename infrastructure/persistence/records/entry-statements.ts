import { createHash } from "node:crypto";
import type { RecordId } from "../../../domain/distinction/record/record-id.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import { groupedBy } from "./grouped.js";
import { cachedText, encoded, idParameters, placeholders, rowCondition, whereIds } from "./record-statements.js";
import { secretParameter } from "../connection/parameter.js";
import type { Parameter, Statement } from "../connection/session.js";
import type { EntryLayout, TableLayout } from "./table-layout.js";

/** The statements on a collection's rows, one function each. */

/** An entry to put in a record's collection. */
export interface EntryPut {
  readonly owner: RecordState;
  readonly key: string;
  /** Captured. */
  readonly entry: unknown;
  /** In a list: its place, or where it gets one. */
  readonly place: EntryPlace;
  /** The fields that change, by their index in the layout; all where none are named. */
  readonly changed?: readonly number[];
}

/**
 * `append` comes after all that are there, counted from 1 where one statement appends several; `at` is a position among
 * all; `same` keeps the one that the entry has.
 */
export type EntryPlace = { readonly append: number } | { readonly at: number } | "same";

/**
 * The entries of some records, each row with its owner's key and version. The outer join gives at least one row per
 * record, so that the version under which the entries were read is always known; see `SqlRecordStore`. Columns of both
 * tables may have one name, so each is given one of its own: drivers read rows by them.
 */
export function selectEntries(
  layout: TableLayout,
  entries: EntryLayout,
  ids: readonly RecordId[],
  keys: readonly string[] | undefined,
  lock: boolean,
): Statement {
  const text = (): string => {
    const columns = [
      ...layout.key.map((column) => `r.${column.name}`),
      `r.${layout.version}`,
      `e.${entries.keyColumn}`,
      ...entries.fields.map((field) => `e.${field.name}`),
    ];
    const named = columns.map((column, index) => `${column} AS c${index}`).join(", ");
    const limit = keys === undefined ? "" : ` AND ${keyCondition(entries, keys.length, "e.")}`;
    const position = entries.position === undefined ? [] : [`e.${entries.position}`];
    const order = [...layout.key.map((column) => `r.${column.name}`), ...position, `e.${entries.keyColumn}`].join(", ");
    return (
      `SELECT ${named} FROM ${layout.name} r LEFT JOIN ${entries.name} e ON ${ownership(entries)}${limit} ` +
      `WHERE ${whereIds(layout, ids, "r.").sql} ORDER BY ${order}${lock ? layout.dialect.forUpdate : ""}`
    );
  };
  const varying = ids.length > 1 || keys !== undefined;
  return {
    sql: varying ? text() : cachedText(entries, lock ? "select locked" : "select", text),
    parameters: [...(keys ?? []).map((key) => lookupValue(entries, key)), ...idParameters(layout, ids)],
    varying,
    columns: namesOf(layout.key.length + 2 + entries.fields.length),
  };
}

const names: string[] = [];

/** `c0`, `c1`, … */
function namesOf(count: number): readonly string[] {
  while (names.length < count) names.push(`c${names.length}`);
  return names.slice(0, count);
}

/**
 * Puts entries, new and changed ones alike; in a list, the changed ones keep their places. A field that changes in some
 * of them only stays in the others as it is stored. The owners' rows are locked by their versioned updates: nobody else
 * writes their entries.
 */
export function putEntries(layout: TableLayout, entries: EntryLayout, puts: readonly EntryPut[]): Statement {
  const everywhere: string[] = [];
  const partly = new Map<string, Statement>();
  for (const [index, column] of fieldColumns(entries).entries()) {
    const rows = puts.filter(({ changed }) => changed === undefined || changed.includes(index));
    if (rows.length === puts.length) everywhere.push(column);
    else if (rows.length > 0) partly.set(column, isOneOf(layout, entries, rows));
  }
  return upsert(layout, entries, puts, everywhere, partly);
}

/**
 * That a stored row is one of these. SQLite, which limits how deep a condition nests, compares rows; MariaDB would compare
 * those as floating-point numbers where keys are big integers.
 */
function isOneOf(layout: TableLayout, entries: EntryLayout, puts: readonly EntryPut[]): Statement {
  const prefix = `${entries.name}.`;
  const owners = entries.owner.map(({ name }) => `${prefix}${name}`);
  const ownerOf = (owner: RecordState): Parameter[] => entries.owner.map(({ column }) => encoded(column, owner));
  if (layout.dialect.name === "sqlite") {
    return {
      sql: rowCondition([...owners, `${prefix}${entries.lookupColumn}`], puts.length),
      parameters: puts.flatMap(({ owner, key }) => [...ownerOf(owner), lookupValue(entries, key)]),
    };
  }
  const owned = owners.map((name) => `${name} = ? AND `).join("");
  const byOwner = [...groupedBy(puts, ({ owner }) => owner)];
  return {
    sql: byOwner.map(([, some]) => `(${owned}${keyCondition(entries, some.length, prefix)})`).join(" OR "),
    parameters: byOwner.flatMap(([owner, some]) => [
      ...ownerOf(owner),
      ...some.map(({ key }) => lookupValue(entries, key)),
    ]),
  };
}

/** Writes the fields that change of an entry that is there: for one that holds what could not be inserted again. */
export function updateEntry(entries: EntryLayout, { owner, key, entry, changed = [] }: EntryPut): Statement {
  const values = entries.type.split(entry);
  const fields = changed.map((index) => entries.fields[index]!);
  const owned = entries.owner.map(({ name }) => `${name} = ? AND `).join("");
  return {
    sql:
      `UPDATE ${entries.name} SET ${fields.map(({ name }) => `${name} = ?`).join(", ")} ` +
      `WHERE ${owned}${keyCondition(entries, 1, "")}`,
    parameters: [
      ...changed.map((index) => entries.fields[index]!.codec.encode(values[index])),
      ...entries.owner.map(({ column }) => encoded(column, owner)),
      lookupValue(entries, key),
    ],
  };
}

/** Puts entries, each at its place. */
export function placeEntries(layout: TableLayout, entries: EntryLayout, puts: readonly EntryPut[]): Statement {
  const { positionColumn } = entries.table;
  return upsert(layout, entries, puts, [
    ...fieldColumns(entries),
    ...(positionColumn === undefined ? [] : [positionColumn]),
  ]);
}

function upsert(
  { dialect }: TableLayout,
  entries: EntryLayout,
  puts: readonly EntryPut[],
  updated: readonly string[],
  partly: ReadonlyMap<string, Statement> = new Map(),
): Statement {
  const { sql, parameters, ...statement } = insertEntries(entries, puts);
  if (partly.size === 0) {
    const text = (): string => sql + dialect.onDuplicateKey(entries.primaryKey, updated);
    return { sql: textOf(entries, `put ${updated.join()}`, puts.length, text), parameters, ...statement };
  }
  const columns = new Map([...partly].map(([column, condition]) => [column, condition.sql]));
  return {
    sql: sql + dialect.onDuplicateKey(entries.primaryKey, updated, { table: entries.table.name, columns }),
    parameters: [...parameters, ...[...partly.values()].flatMap((condition) => condition.parameters)],
    ...statement,
  };
}

function fieldColumns({ fields, table }: EntryLayout): string[] {
  return fields.map(({ attribute }) => table.columns[attribute]!);
}

/** Inserts new entries; a row that is there already is an error. */
export function insertEntries(entries: EntryLayout, puts: readonly EntryPut[]): Statement {
  const { position } = entries;
  const places = position === undefined ? [] : puts.map((put) => placeOf(entries, position, put));
  const text = (): string => {
    const columns = rowColumns(entries);
    const values = placeholders(columns.length);
    const rows = puts.map((_, index) => `(${[values, ...(places[index] ? [places[index].sql] : [])].join(", ")})`);
    return `INSERT INTO ${entries.name} (${[...columns, ...(position ? [position] : [])].join(", ")}) VALUES ${rows.join(", ")}`;
  };
  return {
    sql: textOf(entries, "insert", puts.length, text),
    parameters: puts.flatMap((put, index) => [...entryRow(entries, put), ...(places[index]?.parameters ?? [])]),
    varying: puts.length > 1,
  };
}

/** The text is the same each time for one row, unless that gets a place. */
function textOf(entries: EntryLayout, shape: string, rows: number, make: () => string): string {
  return rows === 1 && entries.position === undefined ? cachedText(entries, shape, make) : make();
}

/** The columns of `entryRow`. */
function rowColumns(entries: EntryLayout): string[] {
  return [
    ...entries.owner.map(({ name }) => name),
    ...(entries.table.digestColumn === undefined ? [] : [entries.lookupColumn]),
    entries.keyColumn,
    ...entries.fields.map((field) => field.name),
  ];
}

/**
 * The position of an entry, as an expression. What is appended comes behind the last one, which the index on owner and
 * position tells, however long the list is. A row may see those that the statement inserted before it, or not: counting
 * upwards is right in both cases. The derived table is for MySQL, which refuses to read the table that it inserts into.
 */
function placeOf(entries: EntryLayout, position: string, { owner, place }: EntryPut): Statement {
  if (place === "same") return { sql: "0", parameters: [] }; // for a row that is there, and keeps the one it has
  if ("at" in place) return { sql: String(place.at), parameters: [] };
  const owned = entries.owner.map(({ name }) => `${name} = ?`).join(" AND ");
  return {
    sql: `(SELECT p FROM (SELECT COALESCE(MAX(${position}), 0) AS p FROM ${entries.name} WHERE ${owned}) AS l) + ${place.append}`,
    parameters: entries.owner.map(({ column }) => encoded(column, owner)),
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
  const text = (): string => {
    const owned = entries.owner.map(({ name }) => `${name} = ? AND `).join("");
    return `DELETE FROM ${entries.name} WHERE ${owned}${keyCondition(entries, keys.length, "")}`;
  };
  return {
    sql: keys.length === 1 ? cachedText(entries, "drop", text) : text(),
    parameters: [
      ...entries.owner.map(({ column }) => encoded(column, owner)),
      ...keys.map((key) => lookupValue(entries, key)),
    ],
    varying: keys.length > 1,
  };
}

function entryRow(entries: EntryLayout, { owner, key, entry }: EntryPut): Parameter[] {
  const values = entries.type.split(entry);
  return [
    ...entries.owner.map(({ column }) => encoded(column, owner)),
    ...(entries.table.digestColumn === undefined ? [] : [lookupValue(entries, key)]),
    entries.secretKey ? secretParameter(key) : key,
    ...entries.fields.map((field, index) => field.codec.encode(values[index])),
  ];
}

/** `r` owns `e`. */
export function ownership({ owner }: EntryLayout): string {
  return owner.map(({ name, column }) => `e.${name} = r.${column.name}`).join(" AND ");
}

function keyCondition(entries: EntryLayout, count: number, prefix: string): string {
  if (count === 0) return "1 = 0";
  return `${prefix}${entries.lookupColumn} ${count === 1 ? "= ?" : `IN (${placeholders(count)})`}`;
}

export function lookupValue(entries: EntryLayout, key: string): Parameter {
  const value = entries.table.digestColumn === undefined ? key : createHash("sha256").update(key).digest();
  return entries.secretKey ? secretParameter(value) : value;
}
