import type { Condition } from "../../../domain/distinction/merge/condition.js";
import type { StoreQuery } from "../../../domain/distinction/list-query.js";
import type { Link } from "../../../domain/distinction/record/list-view.js";
import type { RecordId } from "../../../domain/distinction/record/record-id.js";
import { behindMarker, boundsTerm, conditionTerm, expression } from "./list-conditions.js";
import { boundedEqualities, forcedIndex, servingIndex, type ChosenIndex } from "./list-indexes.js";
import { kindsTerm, linkedFirst, linkTerm } from "./list-links.js";
import { living } from "./living.js";
import { whereIds } from "./record-statements.js";
import type { Parameter, Statement } from "../connection/session.js";
import type { TableLayout } from "./table-layout.js";

/** A link that listed rows must have, and whether many have it. */
interface AskedLink {
  readonly link: Link;
  readonly isMany: boolean;
}

/** How many rows there are to look at decides how a page is read. */
export interface PageReading {
  /** Whether many records have the link of a kind. */
  readonly isMany?: boolean;
  readonly chosen?: ChosenIndex;
}

/**
 * The rows of a page: of every kind that the query's view lists as many as a page takes, and of these the first ones. One
 * statement, so that they are as of one moment; what is of several kinds is one row.
 *
 * @param reading what was found out about how many rows there are of a kind
 */
export function selectPage(
  layout: TableLayout,
  query: StoreQuery,
  { isMany = false, chosen }: PageReading = {},
): Statement {
  if (query.view === undefined) return selectRows(layout, query, undefined, chosen);
  const kinds = query.view.kinds.map(({ conditions, linked }) => {
    const others = query.conditions.filter((given) => !conditions.some((own) => isSameEquality(own, given)));
    const asked = { ...query, conditions: [...others, ...conditions] };
    return selectRows(layout, asked, linked && { link: linked, isMany });
  });
  if (kinds.length === 1) return kinds[0]!;
  const union = kinds.map(({ sql }, index) => `SELECT * FROM (${sql}) k${index}`).join(" UNION ");
  return {
    sql: `SELECT * FROM (${union}) r ${ordered(layout, query.sort, query.limit)}`,
    parameters: kinds.flatMap(({ parameters }) => parameters),
    varying: true,
  };
}

/** Said twice, servers look one of them up alone, see `boundedEqualities`. */
function isSameEquality(left: Condition, right: Condition): boolean {
  const isEquality = left.operator === "eq" && right.operator === "eq";
  return isEquality && left.attribute === right.attribute && left.values[0] === right.values[0];
}

/**
 * `SELECT version, … FROM t r WHERE <conditions> ORDER BY … LIMIT n`, and with a marker `JOIN t m ON m.key = ?`: rows
 * behind the marker's place by keyset, never by OFFSET, which skips or repeats rows when others write in between. One row
 * more than asked for tells whether others follow. All databases put NULLs first, and last in descending order.
 *
 * Not prepared: texts vary with conditions, orders and limits. The limit is inlined, a checked integer: MySQL refuses the
 * DOUBLE that the driver would bind.
 */
function selectRows(layout: TableLayout, query: StoreQuery, asked?: AskedLink, chosen?: ChosenIndex): Statement {
  const { conditions, sort, limit, after } = query;
  const first = asked?.isMany === false ? linkedFirst(layout, asked.link) : undefined;
  const isOrdered = first === undefined && typeof chosen !== "object";
  const serving = isOrdered ? servingIndex(layout, query) : undefined;
  const bounded = boundedEqualities(layout, query, serving);
  const columns = [layout.version, ...layout.columns.map((column) => column.name)].map((name) => `r.${name}`);
  const terms = conditions.map((condition) => {
    return bounded.includes(condition) ? boundsTerm(layout, condition) : conditionTerm(layout, condition);
  });
  if (first !== undefined) terms.push(first.where);
  else if (asked !== undefined) terms.push(linkTerm(layout, asked.link, "r"));
  const marker = after === undefined ? undefined : markerTerm(layout, query, after);
  const join = marker === undefined ? "" : ` JOIN ${layout.name} m ON ${marker.sql}`;
  const behind = marker === undefined ? [] : [`(${behindMarker(layout, sort)})`];
  const where = [...terms.map(({ sql }) => sql), ...living(layout, "r"), ...behind].join(" AND ");
  const order = [...bounded.map(({ attribute }) => ({ ...sort[0]!, attribute })), ...sort];
  return {
    sql:
      `SELECT ${columns.join(", ")} FROM ${first?.from ?? ""}${layout.name} r${forcedIndex(layout, query, serving, chosen)}${join}` +
      `${where === "" ? "" : ` WHERE ${where}`} ${ordered(layout, order, limit)}`,
    parameters: [...(marker?.parameters ?? []), ...terms.flatMap(({ parameters }) => parameters)],
    varying: true,
  };
}

/** Whether a page without rows is the end of its list, or has lost its marker. */
export function selectMarker(layout: TableLayout, query: StoreQuery, after: RecordId): Statement {
  const marker = markerTerm(layout, query, after);
  return { sql: `SELECT 1 FROM ${layout.name} m WHERE ${marker.sql}`, parameters: marker.parameters, varying: true };
}

function markerTerm(layout: TableLayout, { view }: StoreQuery, after: RecordId): Statement {
  const terms: Statement[] = [whereIds(layout, [after], "m.")];
  if (view !== undefined) terms.push(kindsTerm(layout, view.markers, "m"));
  return {
    sql: [...terms.map(({ sql }) => sql), ...living(layout, "m")].join(" AND "),
    parameters: terms.flatMap(({ parameters }): readonly Parameter[] => parameters),
  };
}

function ordered(layout: TableLayout, sort: StoreQuery["sort"], limit: number): string {
  const order = sort.map((key) => `${expression(layout, key.attribute, "r")}${key.descending ? " DESC" : ""}`);
  return `ORDER BY ${order.join(", ")} LIMIT ${limit + 1}`;
}
