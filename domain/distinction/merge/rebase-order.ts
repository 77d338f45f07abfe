import { applyEntries } from "../diff/apply.js";
import type { Change, ListOrder } from "../diff/change.js";
import { orderPath } from "../diff/change-set.js";
import { listOrder } from "../diff/diff.js";
import { isSameOrder, mergedOrder, movedBy } from "../record/entry-order.js";
import type { Overlap } from "./overlap.js";
import type { Policy } from "./policy.js";
import type { RecordState } from "../record/record-state.js";

/**
 * My order of a list on top of `current`: nothing where what `entryChanges` lead to is in that order already. What others
 * removed is left out, what they added finds its place. Both sides may move entries to the same effect; where they did to
 * different ones, the policy decides between the two. None but `mine` and `theirs` can: they are made for values.
 *
 * @param entryChanges my changes of entries, as they apply to `current`
 * @param isForced whether my order counts even where I moved nothing
 */
export function rebaseOrder(
  { collection, to }: ListOrder,
  entryChanges: readonly Change[],
  original: RecordState,
  current: RecordState,
  policy: Policy,
  isForced: boolean,
): ListOrder | Overlap | undefined {
  const stored = current.collections[collection]!;
  const after = new Map(stored);
  const others = entryChanges.filter((change) => "collection" in change && change.collection === collection);
  applyEntries({ [collection]: after }, others);

  const present = (keys: Iterable<string>): string[] => [...keys].filter((key) => after.has(key));
  const before = [...original.collections[collection]!.keys()];
  const sides = { original: before, mine: present(to), theirs: present(stored.keys()) };
  const moved = isForced ? "me" : movedBy(sides);
  if (moved === "clash" && policy !== "mine" && policy !== "theirs") {
    const name = typeof policy === "function" ? "function" : policy;
    const { mine, theirs } = sides;
    return { subject: collection, path: orderPath(collection), policy: name, original: before, mine, theirs };
  }
  const theyLead = moved === "them" || (moved === "clash" && policy === "theirs");
  const merged = mergedOrder(sides, theyLead ? "theirs" : "mine");
  return isSameOrder(merged, [...after.keys()]) ? undefined : listOrder(collection, stored.keys(), merged);
}
