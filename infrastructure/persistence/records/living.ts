import type { Dialect } from "../connection/dialect.js";
import type { RecordTable } from "./record-table.js";

/**
 * What rows have to meet to be there: conditions on those of `alias`, or of the table itself. The parent is asked for by a
 * count, since servers turn EXISTS into a join, and begin at its other end.
 */
export function living(
  { table, dialect }: { readonly table: RecordTable; readonly dialect: Dialect },
  alias?: string,
): readonly string[] {
  const { name, deletedColumn, parent } = table;
  const { quote } = dialect;
  const terms: string[] = [];
  if (deletedColumn !== undefined) {
    terms.push(`${alias === undefined ? "" : `${alias}.`}${quote(deletedColumn)} IS NULL`);
  }
  if (parent !== undefined) {
    const row = alias ?? quote(name);
    const owned = Object.entries(parent.owner).map(([column, its]) => `p.${quote(its)} = ${row}.${quote(column)}`);
    const where = [...owned, `p.${quote(parent.deletedColumn)} IS NULL`].join(" AND ");
    terms.push(`0 < (SELECT COUNT(*) FROM ${quote(parent.name)} p WHERE ${where})`);
  }
  return terms;
}
