import type { Change } from "../diff/change.js";
import type { Guard } from "./guard.js";
import type { RecordState } from "../record/record-state.js";
import type { AnyRecordType, Attributes } from "../types/record-type.js";

/** The guards of `changes` to a record that is `before`, as far as they do not hold for `state`. */
export function brokenGuards(
  type: AnyRecordType,
  before: RecordState,
  changes: readonly Change[] | "removal",
  state: RecordState,
): readonly Guard[] {
  const guards = type.guards?.(before, changes) ?? [];
  return guards.filter(({ attribute, among }) => {
    const known = (type.attributes as Attributes)[attribute]!;
    return !among.some((allowed) => known.same(allowed, state.attributes[attribute]));
  });
}
