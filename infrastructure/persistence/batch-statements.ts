import type { RecordId } from "../../domain/distinction/record-id.js";
import type { RecordState } from "../../domain/distinction/record-state.js";
import { insertOwned, lookupValue, type OwnedEntry } from "./entry-statements.js";
import { groupedBy } from "./grouped.js";
import { cachedText, encoded, placeholders, whereIds } from "./record-statements.js";
import type { Parameter, Statement } from "./session.js";
import type { Column, EntryLayout, TableLayout } from "./table-layout.js";

/** The statements on many records at a time, one function each. */

/** One row of an update: what is stored now, and the values to store. */
export interface RowUpdate {
  readonly base: RecordState;
  readonly after: RecordState["attributes"];
}

/**
 * `UPDATE JSON_TABLE(? …) j STRAIGHT_JOIN t ON <key> SET …, version = version + 1 WHERE t.version = j.version`: constant
 * text and one parameter for any number of rows, a look-up by primary key for each of them in their order.
 *
 * Values travel as text, as single updates bind them: what a column makes of a text is exact for each of its types, while
 * JSON numbers would be doubles. Missing members are NULL; bytes are hexadecimal. `ERROR ON ERROR`, or a value that does
 * not fit would silently be NULL. What lost: a join with UNION ALL of rows (a text per number of rows), CASE per column
 * (quadratic), INSERT … ON DUPLICATE KEY UPDATE (brings deleted rows back).
 *
 * @param keyTypes the types of the key's columns, with their collations: MySQL refuses to compare others (error 1267)
 */
export function updateBatch(
  layout: TableLayout,
  keyTypes: readonly string[],
  changed: readonly string[],
  rows: readonly RowUpdate[],
): Statement {
  const columns = changed.map((attribute) => layout.byAttribute.get(attribute)!);
  const values = rows.map(({ after }) => columns.map(({ attribute, codec }) => codec.encode(after[attribute])));
  const binary = columns.map((_, index) => values.some((row) => Buffer.isBuffer(row[index])));
  const shape = `batch ${changed.map((name, index) => (binary[index] ? `${name} in hex` : name)).join()}`;
  const sql = cachedText(layout, shape, () => updateBatchText(layout, keyTypes, columns, binary));
  const documents = rows.map(({ base }, row) => {
    const document: Record<string, string | number> = { v: base.version };
    layout.key.forEach((column, index) => (document[`k${index}`] = String(encoded(column, base))));
    values[row]!.forEach((value, index) => {
      if (value !== null) document[`c${index}`] = Buffer.isBuffer(value) ? value.toString("hex") : String(value);
    });
    return document;
  });
  return { sql, parameters: [JSON.stringify(documents)] };
}

