import { jsonCopy } from "../json/json-copy.js";
import type { RecordState } from "../record/record-state.js";
import type { Change } from "./change.js";

/**
 * Changes and states for a record type's own functions: what these do to them is done to a copy, and not written. Values
 * are captured, hence immutable; entry maps, which may be long, are shared.
 */
export function copiedChanges(changes: readonly Change[]): readonly Change[] {
  return changes.map((change) =>
    change.kind === "json.set" ? { ...change, from: jsonCopy(change.from), to: jsonCopy(change.to) } : { ...change },
  );
}

export function copiedState({ version, attributes, collections }: RecordState): RecordState {
  return { version, attributes: { ...attributes }, collections: { ...collections } };
}
