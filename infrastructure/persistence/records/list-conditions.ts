import type { Condition } from "../../../domain/distinction/merge/condition.js";
import type { SortKey } from "../../../domain/distinction/list-query.js";
import type { Attributes } from "../../../domain/distinction/types/record-type.js";
import { placeholders } from "./record-statements.js";
import { SecretParameter, secretParameter } from "../connection/parameter.js";
import type { Parameter, Statement } from "../connection/session.js";
import type { TableLayout } from "./table-layout.js";

/** Conditions, orders and places of lists as terms of a statement: on the listed rows `r`, or the marker `m`. */
export type Alias = "r" | "m";

const SIGNS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

export function conditionTerm(layout: TableLayout, condition: Condition, alias: Alias = "r"): Statement {
  const { attribute, operator, values } = condition;
  const column = layout.byAttribute.get(attribute)!;
  const name = column.codec.isSingle === true ? shownSingle(`${alias}.${column.name}`) : `${alias}.${column.name}`;
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
  const left = column.codec.isSingle === true ? name : expression(layout, attribute, alias);
  return compared(left, SIGNS[operator], orderedOf(layout, attribute, values[0]));
}

/**
 * A FLOAT as the server gives it: 6 digits, as a DOUBLE. The column itself is compared with all its bits, by which 0.1 is
 * not 0.1. The inner CAST takes off what `FLOAT(7, 2)` says of digits.
 */
function shownSingle(name: string): string {
  return `CAST(CONCAT(CAST(${name} AS FLOAT)) AS DOUBLE)`;
}

/** An equality as two bounds. */
export function boundsTerm(layout: TableLayout, { attribute, values }: Condition): Statement {
  const name = `r.${layout.byAttribute.get(attribute)!.name}`;
  const { sql, parameters } = plainOf(layout, attribute, values[0]);
  return { sql: `${name} >= ${sql} AND ${name} <= ${sql}`, parameters: [...parameters, ...parameters] };
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
  const scaled = BigInt((value as string).replace(".", ""));
  return { sql: "?", parameters: [layout.byAttribute.get(attribute)!.secret ? secretParameter(scaled) : scaled] };
}

/** Servers compare a text with a number as doubles; bigints and decimals are texts to the driver, and exact as literals. */
function literal(layout: TableLayout, attribute: string, value: Parameter): Statement {
  const { shape } = (layout.table.type.attributes as Attributes)[attribute]!;
  const isExact = layout.dialect.name !== "sqlite" && (shape.kind === "bigint" || shape.kind === "decimal");
  if (isExact && value instanceof SecretParameter) {
    const digits = shape.kind === "decimal" ? `${shape.precision}, ${shape.scale}` : "20, 0";
    return { sql: `CAST(? AS DECIMAL(${digits}))`, parameters: [value] }; // a literal would show in logs
  }
  if (isExact && /^-?\d+(\.\d+)?$/.test(String(value))) return constant(String(value));
  return { sql: placeholders(1), parameters: [value] };
}

/** What a column is compared and sorted by. */
export function expression(layout: TableLayout, attribute: string, alias: Alias): string {
  const name = `${alias}.${layout.byAttribute.get(attribute)!.name}`;
  if (isScaledText(layout, attribute)) return `CAST(replace(${name}, '.', '') AS INTEGER)`;
  return isNativeEnum(layout, attribute) ? `CAST(${name} AS CHAR)` : name;
}

/** SQLite has no decimals: ours are text with a fixed number of digits after the point, hence integers without it. */
function isScaledText(layout: TableLayout, attribute: string): boolean {
  const { kind } = (layout.table.type.attributes as Attributes)[attribute]!.shape;
  return layout.dialect.name === "sqlite" && kind === "decimal" && layout.table.codecs?.[attribute] === undefined;
}

/** Rows that come after the marker `m`: greater in the first key, or equal there and greater in the next one, and so on. */
export function behindMarker(layout: TableLayout, [key, ...others]: readonly SortKey[]): string {
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

/** Servers sort ENUM columns by the order of their words, and compare them as text: a page would skip rows or repeat them. */
function isNativeEnum({ table, dialect }: TableLayout, attribute: string): boolean {
  const { kind } = (table.type.attributes as Attributes)[attribute]!.shape;
  return dialect.name !== "sqlite" && kind === "enum" && table.codecs?.[attribute] !== undefined;
}
