import type { Change } from "../../../domain/distinction/diff/change.js";
import { guardsOf } from "../../../domain/distinction/merge/broken-guards.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { Parameter } from "../connection/session.js";
import { NO_GUARDS, placeholders, type GuardConditions } from "./record-statements.js";
import type { TableLayout } from "./table-layout.js";

/**
 * The record type's guards as conditions of the statement that writes. The version in the same statement implies them, as long as every writer raises it. They are there for the one that does
 * not: a statement typed by hand, a tool of somebody else's.
 */
export function guardConditions(
  layout: TableLayout,
  base: RecordState,
  changes: readonly Change[] | "removal",
): GuardConditions {
  const guards = guardsOf(layout.table.type, base, changes);
  if (guards.length === 0) return NO_GUARDS;
  const parameters: Parameter[] = [];
  const terms = guards.map(({ attribute, among }) => {
    const { name, codec } = layout.byAttribute.get(attribute)!;
    const values = among.filter((value) => value !== null);
    parameters.push(...values.map((value) => codec.encode(value)));
    const some = values.length === 0 ? "1 = 0" : `${name} IN (${placeholders(values.length)})`;
    return ` AND ${values.length < among.length ? `(${some} OR ${name} IS NULL)` : some}`;
  });
  return { sql: terms.join(""), parameters };
}
