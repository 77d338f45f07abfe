import type { Table } from "./bench.js";
import { short, withInterval } from "./format.js";
import { sparedTable } from "./image-ratios.js";
import { lostTable } from "./lost-updates.js";
import type { Report } from "./report-json.js";
import { verdictOn } from "./goals.js";

/** What a reader of a quick run's times must know. */
export const QUICK =
  "quick run: intervals are wide, and saves of images come out some percent too dear against SQL by hand, as few are made before any is timed";

/** A table with its columns aligned: numbers to the right, words to the left. */
export function tableText({ title, columns, rows }: Table): string {
  const cells = [columns, ...rows.map((row) => row.map((cell) => (typeof cell === "number" ? short(cell) : cell)))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const isNumeric = columns.map((_, column) => isNumericColumn({ title, columns, rows }, column));
  const lines = cells.map((row) =>
    row.map((cell, column) => (isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))),
  );
  const rule = widths.map((width) => "─".repeat(width));
  return [title, ...[lines[0]!, rule, ...lines.slice(1)].map((line) => `  ${line.join("  ")}`.trimEnd())].join("\n");
}

/** Whether a column holds nothing but figures, to be set to the right; some may be missing. */
export function isNumericColumn({ rows }: Table, column: number): boolean {
  const cells = rows.map((row) => String(row[column])).filter((cell) => cell !== "");
  return cells.length > 0 && cells.every((cell) => /^-?\d/.test(cell));
}

/** Every ratio against its goal, with what was lost. */
export function verdicts(report: Report): Table[] {
  const { ratios } = report;
  const tables: Table[] = [
    {
      title: "Ratios, with 95 % confidence intervals",
      columns: ["name", "measured", "goal", "verdict"],
      rows: Object.entries(ratios).map(([name, ratio]) => [
        name,
        withInterval(ratio),
        `${ratio.better === "lower" ? "<=" : ">="} ${short(ratio.goal)}`,
        verdictOn(ratio, ratio),
      ]),
    },
  ];
  const spared = sparedTable(report);
  if (spared.rows.length > 0) tables.push(spared);
  const lost = lostTable(report);
  if (lost.rows.length > 0) tables.push(lost);
  return tables;
}
