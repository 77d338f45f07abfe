import type { AttributeType } from "./attribute-type.js";
import type { AttributeSet, Change, EntryDrop, EntryPut, JsonSet, ListOrder } from "./change.js";
import { changePath } from "./change-set.js";
import { canonical, diff } from "./diff.js";
import { brokenGuards } from "./broken-guards.js";
import { valueAt } from "./json-path.js";
import { roundedNumbers } from "./json-digits.js";
import { rawAt } from "./json-splice.js";
import { changeLosesDigits, entryLosesDigits, entryWithDigits, textLosesDigits } from "./lost-digits.js";
import { canonicalText, jsonFault, JsonText, type JsonValue } from "./json-text.js";
import type { Overlap } from "./overlap.js";
import { agree, REFUSE, resolve, type Policy } from "./policy.js";
import type { RecordState } from "./record-state.js";
import { rebaseOrder } from "./rebase-order.js";
import type { AnyRecordType, Attributes, Collections } from "./record-type.js";
import type { Subject } from "./save-options.js";
import { shownPath } from "./shown-path.js";

/** How a save treats what other writers did since the record was loaded. */
export interface RebaseRules {
  /** `merge` combines both sides and asks the policies about overlaps; `strict` refuses any foreign change. */
  readonly mode: "merge" | "strict";
  /** Guards: attributes that the caller's decision read. A foreign change of one is a conflict. */
  readonly expect: readonly string[];
  /** Changes that win over foreign ones, whatever the policy says. */
  readonly force: readonly Subject[];
  /**
   * My values were worked out from what was loaded, as `update` does it, and can be worked out again: whatever others
   * changed too is an overlap, even where both came to the same value. Two writers who both raised a counter from 5 to 6
   * mean 7. Only `sum` knows what the two steps come to.
   */
  readonly derived?: boolean;
}

/** My changes as they apply to the newer state, or the overlaps that forbid it. */
export type Rebased =
  | { readonly kind: "merged"; readonly changes: readonly Change[] }
  | { readonly kind: "conflict"; readonly overlaps: readonly Overlap[] };

/**
 * Three-way merge: applies `mine`, made against `original`, to `current`. What both sides did the same way vanishes from
 * the result; what only others did is not in it.
 */
export function rebase(
  type: AnyRecordType,
  original: RecordState,
  mine: readonly Change[],
  current: RecordState,
  rules: RebaseRules,
): Rebased {
  const changes: Change[] = [];
  const overlaps: Overlap[] = forbidden(type, original, mine, current, rules);
  for (const overlap of broken(type, original, mine, current)) {
    if (!overlaps.some(({ path }) => path === overlap.path)) overlaps.push(overlap);
  }
  for (const change of mine) {
    const policy = policyOf(type, change, rules.force);
    // In a change set, the order of a list comes after its entries, on which it depends.
    const outcome =
      change.kind === "list.order"
        ? rebaseOrder(change, changes, original, current, policy, isForced(change, rules.force))
        : rebaseChange(type, original, change, current, policy);
    if (outcome === undefined) continue;
    if (!("policy" in outcome)) changes.push(outcome);
    else if (!overlaps.some(({ path }) => path === outcome.path)) overlaps.push(outcome);
  }
  return overlaps.length > 0 ? { kind: "conflict", overlaps } : { kind: "merged", changes: canonical(type, changes) };
}

/** Foreign changes that conflict whatever I changed: all in strict mode, those of guards and of touched groups. */
function forbidden(
  type: AnyRecordType,
  original: RecordState,
  mine: readonly Change[],
  current: RecordState,
  { mode, expect, force, derived = false }: RebaseRules,
): Overlap[] {
  const touched = new Set(mine.map(subject));
  const grouped = new Set(type.groups.filter((group) => group.some((name) => touched.has(name))).flat());
  if (mode === "merge" && expect.length === 0 && grouped.size === 0 && !derived) return [];
  const isMine = pathsOf(derived ? mine.filter((change) => policyOf(type, change, force) !== "sum") : []);
  const reason = (foreign: Change): Overlap["policy"] | undefined => {
    const name = subject(foreign);
    if (mode === "strict") return "strict";
    if (expect.includes(name)) return "guard";
    if (grouped.has(name)) return "group";
    return isMine(foreign) && !isMembership(type, foreign) ? "reject" : undefined;
  };
  return foreignOverlaps(type, original, mine, current, reason);
}

