import type { StoreQuery } from "../../../domain/distinction/list-query.js";
import type { Session, Statement } from "../connection/session.js";
import { conditionTerm } from "./list-conditions.js";
import { indexedFilters, type ChosenIndex, type IndexedFilter } from "./list-indexes.js";
import { FEW } from "./list-links.js";
import type { TableLayout } from "./table-layout.js";

/**
 * Which index a page is read by. Rows that few meet (2,000 at most) are all looked at and put in order; where more do, a
 * walk in the list's order finds a page among 26 · n / 2,000 of n rows, if they are spread over it. The server would guess, and
 * where a filter is met by hardly any it walks over everything. One look at each filter's index tells, of 2,001 entries at
 * most.
 */
export async function chosenIndex(session: Session, layout: TableLayout, query: StoreQuery): Promise<ChosenIndex> {
  const filters = indexedFilters(layout, query);
  for (const filter of filters) {
    if ((await session.rows(selectMany(layout, filter))).length === 0) return filter;
  }
  return filters.length > 0 ? "order" : undefined;
}

/** A row where more than a few meet the filter; from its index alone. */
export function selectMany(layout: TableLayout, { index, condition }: IndexedFilter): Statement {
  const { sql, parameters } = conditionTerm(layout, condition);
  const name = layout.dialect.quote(index);
  return {
    sql: `SELECT 1 FROM ${layout.name} r FORCE INDEX (${name}) WHERE ${sql} LIMIT 1 OFFSET ${FEW}`,
    parameters,
    varying: true,
  };
}
