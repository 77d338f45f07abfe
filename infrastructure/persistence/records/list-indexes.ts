import type { Condition } from "../../../domain/distinction/merge/condition.js";
import type { StoreQuery } from "../../../domain/distinction/list-query.js";
import type { TableLayout } from "./table-layout.js";

/** An index that has the order of a list behind equalities that the list asks for, these in its own order. */
export interface ServingIndex {
  readonly name: string;
  readonly leading: readonly Condition[];
}

/** The index that serves a list best: the one with most of its equalities. */
export function servingIndex({ table }: TableLayout, { conditions, sort }: StoreQuery): ServingIndex | undefined {
  const sorted = sort.map(({ attribute }) => table.columns[attribute]);
  const equalities = new Map<string | undefined, Condition>();
  for (const condition of conditions) {
    const { attribute, operator, values } = condition;
    const isPlain = operator === "eq" && values[0] !== null && table.columns[attribute] !== sorted[0];
    if (isPlain) equalities.set(table.columns[attribute], condition);
  }
  let best: ServingIndex | undefined;
  for (const [name, columns] of Object.entries(table.indexes ?? {})) {
    const others = columns.findIndex((column) => !equalities.has(column));
    const leading = columns.slice(0, others).map((column) => equalities.get(column)!);
    const isOrdered = others >= 0 && sorted.every((column, at) => columns[others + at] === column);
    if (isOrdered && leading.length >= (best?.leading.length ?? 0)) best = { name, leading };
  }
  return best;
}

/**
 * Equalities to write as two bounds and to put first in the order, so that servers read the index from the marker on. As
 * equalities they make them look these up alone, and walk over everything before the marker (measured: MariaDB 10.11 read
 * 1,277 rows instead of 28, MySQL 9.7 106).
 */
export function boundedEqualities(
  { dialect }: TableLayout,
  { after }: StoreQuery,
  serving: ServingIndex | undefined,
): readonly Condition[] {
  return after === undefined || dialect.name === "sqlite" ? [] : (serving?.leading ?? []);
}

/** An equality that an index begins with, beside the index that has the order of the list. */
export interface IndexedFilter {
  readonly index: string;
  readonly condition: Condition;
}

/**
 * Filters that an index of their own would serve, and the one that has the list's order does not. Which of the two is
 * cheaper depends on how many rows meet the filter: see `chosenIndex`.
 */
export function indexedFilters(layout: TableLayout, query: StoreQuery): readonly IndexedFilter[] {
  const { table, dialect } = layout;
  if (dialect.name === "sqlite" || query.view !== undefined) return [];
  const serving = servingIndex(layout, query);
  const served = new Set([...(serving?.leading ?? []).map(({ attribute }) => attribute), query.sort[0]!.attribute]);
  return query.conditions.flatMap((condition) => {
    if (condition.operator !== "eq" || condition.values[0] === null || served.has(condition.attribute)) return [];
    const column = table.columns[condition.attribute];
    const index = Object.entries(table.indexes ?? {}).find(([, [first]]) => first === column)?.[0];
    return index === undefined ? [] : [{ index, condition }];
  });
}

/** What a list reads: rows that few meet by their filter's index, others in the order of the list; or as the server thinks. */
export type ChosenIndex = IndexedFilter | "order" | undefined;

/**
 * ` FORCE INDEX (…)` where an index has the order of the list and nothing else is asked for that another would serve better.
 * Near the beginning of a list MySQL would rather read the index from its start than from the marker on (measured on
 * 1,000,000 rows: it takes the range for not worth it, as it holds almost all rows, and forgets what comes before); and of
 * a list with equalities it would rather walk an index that has the order alone, in the hope to find them soon.
 */
export function forcedIndex(
  { dialect, table, key }: TableLayout,
  { conditions, sort, after }: StoreQuery,
  serving: ServingIndex | undefined,
  chosen: ChosenIndex = undefined,
): string {
  if (typeof chosen === "object") return ` FORCE INDEX (${dialect.quote(chosen.index)})`;
  if (serving === undefined || dialect.name === "sqlite") return "";
  if (chosen === "order") return ` FORCE INDEX (${dialect.quote(serving.name)})`;
  if (after === undefined && serving.leading.length === 0) return "";
  const served = new Set([...serving.leading.map(({ attribute }) => attribute), sort[0]!.attribute]);
  const first = Object.values(table.indexes ?? {}).map(([column]) => column);
  const others = new Set([...first, ...key.map(({ attribute }) => table.columns[attribute])]);
  if (conditions.some(({ attribute }) => !served.has(attribute) && others.has(table.columns[attribute]))) return "";
  return ` FORCE INDEX (${dialect.quote(serving.name)})`;
}
