import { apply } from "../diff/apply.js";
import { changedTo, subject, type AttributeSet, type Change } from "../diff/change.js";
import { canonical, diff } from "../diff/diff.js";
import { brokenGuards } from "./broken-guards.js";
import { valueAt } from "../json/json-path.js";
import { JsonText } from "../json/json-text.js";
import type { Overlap } from "./overlap.js";
import type { Policy } from "./policy.js";
import { isAddedUp } from "./policy-values.js";
import { rebaseChange } from "./rebase-change.js";
import { rebaseOrder } from "./rebase-order.js";
import { touching } from "./touching.js";
import type { RecordState } from "../record/record-state.js";
import type { AnyRecordType, Collections } from "../types/record-type.js";
import type { Subject } from "../save/save-options.js";
import { shownPath } from "../diff/shown-path.js";
import { shownSides } from "../record/shown-value.js";

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
   * mean 7. Left alone is what `sum` adds up: there my step is merged as a difference, which is what running again would
   * come to for `n += 1`. Of `n *= 2` it is not: that adds what n was when it was loaded, and not what n is by now.
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
  const isMine = touching(
    derived ? mine.filter((change) => !isAddedUp(type, change, policyOf(type, change, force))) : [],
  );
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
    const change: AttributeSet = {
      kind: "attribute.set",
      attribute,
      from,
      to: own === undefined ? from : changedTo(own),
    };
    return {
      subject: attribute,
      path: attribute,
      policy: "guard",
      ...shownSides(type, change, from, change.to, theirs),
    };
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
  const wanted = mine.length === 0 ? original : apply(original, mine);
  return diff(type, original, current).flatMap((foreign) => {
    // The stamp differs with every write; what was written is told by the other changes.
    const policy = subject(foreign) === type.stamp ? undefined : reason(foreign);
    if (policy === undefined) return [];
    const sides = shownSides(type, foreign, foreign.from, valueIn(wanted, foreign), changedTo(foreign));
    return [{ subject: subject(foreign), path: shownPath(type, foreign), policy, ...sides }];
  });
}

/** What `state` has where a change happened. */
function valueIn({ attributes, collections }: RecordState, change: Change): unknown {
  switch (change.kind) {
    case "attribute.set":
      return attributes[change.attribute];
    case "json.set": {
      const document = attributes[change.attribute];
      return document instanceof JsonText ? valueAt(document.parse(), change.path) : undefined;
    }
    case "entry.put":
    case "entry.drop":
      return collections[change.collection]?.get(change.key);
    case "list.order":
      return [...(collections[change.collection]?.keys() ?? [])];
  }
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