/** The record type's own guards that what others did has broken. */
function broken(
  type: AnyRecordType,
  original: RecordState,
  mine: readonly Change[],
  current: RecordState,
): readonly Overlap[] {
  return brokenGuards(type, original, mine, current).map(({ attribute }) => {
    const [from, theirs] = [original.attributes[attribute], current.attributes[attribute]];
    const own = mine.find((change) => change.kind === "attribute.set" && change.attribute === attribute);
    const change: AttributeSet = { kind: "attribute.set", attribute, from, to: own === undefined ? from : to(own) };
    return { path: attribute, policy: "guard", ...shownSides(type, change, from, change.to, theirs) };
  });
}

/** What others changed, as the overlaps with a writer who accepts no foreign change at all, least of all of `expect`. */
export function foreignChanges(
  type: AnyRecordType,
  original: RecordState,
  current: RecordState,
  expect: readonly string[] = [],
): Overlap[] {
  const isExpected = (foreign: Change): boolean => expect.includes(subject(foreign));
  return foreignOverlaps(type, original, [], current, (foreign) => (isExpected(foreign) ? "guard" : "strict"));
}

function pathsOf(changes: readonly Change[]): (change: Change) => boolean {
  const paths = new Set(changes.map(changePath));
  return (change) => paths.has(changePath(change));
}

/** A member of a set is there or not, whoever put it there. */
function isMembership(type: AnyRecordType, change: Change): boolean {
  return "collection" in change && (type.collections as Collections)[change.collection]!.kind === "set";
}

function foreignOverlaps(
  type: AnyRecordType,
  original: RecordState,
  mine: readonly Change[],
  current: RecordState,
  reason: (foreign: Change) => Overlap["policy"] | undefined,
): Overlap[] {
  return diff(type, original, current).flatMap((foreign) => {
    // The stamp differs with every write; what was written is told by the other changes.
    const policy = subject(foreign) === type.stamp ? undefined : reason(foreign);
    if (policy === undefined) return [];
    const own = mine.find((change) => changePath(change) === changePath(foreign));
    const sides = shownSides(type, foreign, foreign.from, own === undefined ? foreign.from : to(own), to(foreign));
    return [{ path: shownPath(type, foreign), policy, ...sides }];
  });
}

export function subject(change: Change): string {
  return "attribute" in change ? change.attribute : change.collection;
}

function to(change: Change): unknown {
  return "to" in change ? change.to : undefined;
}

