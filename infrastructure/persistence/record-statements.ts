import type { RecordId } from "../../domain/distinction/record-id.js";
import type { RecordState } from "../../domain/distinction/record-state.js";
import type { Parameter, Statement } from "./session.js";
import type { Column, TableLayout } from "./table-layout.js";

/** The statements on a record's own row, one function each. */

/** `SELECT version, … FROM t WHERE key = ?` (or a list of keys): a point look-up by primary key. */
export function selectRecords(layout: TableLayout, ids: readonly RecordId[], options = { lock: false }): Statement {
  const columns = [layout.version, ...layout.columns.map((column) => column.name)].join(", ");
  const where = whereIds(layout, ids);
  const lock = options.lock ? layout.dialect.forUpdate : "";
  return {
    sql: `SELECT ${columns} FROM ${layout.name} WHERE ${living(layout, where.sql)}${lock}`,
    parameters: where.parameters,
    varying: ids.length > 1,
  };
}

export function insertRecord(layout: TableLayout, state: RecordState): Statement {
  const columns = [layout.version, ...layout.columns.map((column) => column.name)];
  return {
    sql: `INSERT INTO ${layout.name} (${columns.join(", ")}) VALUES (${placeholders(columns.length)})`,
    parameters: [state.version, ...layout.columns.map((column) => encoded(column, state))],
  };
}

/**
 * `UPDATE t SET <changed>, version = version + 1 WHERE key = ? AND version = ?`: the optimistic check stands in the
 * statement. The version always changes, so the count of matched and of changed rows is the same.
 */
export function updateRecord(
  layout: TableLayout,
  base: RecordState,
  changed: readonly string[],
  after: RecordState["attributes"],
): Statement {
  const columns = changed.map((attribute) => layout.byAttribute.get(attribute)!);
  const assignments = columns.map((column) => `${column.name} = ?, `).join("");
  const where = whereVersion(layout, base);
  return {
    sql: `UPDATE ${layout.name} SET ${assignments}${layout.version} = ${layout.version} + 1 WHERE ${where.sql}`,
    parameters: [...columns.map((column) => column.codec.encode(after[column.attribute])), ...where.parameters],
  };
}

/** Entries go with the record through their foreign keys' ON DELETE CASCADE. */
export function deleteRecord(layout: TableLayout, base: RecordState): Statement {
  const where = whereVersion(layout, base);
  return { sql: `DELETE FROM ${layout.name} WHERE ${where.sql}`, parameters: where.parameters };
}

/** The key condition for one id or several, on the table or its alias `prefix`. */
export function whereIds(layout: TableLayout, ids: readonly RecordId[], prefix = ""): Statement {
  const parameters = ids.flatMap((id) => id.map((part, index) => layout.key[index]!.codec.encode(part)));
  if (ids.length > 1 && layout.key.length === 1) {
    return { sql: `${prefix}${layout.key[0]!.name} IN (${placeholders(ids.length)})`, parameters };
  }
  const one = layout.key.map((column) => `${prefix}${column.name} = ?`).join(" AND ");
  return { sql: ids.length === 1 ? one : ids.map(() => `(${one})`).join(" OR "), parameters };
}

function whereVersion(layout: TableLayout, base: RecordState): Statement {
  return {
    sql: [...layout.key.map((column) => `${column.name} = ?`), `${layout.version} = ?`].join(" AND ") + layout.alive,
    parameters: [...layout.key.map((column) => encoded(column, base)), base.version],
  };
}

function living({ alive }: TableLayout, condition: string): string {
  return alive === "" ? condition : `(${condition})${alive}`;
}

export function encoded(column: Column, { attributes }: RecordState): Parameter {
  return column.codec.encode(attributes[column.attribute]);
}

export function placeholders(count: number): string {
  return Array.from({ length: count }, () => "?").join(", ");
}
