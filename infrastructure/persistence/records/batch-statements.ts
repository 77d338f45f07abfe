import type { RecordId } from "../../../domain/distinction/record/record-id.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import { lookupValue } from "./entry-statements.js";
import { groupedBy } from "./grouped.js";
import { living } from "./living.js";
import { cachedText, columnsOf, encoded, placeholders, rowOf, whereIds } from "./record-statements.js";
import { secretParameter, type PlainParameter } from "../connection/parameter.js";
import type { Parameter, Statement } from "../connection/session.js";
import type { Column, EntryLayout, TableLayout } from "./table-layout.js";

/** The statements on many records at a time, one function each. */

/** One row of an update: what is stored now, and the values to store, encoded, in the order of the columns. */
export interface RowUpdate {
  readonly base: RecordState;
  readonly values: readonly PlainParameter[];
}

/**
 * `UPDATE JSON_TABLE(? …) j LEFT JOIN t ON <key> SET …, version = version + 1 WHERE IF(t.version = j.version, 1, <error>)`:
 * constant text and one parameter for any number of rows, a look-up by primary key for each of them in their order.
 *
 * A row that is stale or missing fails the statement (`OVERFLOW`), before any row is written: so it is all or nothing by
 * itself, and a batch that needs no other statement needs no BEGIN and COMMIT, which cost a quarter of its time at 100
 * rows with the server next door. The error must depend on a row, or it would be raised while the statement is planned.
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
  columns: readonly Column[],
  rows: readonly RowUpdate[],
): Statement {
  const binary = columns.map((_, index) => rows.some(({ values }) => Buffer.isBuffer(values[index])));
  const shape = `batch ${columns.map(({ name }, index) => (binary[index] ? `${name} in hex` : name)).join()}`;
  const sql = cachedText(layout, shape, () => updateBatchText(layout, keyTypes, columns, binary));
  const keys = layout.key.map((column, index) => ({ member: `k${index}`, column }));
  const members = columns.map((_, index) => `c${index}`);
  const documents = rows.map(({ base, values }) => {
    const document: Record<string, string | number> = { v: base.version };
    for (const { member, column } of keys) document[member] = String(encoded(column, base));
    for (let index = 0; index < members.length; index++) {
      const value = values[index]!;
      if (value !== null) document[members[index]!] = Buffer.isBuffer(value) ? value.toString("hex") : String(value);
    }
    return document;
  });
  const rowsText = JSON.stringify(documents);
  return { sql, parameters: [columns.some(({ secret }) => secret) ? secretParameter(rowsText) : rowsText] };
}

function updateBatchText(
  layout: TableLayout,
  keyTypes: readonly string[],
  columns: readonly Column[],
  binary: readonly boolean[],
): string {
  const { key } = layout;
  const members = [
    ...key.map((_, index) => `k${index} ${keyTypes[index]} PATH '$.k${index}' ERROR ON ERROR`),
    "v BIGINT PATH '$.v' ERROR ON ERROR",
    ...columns.map((_, index) => `c${index} LONGTEXT CHARACTER SET utf8mb4 PATH '$.c${index}' ERROR ON ERROR`),
  ];
  const assignments = columns.map(({ name }, index) => {
    return `t.${name} = ${binary[index] ? `UNHEX(j.c${index})` : `j.c${index}`}, `;
  });
  const isCurrent = [`t.${layout.version} = j.v`, ...living(layout, "t")].join(" AND ");
  return (
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (${members.join(", ")})) AS j LEFT JOIN ${layout.name} AS t ` +
    `ON ${key.map(({ name }, index) => `t.${name} = j.k${index}`).join(" AND ")} ` +
    `SET ${assignments.join("")}t.${layout.version} = t.${layout.version} + 1 ` +
    `WHERE IF(${isCurrent}, 1, ${OVERFLOW})`
  );
}

/** One more than the greatest unsigned number, hence error 1690 under every `sql_mode`. */
const OVERFLOW = "~j.v + j.v + 1";

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

/**
 * Those of `ids` that a table has, each behind whether its record is deleted.
 *
 * @param name the record's own table, or that of what was removed
 * @param lock to see what is stored now, even in a transaction that began before
 */
export function selectTaken(layout: TableLayout, ids: readonly RecordId[], name: string, lock: boolean): Statement {
  const where = whereIds(layout, ids);
  const keys = layout.key.map((column) => column.name).join(", ");
  const { deletedColumn } = layout.table;
  const mark = deletedColumn === undefined ? "0" : `${layout.dialect.quote(deletedColumn)} IS NOT NULL`;
  return {
    sql: `SELECT ${name === layout.name ? mark : "1"}, ${keys} FROM ${name} WHERE ${where.sql}${lock ? layout.dialect.forUpdate : ""}`,
    parameters: where.parameters,
    varying: true,
  };
}

export function insertRecords(layout: TableLayout, states: readonly RecordState[]): Statement {
  const columns = columnsOf(layout);
  const row = `(${placeholders(columns.length)})`;
  return {
    sql: `INSERT INTO ${layout.name} (${columns.join(", ")}) VALUES ${states.map(() => row).join(", ")}`,
    parameters: states.flatMap((state) => rowOf(layout, state)),
    varying: true,
  };
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
