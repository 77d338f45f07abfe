import { ARMS } from "./arms/descriptions.js";
import type { Table } from "./bench.js";
import { GOALS } from "./goals.js";
import type { Report } from "./report-json.js";

/** What readers need in order to judge figures without opening the code. */

export function armsTable(): Table {
  return {
    title: "The arms: what each is, and what it promises to a writer who was overtaken",
    columns: ["arm", "what it is", "what it guarantees"],
    rows: Object.entries(ARMS).map(([name, { what, guarantee }]) => [name, what, guarantee]),
  };
}

/** Of the ratios of a run. */
export function figuresTable({ ratios }: Pick<Report, "ratios">): Table {
  return {
    title: "The ratios: what exactly is compared with what",
    columns: ["ratio", "what is compared"],
    rows: Object.keys(ratios).map((name) => [`\`${name}\``, GOALS[name]?.compares ?? ""]),
  };
}
