import type { Change } from "../diff/change.js";
import { copiedChanges, copiedState } from "../diff/copied.js";
import { ruleAnswer } from "../record/rule-answer.js";
import type { Guard } from "./guard.js";
import type { RecordState } from "../record/record-state.js";
import type { AnyRecordType, Attributes } from "../types/record-type.js";

/**
 * What the record type says that `changes` to a record that is `before` take for granted.
 *
 * @throws InvalidValueError where its `guards` answer no array of guards
 */
export function guardsOf(
  type: AnyRecordType,
  before: RecordState,
  changes: readonly Change[] | "removal",
): readonly Guard[] {
  if (type.guards === undefined) return [];
  const given = changes === "removal" ? changes : copiedChanges(changes);
  return ruleAnswer<Guard>(type, "guards", type.guards(copiedState(before), given), ["attribute", "reason"]);
}

/** The guards of `changes` to a record that is `before`, as far as they do not hold for `state`. */
export function brokenGuards(
  type: AnyRecordType,
  before: RecordState,
  changes: readonly Change[] | "removal",
  state: RecordState,
): readonly Guard[] {
  return guardsOf(type, before, changes).filter(({ attribute, among }) => {
    const known = (type.attributes as Attributes)[attribute]!;
    return !among.some((allowed) => known.same(allowed, state.attributes[attribute]));
  });
}