/** The change on top of `current`, nothing where it is there already, or the overlap that the policy refuses. */
function rebaseChange(
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

function rebaseAttribute(
  type: AnyRecordType,
  change: AttributeSet,
  current: RecordState,
  policy: Policy,
): Change | Overlap | undefined {
  const attribute = (type.attributes as Attributes)[change.attribute]!;
  const theirs = current.attributes[change.attribute];
  if (attribute.same(theirs, change.from)) return change;
  if (attribute.same(theirs, change.to) && agree(policy, change.to)) return undefined;
  const expose = (value: unknown): unknown => attribute.expose(value);
  const merged = resolve(policy, { original: expose(change.from), mine: expose(change.to), theirs: expose(theirs) });
  if (merged === REFUSE) return refusal(type, change, policy, change.from, change.to, theirs);
  const captured = capturedMerge(attribute, merged);
  if (captured === REFUSE || textLosesDigits(theirs, captured))
    return refusal(type, change, policy, change.from, change.to, theirs);
  return attribute.same(captured, theirs) ? undefined : { ...change, from: theirs, to: captured };
}

/** A merge may leave the attribute's range (two increments near its end): then it is refused, not stored wrongly. */
function capturedMerge(attribute: AttributeType, merged: unknown): unknown {
  return attribute.fault(merged) === undefined ? attribute.capture(merged) : REFUSE;
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
  if (sameJson(theirs, change.to) && agree(policy, change.to)) return undefined;
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
  const merged = resolve(policy, { original: change.from, mine: change.to, theirs });
  if (merged === REFUSE || (merged !== undefined && jsonFault(merged) !== undefined)) {
    return refusal(type, change, policy, change.from, change.to, theirs);
  }
  const rebased = { ...change, from: theirs, to: merged as JsonValue | undefined };
  if (sameJson(rebased.to, theirs)) return undefined;
  return changeLosesDigits(rebased, document) ? refusal(type, change, policy, change.from, change.to, theirs) : rebased;
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

function sameJson(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left === right || canonicalText(left) === canonicalText(right);
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
  const mine = to(change);
  if (same(theirs, mine) && agree(policy, mine)) return undefined;
  if (same(theirs, change.from)) return change; // always so in a set: a member is there or not
  const expose = (value: unknown): unknown => (value === undefined ? undefined : entry.expose(value));
  const merged = resolve(policy, { original: expose(change.from), mine: expose(mine), theirs: expose(theirs) });
  if (merged === REFUSE || (merged !== undefined && entry.fault(merged) !== undefined)) {
    return refusal(type, change, policy, change.from, mine, theirs);
  }
  const captured = merged === undefined ? undefined : entryWithDigits(entry, theirs, entry.capture(merged));
  if (entryLosesDigits(entry, theirs, captured)) return refusal(type, change, policy, change.from, mine, theirs);
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

export function policyOf(type: AnyRecordType, change: Change, force: readonly Subject[]): Policy {
  return isForced(change, force) ? "mine" : (type.policies[subject(change)] ?? "reject");
}

export function isForced(change: Change, force: readonly Subject[]): boolean {
  return force.some((forced) =>
    typeof forced === "string"
      ? (change.kind === "list.order" && change.collection === forced) ||
        ("attribute" in change && change.attribute === forced)
      : "key" in change && change.collection === forced[0] && change.key === forced[1],
  );
}

function refusal(
  type: AnyRecordType,
  change: Change,
  policy: Policy,
  original: unknown,
  mine: unknown,
  theirs: unknown,
): Overlap {
  return {
    path: shownPath(type, change),
    policy: typeof policy === "function" ? "function" : policy,
    ...shownSides(type, change, original, mine, theirs),
  };
}

/** The three sides as callers see values, or a placeholder where the attribute is secret. */
function shownSides(
  type: AnyRecordType,
  change: Change,
  original: unknown,
  mine: unknown,
  theirs: unknown,
): Pick<Overlap, "original" | "mine" | "theirs"> {
  const show = shownValue(type, change);
  return { original: show(original), mine: show(mine), theirs: show(theirs) };
}

/** How a change's values are shown to callers. */
export function shownValue(type: AnyRecordType, change: Change): (value: unknown) => unknown {
  if (change.kind === "list.order") return (keys) => keys;
  if ("collection" in change) {
    const { entry } = (type.collections as Collections)[change.collection]!;
    const hidden = Object.values(entry.fields).some((field) => field.secret);
    return (value) => (value === undefined ? undefined : hidden ? "[secret]" : entry.expose(value));
  }
  const attribute = (type.attributes as Attributes)[change.attribute]!;
  if (attribute.secret) return () => "[secret]";
  if (change.kind === "json.set") return (value) => (value instanceof JsonText ? value.parse() : value);
  return (value) => attribute.expose(value);
}
