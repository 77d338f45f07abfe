import { changedTo, type Change, type ListOrder } from "../diff/change.js";
import { jsonCopy } from "../json/json-copy.js";
import type { JsonValue } from "../json/json-value.js";
import type { AnyRecordType, Attributes, Collections } from "../types/record-type.js";
import { addsUp, type Policy } from "./policy.js";

/** How a policy is shown the values that a change is about. */
export interface PolicyValues {
  /** Whether they are decimal text. */
  readonly isDecimal: boolean;
  /** A captured value as the policy sees it: its own to change, `undefined` where there is none. */
  readonly show: (captured: unknown) => unknown;
}

export function policyValues(type: AnyRecordType, change: Exclude<Change, ListOrder>, policy: Policy): PolicyValues {
  if (change.kind === "json.set")
    return { isDecimal: false, show: (value) => jsonCopy(value as JsonValue | undefined) };
  const values =
    "attribute" in change
      ? (type.attributes as Attributes)[change.attribute]!
      : (type.collections as Collections)[change.collection]!.entry;
  const single = "fields" in values ? values.single : values;
  const isDecimal = single?.isDecimal === true;
  // Callers may see numbers, of fewer digits: that is for functions alone.
  const isCaptured = isDecimal && typeof policy !== "function";
  return { isDecimal, show: (value) => (value === undefined || isCaptured ? value : values.expose(value)) };
}

/** Whether the policy adds my step to whatever others did: then two equal steps are two, and neither is to be worked out again. */
export function isAddedUp(type: AnyRecordType, change: Change, policy: Policy): boolean {
  if (policy !== "sum" || change.kind === "list.order") return false;
  const { isDecimal, show } = policyValues(type, change, policy);
  return addsUp(show(change.from), show(changedTo(change)), isDecimal);
}
