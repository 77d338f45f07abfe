import type { Link, RecordKind } from "../../../domain/distinction/record/list-view.js";
import { conditionTerm, type Alias } from "./list-conditions.js";
import type { Statement } from "../connection/session.js";
import type { TableLayout } from "./table-layout.js";

/**
 * How many records a link may have so that all of them are looked at for every page: two rows for each. With more, the
 * index that has the order of the list is walked, and its rows are asked for the link: then one in so many of them has it,
 * that a page is full soon enough.
 */
export const FEW = 2_000;

/** Whether more records than a few have a link: one row tells. */
export function selectManyLinked(layout: TableLayout, link: Link): Statement {
  const { name, terms, parameters } = linked(layout, link);
  return {
    sql: `SELECT 1 FROM ${name} l WHERE ${terms.join(" AND ")} LIMIT 1 OFFSET ${FEW}`,
    parameters,
    varying: true,
  };
}

/** Rows `l` that link to the listed rows, to be read first whatever the server thinks of it. */
export function linkedFirst(layout: TableLayout, link: Link): { readonly from: string; readonly where: Statement } {
  const { name, terms, parameters, owner } = linked(layout, link);
  const join = layout.dialect.name === "sqlite" ? "CROSS JOIN" : "STRAIGHT_JOIN";
  return { from: `${name} l ${join} `, where: { sql: [...owner("r"), ...terms].join(" AND "), parameters } };
}

/** Whether a row has a link: by a count, since servers turn EXISTS into a join, and begin at its other end. */
export function linkTerm(layout: TableLayout, link: Link, alias: Alias): Statement {
  const { name, terms, parameters, owner } = linked(layout, link);
  return { sql: `0 < (SELECT COUNT(*) FROM ${name} l WHERE ${[...owner(alias), ...terms].join(" AND ")})`, parameters };
}

/** That a row is of one of several kinds. */
export function kindsTerm(layout: TableLayout, kinds: readonly RecordKind[], alias: Alias): Statement {
  const terms = kinds.map(({ conditions, linked }) => {
    const all = conditions.map((condition) => conditionTerm(layout, condition, alias));
    return all.concat(linked === undefined ? [] : [linkTerm(layout, linked, alias)]);
  });
  return {
    sql: `(${terms.map((all) => all.map(({ sql }) => sql).join(" AND ")).join(" OR ")})`,
    parameters: terms.flat().flatMap(({ parameters }) => parameters),
  };
}

interface LinkedRows {
  readonly name: string;
  readonly terms: readonly string[];
  readonly parameters: Statement["parameters"];
  /** That a row links to one of the records. */
  readonly owner: (alias: Alias) => readonly string[];
}

function linked({ table, dialect }: TableLayout, link: Link): LinkedRows {
  const { table: other, owner } = table.links![link.name]!;
  const given = Object.entries(link.equal);
  const terms = given.map(([attribute]) => `l.${dialect.quote(other.columns[attribute]!)} = ?`);
  return {
    name: dialect.quote(other.name),
    terms,
    parameters: given.map(([, value]) => value),
    owner: (alias) =>
      Object.entries(owner).map(
        ([column, attribute]) => `l.${dialect.quote(column)} = ${alias}.${dialect.quote(table.columns[attribute]!)}`,
      ),
  };
}
