import { jsonCopy } from "../json/json-copy.js";
import type { RecordState } from "../record/record-state.js";
import type { Change } from "./change.js";

/**
 * Changes and states for a record type's own functions: what these do to them is done to a copy, and not written. Values
 * are captured, hence immutable but for bytes; entry maps, which may be long, are shared.
 */
export function copiedChanges(changes: readonly Change[]): readonly Change[] {
  return changes.map((change) => {
    if (change.kind === "json.set") return { ...change, from: jsonCopy(change.from), to: jsonCopy(change.to) };
    if (change.kind === "attribute.set")
      return { ...change, from: bytesCopied(change.from), to: bytesCopied(change.to) };
    return { ...change };
  });
}

export function copiedState({ version, attributes, collections }: RecordState): RecordState {
  const copies: Record<string, unknown> = {};
  for (const name in attributes) copies[name] = bytesCopied(attributes[name]);
  return { version, attributes: copies, collections: { ...collections } };
}

function bytesCopied(captured: unknown): unknown {
  return captured instanceof Uint8Array ? captured.slice() : captured;
}
