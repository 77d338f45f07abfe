import type { AttributeType } from "../types/attribute-type.js";
import type { Change, EntryDrop, EntryPut, ListOrder } from "./change.js";
import type { CollectionType } from "../types/collection-type.js";
import { isReordered } from "../record/entry-order.js";
import { jsonDifferences } from "../json/json-diff.js";
import { JsonText } from "../json/json-text.js";
import type { RecordState } from "../record/record-state.js";
import type { AnyRecordType, Attributes, Collections } from "../types/record-type.js";

/**
 * The canonical list of differences between two states of one record: attributes in name order, then collections in
 * name order, their entries in key order, then what is appended to a list, then its order. `apply(before, diff(before,
 * after))` equals `after`.
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
    if (collection.kind === "list") pushOrderChange(changes, name, from.keys(), [...to.keys()]);
  }
  return canonical(type, changes);
}

/** Adds how a captured attribute value differs: as a whole, or by path inside JSON objects. */
export function pushAttributeChanges(
  changes: Change[],
  attribute: string,
  type: AttributeType,
  from: unknown,
  to: unknown,
): void {
  const isJson = from instanceof JsonText && to instanceof JsonText;
  if (!isJson && type.same(from, to)) return;
  const inside = isJson ? jsonDifferences(from, to) : undefined;
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

/** Adds how the order of a list's keys differs, where the entries' own changes do not lead to it. */
export function pushOrderChange(
  changes: Change[],
  collection: string,
  before: Iterable<string>,
  to: readonly string[],
): void {
  const from = [...before];
  if (isReordered(from, to)) changes.push(listOrder(collection, from, to));
}

export function listOrder(collection: string, from: Iterable<string>, to: Iterable<string>): ListOrder {
  return { kind: "list.order", collection, from: Object.freeze([...from]), to: Object.freeze([...to]) };
}

/** The one order of a change set, whatever the order of discovery; but what is appended to a list stays in its order. */
export function canonical(type: AnyRecordType, changes: Change[]): Change[] {
  if (changes.length < 2) return changes;
  return changes.sort((left, right) => compare(sortKey(type, left), sortKey(type, right)));
}

type SortKey = readonly [rank: number, name: string, ...steps: (string | number)[]];

function sortKey(type: AnyRecordType, change: Change): SortKey {
  switch (change.kind) {
    case "attribute.set":
      return [0, change.attribute];
    case "json.set":
      return [0, change.attribute, ...change.path];
    case "entry.put":
    case "entry.drop":
      return isAppended(type, change) ? [1, change.collection, 1] : [1, change.collection, 0, change.key];
    case "list.order":
      return [1, change.collection, 2];
  }
}

/** Whether `change` adds an entry at the end of a list. */
function isAppended(type: AnyRecordType, change: EntryPut | EntryDrop): boolean {
  if (change.kind === "entry.drop" || change.from !== undefined) return false;
  return (type.collections as Collections)[change.collection]!.kind === "list";
}

function compare(left: SortKey, right: SortKey): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    if (left[index]! < right[index]!) return -1;
    if (left[index]! > right[index]!) return 1;
  }
  return left.length - right.length;
}
