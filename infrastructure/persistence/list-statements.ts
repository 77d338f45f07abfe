import type { Condition, SortKey, StoreQuery } from "../../domain/distinction/list-query.js";
import type { RecordId } from "../../domain/distinction/record-id.js";
import type { Attributes } from "../../domain/distinction/record-type.js";
import { placeholders, whereIds } from "./record-statements.js";
import type { Parameter, Statement } from "./session.js";
import type { TableLayout } from "./table-layout.js";

/**
 * `SELECT version, … FROM t r WHERE <conditions> ORDER BY … LIMIT n`, and with a marker `JOIN t m ON m.key = ?`: rows
 * behind the marker's place by keyset, never by OFFSET, which skips or repeats rows when others write in between. One row
 * more than asked for tells whether others follow. All databases put NULLs first, and last in descending order.
 *
 * Not prepared: texts vary with conditions, orders and limits. The limit is inlined, a checked integer: MySQL refuses the
 * DOUBLE that the driver would bind.
 */
export function selectPage(layout: TableLayout, { conditions, sort, limit, after }: StoreQuery): Statement {
  const columns = [layout.version, ...layout.columns.map((column) => column.name)].map((name) => `r.${name}`);
  const terms = conditions.map((condition) => conditionTerm(layout, condition));
  const alive = living(layout, "r");
  const marker = after === undefined ? undefined : whereIds(layout, [after], "m.");
  const join =
    marker === undefined ? "" : ` JOIN ${layout.name} m ON ${[marker.sql, ...living(layout, "m")].join(" AND ")}`;
  const behind = marker === undefined ? [] : [`(${behindMarker(layout, sort)})`];
  const where = [...terms.map(({ sql }) => sql), ...alive, ...behind].join(" AND ");
  const order = sort.map((key) => `${expression(layout, key.attribute, "r")}${key.descending ? " DESC" : ""}`);
  return {
    sql:
      `SELECT ${columns.join(", ")} FROM ${layout.name} r${join}${where === "" ? "" : ` WHERE ${where}`} ` +
      `ORDER BY ${order.join(", ")} LIMIT ${limit + 1}`,
    parameters: [...(marker?.parameters ?? []), ...terms.flatMap(({ parameters }) => parameters)],
    varying: true,
  };
}

/** Whether a page without rows is the end of its list, or has lost its marker. */
export function selectMarker(layout: TableLayout, id: RecordId): Statement {
  const where = whereIds(layout, [id]);
  return {
    sql: `SELECT 1 FROM ${layout.name} WHERE ${where.sql}${layout.alive}`,
    parameters: where.parameters,
    varying: true,
  };
}

const SIGNS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

function conditionTerm(layout: TableLayout, { attribute, operator, values }: Condition): Statement {
  const column = layout.byAttribute.get(attribute)!;
  const name = `r.${column.name}`;
  const nullable = (layout.table.type.attributes as Attributes)[attribute]!.nullable;
  if (operator === "eq") {
    return values[0] === null
      ? constant(`${name} IS NULL`)
      : compared(name, "=", plainOf(layout, attribute, values[0]));
  }
  if (operator === "neq") {
    if (values[0] === null) return constant(`${name} IS NOT NULL`);
    const { sql, parameters } = compared(name, "<>", plainOf(layout, attribute, values[0]));
    return { sql: nullable ? `(${sql} OR ${name} IS NULL)` : sql, parameters };
  }
  if (operator === "in") {
    const some = values.filter((value) => value !== null).map((value) => plainOf(layout, attribute, value));
    const among = some.length === 0 ? "1 = 0" : `${name} IN (${some.map(({ sql }) => sql).join(", ")})`;
    const sql = some.length < values.length ? `(${among} OR ${name} IS NULL)` : among;
    return { sql, parameters: some.flatMap(({ parameters }) => parameters) };
  }
  return compared(expression(layout, attribute, "r"), SIGNS[operator], orderedOf(layout, attribute, values[0]));
}

function constant(sql: string): Statement {
  return { sql, parameters: [] };
}

function compared(left: string, sign: string, { sql, parameters }: Statement): Statement {
  return { sql: `${left} ${sign} ${sql}`, parameters };
}

function plainOf(layout: TableLayout, attribute: string, value: unknown): Statement {
  return literal(layout, attribute, layout.byAttribute.get(attribute)!.codec.encode(value));
}

/** A value as `expression` compares it. */
function orderedOf(layout: TableLayout, attribute: string, value: unknown): Statement {
  if (!isScaledText(layout, attribute)) return plainOf(layout, attribute, value);
  return { sql: "?", parameters: [BigInt((value as string).replace(".", ""))] };
}

/** Servers compare a text with a number as doubles; bigints and decimals are texts to the driver, and exact as literals. */
function literal(layout: TableLayout, attribute: string, value: Parameter): Statement {
  const { kind } = (layout.table.type.attributes as Attributes)[attribute]!.shape;
  const isExact = layout.dialect.name !== "sqlite" && (kind === "bigint" || kind === "decimal");
  if (isExact && /^-?\d+(\.\d+)?$/.test(String(value))) return constant(String(value));
  return { sql: placeholders(1), parameters: [value] };
}

/** What a column is compared and sorted by. */
function expression(layout: TableLayout, attribute: string, alias: "r" | "m"): string {
  const name = `${alias}.${layout.byAttribute.get(attribute)!.name}`;
  return isScaledText(layout, attribute) ? `CAST(replace(${name}, '.', '') AS INTEGER)` : name;
}

/** SQLite has no decimals: ours are text with a fixed number of digits after the point, hence integers without it. */
function isScaledText(layout: TableLayout, attribute: string): boolean {
  const { kind } = (layout.table.type.attributes as Attributes)[attribute]!.shape;
  return layout.dialect.name === "sqlite" && kind === "decimal" && layout.table.codecs?.[attribute] === undefined;
}

/** Rows that come after the marker `m`: greater in the first key, or equal there and greater in the next one, and so on. */
function behindMarker(layout: TableLayout, [key, ...others]: readonly SortKey[]): string {
  const { attribute, descending } = key!;
  const [row, marker] = [expression(layout, attribute, "r"), expression(layout, attribute, "m")];
  const nullable = (layout.table.type.attributes as Attributes)[attribute]!.nullable;
  const beyond = `${row} ${descending ? "<" : ">"} ${marker}`;
  const [low, high] = descending ? [row, marker] : [marker, row];
  const greater = nullable ? `(${beyond} OR (${low} IS NULL AND ${high} IS NOT NULL))` : beyond;
  if (others.length === 0) return greater;
  const same = nullable ? (layout.dialect.name === "sqlite" ? "IS" : "<=>") : "=";
  const rest = `(${greater} OR (${row} ${same} ${marker} AND ${behindMarker(layout, others)}))`;
  // Says the same again in a form that a range of an index can serve.
  return nullable ? rest : `${row} ${descending ? "<=" : ">="} ${marker} AND ${rest}`;
}

function living({ table, dialect }: TableLayout, alias: "r" | "m"): string[] {
  return table.deletedColumn === undefined ? [] : [`${alias}.${dialect.quote(table.deletedColumn)} IS NULL`];
}
