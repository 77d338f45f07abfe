import type { ColumnShape } from "../../../domain/distinction/types/attribute-type.js";
import type { Dialect } from "./dialect.js";

const quote = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

/** SQLite 3.35 and later. Text compares by code point by default. */
export const sqliteDialect: Dialect = {
  name: "sqlite",
  quote,
  columnType,
  tableOptions: "STRICT",
  onDuplicateKey: (keys, columns, partly) => {
    const target = `ON CONFLICT (${keys.map(quote).join(", ")})`;
    const assignments = columns.map((name) => `${quote(name)} = excluded.${quote(name)}`);
    for (const [name, condition] of partly?.columns ?? []) {
      const stored = `${quote(partly!.table)}.${quote(name)}`;
      assignments.push(`${quote(name)} = CASE WHEN ${condition} THEN excluded.${quote(name)} ELSE ${stored} END`);
    }
    return assignments.length === 0 ? ` ${target} DO NOTHING` : ` ${target} DO UPDATE SET ${assignments.join(", ")}`;
  },
  raiseOnDuplicateKey: (table, keys, columns, rising) => {
    const assignments = [...columns, rising].map((name) => `${quote(name)} = excluded.${quote(name)}`).join(", ");
    const rises = `excluded.${quote(rising)} > ${quote(table)}.${quote(rising)}`;
    return ` ON CONFLICT (${keys.map(quote).join(", ")}) DO UPDATE SET ${assignments} WHERE ${rises}`;
  },
  forUpdate: "", // a writing transaction has the whole file to itself
  now: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
};

function columnType(shape: ColumnShape): string {
  switch (shape.kind) {
    case "integer":
    case "bigint":
    case "boolean":
      return "INTEGER";
    case "binary":
      return "BLOB";
    case "text":
    case "enum":
    case "decimal":
    case "instant":
    case "json":
      return "TEXT";
  }
}
