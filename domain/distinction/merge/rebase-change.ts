import {
  changedTo,
  subject,
  type AttributeSet,
  type Change,
  type EntryDrop,
  type EntryPut,
  type JsonSet,
  type ListOrder,
} from "../diff/change.js";
import { jsonCopy } from "../json/json-copy.js";
import { valueAt } from "../json/json-path.js";
import { roundedNumbers } from "../json/json-digits.js";
import { rawAt } from "../json/json-splice.js";
import { type JsonValue, sameJson } from "../json/json-value.js";
import { jsonFault } from "../json/json-fault.js";
import { JsonText } from "../json/json-text.js";
import { changeLosesDigits, entryLosesDigits, entryWithDigits, textLosesDigits } from "../json/lost-digits.js";
import type { Overlap } from "./overlap.js";
import { REFUSE, resolve, type Policy } from "./policy.js";
import { isAddedUp, policyValues } from "./policy-values.js";
import type { RecordState } from "../record/record-state.js";
import type { AnyRecordType, Attributes, Collections } from "../types/record-type.js";
import { shownPath } from "../diff/shown-path.js";
import { typeName } from "../types/type-name.js";
import { shownSides } from "../record/shown-value.js";

/** The change on top of `current`, nothing where it is there already, or the overlap that the policy refuses. */
export function rebaseChange(
  type: AnyRecordType,
  original: RecordState,
  change: Exclude<Change, ListOrder>,
  current: RecordState,
  policy: Policy,
): Change | Overlap | undefined {
  switch (change.kind) {
    case "attribute.set":
      return rebaseAttribute(type, change, current, policy);
    case "json.set":
      return rebaseJson(type, original, change, current, policy);
    case "entry.put":
    case "entry.drop":
      return rebaseEntry(type, change, current, policy);
  }
}

/** Whether both sides having come to the same value is one change. Two equal increments are two; a function is always asked. */
function isOneChange(type: AnyRecordType, change: Change, policy: Policy): boolean {
  return typeof policy !== "function" && !isAddedUp(type, change, policy);
}

function mergedValue(
  type: AnyRecordType,
  change: Exclude<Change, ListOrder>,
  theirs: unknown,
  policy: Policy,
): unknown {
  const { isDecimal, show } = policyValues(type, change, policy);
  const sides = { original: show(change.from), mine: show(changedTo(change)), theirs: show(theirs) };
  return resolve(policy, sides, isDecimal);
}

function rebaseAttribute(
  type: AnyRecordType,
  change: AttributeSet,
  current: RecordState,
  policy: Policy,
): Change | Overlap | undefined {
  const attribute = (type.attributes as Attributes)[change.attribute]!;
  const theirs = current.attributes[change.attribute];
  if (attribute.same(theirs, change.from)) return change;
  if (attribute.same(theirs, change.to) && isOneChange(type, change, policy)) return undefined;
  const merged = mergedValue(type, change, theirs, policy);
  const refused = (reason?: string) => refusal(type, change, policy, change.from, change.to, theirs, reason);
  if (merged === REFUSE) return refused();
  // A merge may leave the attribute's range: two increments near its end.
  const fault = promiseFault(merged) ?? attribute.fault(merged);
  if (fault !== undefined) return refused(fault);
  const captured = attribute.capture(merged);
  if (textLosesDigits(theirs, captured)) return refused();
  return attribute.same(captured, theirs) ? undefined : { ...change, from: theirs, to: captured };
}

/** Why a policy's answer is none where a promise never can be: it would have to be waited for, and asked for again. */
function promiseFault(merged: unknown): string | undefined {
  if (!(merged instanceof Promise)) return undefined;
  merged.catch(() => undefined); // nobody waits for it
  return "a policy answers at once, got a promise";
}

/** Why `undefined` is no answer: a policy removes only what one side removed, or a forgotten `return` would. */
function removalFault(merged: unknown, mine: unknown, theirs: unknown): string | undefined {
  const isRemoval = merged === undefined && mine !== undefined && theirs !== undefined;
  return isRemoval ? "a policy answers with a value where neither side removed it, got undefined" : undefined;
}

