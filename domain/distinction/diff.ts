import type { AttributeType } from "./attribute-type.js";
import type { Change } from "./change.js";
import type { CollectionType } from "./collection-type.js";
import { jsonDifferences } from "./json-diff.js";
import { JsonText } from "./json-text.js";
import type { RecordState } from "./record-state.js";
import type { AnyRecordType, Attributes, Collections } from "./record-type.js";

/**
 * The canonical list of differences between two states of one record: attributes in name order, then collections in
 * name order, their entries in key order. `apply(before, diff(before, after))` equals `after`.
 */
export function diff(type: AnyRecordType, before: RecordState, after: RecordState): Change[] {
  const changes: Change[] = [];
  for (const [name, attribute] of Object.entries(type.attributes as Attributes)) {
    pushAttributeChanges(changes, name, attribute, before.attributes[name], after.attributes[name]);
  }
  for (const [name, collection] of Object.entries(type.collections as Collections)) {
    const from = before.collections[name];
    const to = after.collections[name];
    if (from === undefined || to === undefined || from === to) continue; // what was not loaded cannot differ
    for (const key of new Set([...from.keys(), ...to.keys()])) {
      pushEntryChange(changes, name, collection, key, from.get(key), to.get(key));
    }
  }
  return canonical(changes);
}

/** Adds how a captured attribute value differs: as a whole, or by path inside JSON objects. */
export function pushAttributeChanges(
  changes: Change[],
  attribute: string,
  type: AttributeType,
  from: unknown,
  to: unknown,
): void {
  if (type.same(from, to)) return;
  const inside = from instanceof JsonText && to instanceof JsonText ? jsonDifferences(from, to) : undefined;
  if (inside === undefined) changes.push({ kind: "attribute.set", attribute, from, to });
  else for (const difference of inside) changes.push({ kind: "json.set", attribute, ...difference });
}

/** Adds how a captured entry differs; `undefined` stands for "not there". */
export function pushEntryChange(
  changes: Change[],
  collection: string,
  type: CollectionType,
  key: string,
  from: unknown,
  to: unknown,
): void {
  if (to === undefined) {
    if (from !== undefined) changes.push({ kind: "entry.drop", collection, key, from });
  } else if (from === undefined || !type.entry.same(from, to)) {
    changes.push({ kind: "entry.put", collection, key, from, to });
  }
}

/** The one order of a change set, whatever the order of discovery. */
export function canonical(changes: Change[]): Change[] {
  return changes.length < 2 ? changes : changes.sort((left, right) => compare(sortKey(left), sortKey(right)));
}

type SortKey = readonly [rank: number, name: string, ...steps: (string | number)[]];

function sortKey(change: Change): SortKey {
  switch (change.kind) {
    case "attribute.set":
      return [0, change.attribute];
    case "json.set":
      return [0, change.attribute, ...change.path];
    case "entry.put":
    case "entry.drop":
      return [1, change.collection, change.key];
  }
}

function compare(left: SortKey, right: SortKey): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    if (left[index]! < right[index]!) return -1;
    if (left[index]! > right[index]!) return 1;
  }
  return left.length - right.length;
}
