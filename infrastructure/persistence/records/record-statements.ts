import type { RecordId } from "../../../domain/distinction/record/record-id.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { Parameter, Statement } from "../connection/session.js";
import type { Column, EntryLayout, TableLayout } from "./table-layout.js";

/** The statements on a record's own row, one function each. */

/** `SELECT version, … FROM t WHERE key = ?` (or a list of keys): a point look-up by primary key. */
export function selectRecords(layout: TableLayout, ids: readonly RecordId[], options = { lock: false }): Statement {
  const text = (): string => {
    const columns = columnsOf(layout).join(", ");
    const lock = options.lock ? layout.dialect.forUpdate : "";
    return `SELECT ${columns} FROM ${layout.name} WHERE ${living(layout, whereIds(layout, ids).sql)}${lock}`;
  };
  const sql = ids.length > 1 ? text() : cachedText(layout, options.lock ? "select locked" : "select", text);
  return { sql, parameters: idParameters(layout, ids), varying: ids.length > 1, columns: layout.selected };
}

/** Whether the record has the version of `base`: a point look-up that reads no other column. */
export function selectVersion(layout: TableLayout, base: RecordState, { lock }: { readonly lock: boolean }): Statement {
  const where = whereVersion(layout, base);
  const sql = cachedText(layout, lock ? "version locked" : "version", () => {
    return `SELECT ${layout.version} FROM ${layout.name} WHERE ${where.sql}${lock ? layout.dialect.forUpdate : ""}`;
  });
  return { sql, parameters: where.parameters };
}

export function insertRecord(layout: TableLayout, state: RecordState): Statement {
  const columns = columnsOf(layout);
  return {
    sql: `INSERT INTO ${layout.name} (${columns.join(", ")}) VALUES (${placeholders(columns.length)})`,
    parameters: rowOf(layout, state),
  };
}

/** All columns of a record's own row. */
export function columnsOf(layout: TableLayout): string[] {
  return [layout.version, ...layout.columns.map((column) => column.name)];
}

/** The values of `columnsOf`. */
export function rowOf(layout: TableLayout, state: RecordState): Parameter[] {
  return [state.version, ...layout.columns.map((column) => encoded(column, state))];
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
  guards: GuardConditions = NO_GUARDS,
  also: Assignments = NO_ASSIGNMENTS,
): Statement {
  const columns = changed.map((attribute) => layout.byAttribute.get(attribute)!);
  const where = whereVersion(layout, base, guards);
  const sql = cachedText(layout, `update ${columns.map(({ name }) => name).join()}${guards.sql}${also.sql}`, () => {
    const assignments = columns.map((column) => `${column.name} = ?, `).join("");
    return updateText(layout, `${also.sql}${assignments}`, where.sql);
  });
  const values = columns.map((column) => column.codec.encode(after[column.attribute]));
  return { sql, parameters: [...also.parameters, ...values, ...where.parameters] };
}

/** @param assignments each followed by a comma */
export function updateText({ name, version }: TableLayout, assignments: string, where: string): string {
  return `UPDATE ${name} SET ${assignments}${version} = ${version} + 1 WHERE ${where}`;
}

/** Entries go with the record through their foreign keys' ON DELETE CASCADE. */
export function deleteRecord(layout: TableLayout, base: RecordState, guards: GuardConditions = NO_GUARDS): Statement {
  const where = whereVersion(layout, base, guards);
  return { sql: `DELETE FROM ${layout.name} WHERE ${where.sql}`, parameters: where.parameters };
}

/**
 * The key condition for one id or several, on the table or its alias `prefix`. The servers take a condition per composite
 * id for points of the primary key; SQLite, which limits how deep a condition nests, takes rows.
 */
export function whereIds(layout: TableLayout, ids: readonly RecordId[], prefix = ""): Statement {
  const parameters = idParameters(layout, ids);
  if (ids.length > 1 && layout.key.length === 1) {
    return { sql: `${prefix}${layout.key[0]!.name} IN (${placeholders(ids.length)})`, parameters };
  }
  if (ids.length > 1 && layout.dialect.name === "sqlite") {
    const names = layout.key.map(({ name }) => `${prefix}${name}`);
    return { sql: rowCondition(names, ids.length), parameters };
  }
  const one = layout.key.map((column) => `${prefix}${column.name} = ?`).join(" AND ");
  return { sql: ids.length === 1 ? one : ids.map(() => `(${one})`).join(" OR "), parameters };
}

/** The id in the key's columns of a row, in their order. */
export function decodedId(layout: TableLayout, values: readonly unknown[]): RecordId {
  return layout.key.map(({ codec }, index) => codec.decode(values[index]) as string | number | bigint);
}

/** In the order of `ids`, each in that of the key. */
export function idParameters(layout: TableLayout, ids: readonly RecordId[]): Parameter[] {
  const parameters: Parameter[] = [];
  for (const id of ids)
    for (const [index, part] of id.entries()) parameters.push(layout.key[index]!.codec.encode(part));
  return parameters;
}

/** What else the statement that raises a version sets. */
export interface Assignments {
  /** `column = ?, ` for each. Names the shape of the text, too. */
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

export const NO_ASSIGNMENTS: Assignments = { sql: "", parameters: [] };

/** What the stored row has to meet beside having its version. */
export interface GuardConditions {
  /** ` AND column IN (?, ?)` for each guard, or nothing. Names the shape of the text, too. */
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

export const NO_GUARDS: GuardConditions = { sql: "", parameters: [] };

export function whereVersion(layout: TableLayout, base: RecordState, guards: GuardConditions = NO_GUARDS): Statement {
  return {
    sql: cachedText(layout, `where version${guards.sql}`, () => {
      const key = layout.key.map((column) => `${column.name} = ? AND `).join("");
      return `${key}${layout.version} = ?${layout.alive}${guards.sql}`;
    }),
    parameters: [...layout.key.map((column) => encoded(column, base)), base.version, ...guards.parameters],
  };
}

function living({ alive }: TableLayout, condition: string): string {
  return alive === "" ? condition : `(${condition})${alive}`;
}

/** Most texts kept per layout; callers that change ever other sets of attributes do not fill the memory. */
const MOST_TEXTS = 1_000;
const texts = new WeakMap<TableLayout | EntryLayout, Map<string, string>>();

/**
 * The SQL of one shape: what varies between its statements are the parameters alone.
 *
 * @param shape names columns as they are quoted: names of attributes may hold whatever stands between two of them
 */
export function cachedText(layout: TableLayout | EntryLayout, shape: string, make: () => string): string {
  let known = texts.get(layout);
  if (known === undefined) texts.set(layout, (known = new Map<string, string>()));
  let text = known.get(shape);
  if (text === undefined) {
    text = make();
    if (known.size < MOST_TEXTS) known.set(shape, text);
  }
  return text;
}

export function encoded(column: Column, { attributes }: RecordState): Parameter {
  return column.codec.encode(attributes[column.attribute]);
}

/** SQLite's condition that columns hold one of `count` rows of values: nests no deeper, however many these are. */
export function rowCondition(columns: readonly string[], count: number): string {
  const rows = Array.from({ length: count }, () => `(${placeholders(columns.length)})`).join(", ");
  return `(${columns.join(", ")}) IN (VALUES ${rows})`;
}

export function placeholders(count: number): string {
  return Array.from({ length: count }, () => "?").join(", ");
}