function updateBatchText(
  layout: TableLayout,
  keyTypes: readonly string[],
  columns: readonly Column[],
  binary: readonly boolean[],
): string {
  const { dialect, key, table } = layout;
  const members = [
    ...key.map((_, index) => `k${index} ${keyTypes[index]} PATH '$.k${index}' ERROR ON ERROR`),
    "v BIGINT PATH '$.v' ERROR ON ERROR",
    ...columns.map((_, index) => `c${index} LONGTEXT CHARACTER SET utf8mb4 PATH '$.c${index}' ERROR ON ERROR`),
  ];
  const assignments = columns.map(({ name }, index) => {
    return `t.${name} = ${binary[index] ? `UNHEX(j.c${index})` : `j.c${index}`}, `;
  });
  const alive = table.deletedColumn === undefined ? "" : ` AND t.${dialect.quote(table.deletedColumn)} IS NULL`;
  return (
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (${members.join(", ")})) AS j STRAIGHT_JOIN ${layout.name} AS t ` +
    `ON ${key.map(({ name }, index) => `t.${name} = j.k${index}`).join(" AND ")} ` +
    `SET ${assignments.join("")}t.${layout.version} = t.${layout.version} + 1 WHERE t.${layout.version} = j.v${alive}`
  );
}

/** The types of a table's columns, to declare the key's in JSON_TABLE. */
export function selectColumnTypes({ table }: TableLayout): Statement {
  return {
    sql:
      "SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, CHARACTER_SET_NAME, COLLATION_NAME " +
      "FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?",
    parameters: [table.name],
    varying: true,
  };
}

/** Locks rows in the order of their primary key, in which a server walks through a list, and tells their versions. */
export function selectVersions(layout: TableLayout, ids: readonly RecordId[]): Statement {
  const where = whereIds(layout, ids);
  const columns = [layout.version, ...layout.key.map(({ name }) => name)].join(", ");
  return {
    sql: `SELECT ${columns} FROM ${layout.name} WHERE (${where.sql})${layout.alive}${layout.dialect.forUpdate}`,
    parameters: where.parameters,
    varying: true,
  };
}

/** Those of `ids` that are taken, whether their rows are alive or marked as deleted. */
export function selectTaken(layout: TableLayout, ids: readonly RecordId[]): Statement {
  const where = whereIds(layout, ids);
  return {
    sql: `SELECT ${layout.key.map(({ name }) => name).join(", ")} FROM ${layout.name} WHERE ${where.sql}`,
    parameters: where.parameters,
    varying: true,
  };
}

export function insertRecords(layout: TableLayout, states: readonly RecordState[]): Statement {
  const columns = [layout.version, ...layout.columns.map((column) => column.name)];
  const row = `(${placeholders(columns.length)})`;
  return {
    sql: `INSERT INTO ${layout.name} (${columns.join(", ")}) VALUES ${states.map(() => row).join(", ")}`,
    parameters: states.flatMap((state) => rowOf(layout, state)),
    varying: true,
  };
}

export function rowOf(layout: TableLayout, state: RecordState): Parameter[] {
  return [state.version, ...layout.columns.map((column) => encoded(column, state))];
}

/** Puts entries of several records, new and changed ones alike. */
export function putOwned(layout: TableLayout, entries: EntryLayout, rows: readonly OwnedEntry[]): Statement {
  const { sql, ...statement } = insertOwned(entries, rows);
  const updated = entries.fields.map((field) => entries.table.columns[field.attribute]!);
  return { sql: sql + layout.dialect.onDuplicateKey(entries.primaryKey, updated), ...statement };
}

/**
 * Deletes entries of several records. The servers take a condition per owner for ranges of the primary key; SQLite, which
 * limits how deep a condition nests, takes rows.
 */
export function dropOwned(
  { dialect }: TableLayout,
  entries: EntryLayout,
  drops: readonly { readonly owner: RecordState; readonly key: string }[],
): Statement {
  const names = [...entries.owner.map(({ name }) => name), entries.lookupColumn];
  const ownerOf = (owner: RecordState): Parameter[] => entries.owner.map(({ column }) => encoded(column, owner));
  if (dialect.name === "sqlite") {
    const row = `(${placeholders(names.length)})`;
    return {
      sql: `DELETE FROM ${entries.name} WHERE (${names.join(", ")}) IN (VALUES ${drops.map(() => row).join(", ")})`,
      parameters: drops.flatMap(({ owner, key }) => [...ownerOf(owner), lookupValue(entries, key)]),
      varying: true,
    };
  }
  const byOwner = groupedBy(drops, ({ owner }) => owner);
  const owned = entries.owner.map(({ name }) => `${name} = ? AND `).join("");
  const conditions = [...byOwner.values()].map(
    (keys) => `(${owned}${entries.lookupColumn} IN (${placeholders(keys.length)}))`,
  );
  return {
    sql: `DELETE FROM ${entries.name} WHERE ${conditions.join(" OR ")}`,
    parameters: [...byOwner].flatMap(([owner, keys]) => [
      ...ownerOf(owner),
      ...keys.map(({ key }) => lookupValue(entries, key)),
    ]),
    varying: true,
  };
}
