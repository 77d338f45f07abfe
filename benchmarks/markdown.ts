import type { Table } from "./bench.js";

/** A table with its title above it; nothing where it has no rows. */
export function markdownOf(table: Table): string {
  return table.rows.length === 0 ? "" : `${table.title}:\n\n${rowsOf(table)}`;
}

/** Items with their title above them; nothing where there are none. */
export function listOf(title: string, items: readonly string[]): string {
  return items.length === 0 ? "" : `${title}:\n\n${items.map((item) => `- ${item}`).join("\n")}`;
}

/** Paragraphs, those that are not empty. */
export function paragraphs(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

function rowsOf({ columns, rows }: Table): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en") : cell)).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}