function rebaseJson(
  type: AnyRecordType,
  original: RecordState,
  change: JsonSet,
  current: RecordState,
  policy: Policy,
): Change | Overlap | undefined {
  const document = current.attributes[change.attribute];
  const root = document instanceof JsonText ? document.parse() : null;
  const theirs = valueAt(root, change.path);
  if (sameJson(theirs, change.to) && isOneChange(type, change, policy)) return undefined;
  if (!isObject(valueAt(root, change.path.slice(0, -1)))) {
    // Their side replaced or removed a parent of what I edited; there is no place left to put my member.
    const base = original.attributes[change.attribute];
    return policy === "theirs"
      ? undefined
      : refusal(type, change, policy === "mine" ? "reject" : policy, base, change.to, document);
  }
  const isTouched =
    !sameJson(theirs, change.from) || hasOtherDigits(original.attributes[change.attribute], document, change);
  if (!isTouched) return change;
  const merged = mergedValue(type, change, theirs, policy);
  const refused = (reason?: string) => refusal(type, change, policy, change.from, change.to, theirs, reason);
  if (merged === REFUSE) return refused();
  const fault =
    promiseFault(merged) ?? removalFault(merged, change.to, theirs) ?? answeredJsonFault(type, change, merged);
  if (fault !== undefined) return refused(fault);
  const rebased = { ...change, from: theirs, to: jsonCopy(merged as JsonValue | undefined) };
  if (sameJson(rebased.to, theirs)) return undefined;
  return changeLosesDigits(rebased, document) ? refused() : rebased;
}

function answeredJsonFault(type: AnyRecordType, { attribute }: JsonSet, merged: unknown): string | undefined {
  const fault = merged === undefined ? undefined : jsonFault(merged);
  // Names of members are secret as their values are.
  return fault !== undefined && (type.attributes as Attributes)[attribute]!.secret
    ? `JSON, got ${typeName(merged)}`
    : fault;
}

/** Whether others changed a number in digits that JavaScript does not keep. */
function hasOtherDigits(original: unknown, current: unknown, { path }: JsonSet): boolean {
  if (!(original instanceof JsonText) || !(current instanceof JsonText)) return false;
  if (original.text === current.text || roundedNumbers(current.text).size === 0) return false;
  return rawAt(original.text, path) !== rawAt(current.text, path);
}

function isObject(value: JsonValue | undefined): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function rebaseEntry(
  type: AnyRecordType,
  change: EntryPut | EntryDrop,
  current: RecordState,
  policy: Policy,
): Change | Overlap | undefined {
  const { entry } = (type.collections as Collections)[change.collection]!;
  const same = (left: unknown, right: unknown): boolean =>
    left === undefined || right === undefined ? left === right : entry.same(left, right);
  const theirs = current.collections[change.collection]?.get(change.key);
  const mine = changedTo(change);
  if (same(theirs, mine) && isOneChange(type, change, policy)) return undefined;
  if (same(theirs, change.from)) return change; // always so in a set: a member is there or not
  const merged = mergedValue(type, change, theirs, policy);
  const refused = (reason?: string) => refusal(type, change, policy, change.from, mine, theirs, reason);
  if (merged === REFUSE) return refused();
  const isValue = merged !== undefined;
  const fault = promiseFault(merged) ?? (isValue ? entry.fault(merged, theirs) : removalFault(merged, mine, theirs));
  if (fault !== undefined) return refused(fault);
  const captured = merged === undefined ? undefined : entryWithDigits(entry, theirs, entry.capture(merged, theirs));
  if (entryLosesDigits(entry, theirs, captured)) return refused();
  return entryChange(change, theirs, captured, same);
}

function entryChange(
  { collection, key }: EntryPut | EntryDrop,
  from: unknown,
  merged: unknown,
  same: (left: unknown, right: unknown) => boolean,
): Change | undefined {
  if (same(from, merged)) return undefined;
  return merged === undefined
    ? { kind: "entry.drop", collection, key, from }
    : { kind: "entry.put", collection, key, from, to: merged };
}

function refusal(
  type: AnyRecordType,
  change: Change,
  policy: Policy,
  original: unknown,
  mine: unknown,
  theirs: unknown,
  reason?: string,
): Overlap {
  return {
    subject: subject(change),
    path: shownPath(type, change),
    policy: typeof policy === "function" ? "function" : policy,
    ...shownSides(type, change, original, mine, theirs),
    ...(reason === undefined ? {} : { reason }),
  };
}
