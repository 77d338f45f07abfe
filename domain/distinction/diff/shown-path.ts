import type { Change } from "./change.js";
import { changePath } from "./change-set.js";
import type { CollectionType } from "../types/collection-type.js";
import { MASKED } from "./masked.js";
import type { AnyRecordType, Attributes, Collections } from "../types/record-type.js";

/** Where a change happened, for messages: as `changePath`, but without keys and member names that are secret. */
export function shownPath(type: AnyRecordType, change: Change): string {
  if ("attribute" in change) {
    return (type.attributes as Attributes)[change.attribute]!.secret ? change.attribute : changePath(change);
  }
  if (!("key" in change)) return changePath(change);
  return shownEntryPath(change.collection, (type.collections as Collections)[change.collection]!, change.key);
}

/** Where an entry is, for messages. */
export function shownEntryPath(
  collection: string,
  { key: { secret }, keyless }: Pick<CollectionType, "key" | "keyless">,
  key: string,
): string {
  const place = keyless?.(key)?.place;
  if (place !== undefined) return `${collection}[${place}]`;
  return `${collection}[${secret ? MASKED : JSON.stringify(key)}]`;
}
