import type { ColumnShape } from "../../../domain/distinction/types/attribute-type.js";
import type { Dialect } from "./dialect.js";

const quote = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

/** SQLite 3.35 and later. Text compares by code point by default. */
export const sqliteDialect: Dialect = {
  name: "sqlite",
  quote,
  columnType,
  tableOptions: "STRICT",
  onDuplicateKey: (keys, columns) => {
    const target = `ON CONFLICT (${keys.map(quote).join(", ")})`;
    const assignments = columns.map((name) => `${quote(name)} = excluded.${quote(name)}`).join(", ");
    return assignments === "" ? ` ${target} DO NOTHING` : ` ${target} DO UPDATE SET ${assignments}`;
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
