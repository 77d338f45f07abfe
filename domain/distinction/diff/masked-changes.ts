import type { Change, EntryDrop, EntryPut } from "./change.js";
import { changeSet, type ChangeSet } from "./change-set.js";
import type { EntryType } from "../types/collection-type.js";
import { MASKED } from "./masked.js";
import type { AnyRecordType, Attributes, Collections } from "../types/record-type.js";

/**
 * A change set to show: `"[secret]"` stands for every value, JSON member and key that is marked secret. That there was no
 * value before, or is none now, is told.
 */
export function maskedChangeSet(type: AnyRecordType, { record, id, base, changes }: ChangeSet): ChangeSet {
  const masked = changes.map((change) => maskedChange(type, change));
  return changeSet(record, id, base, masked);
}

function maskedChange(type: AnyRecordType, change: Change): Change {
  if (change.kind === "list.order") return change; // a list's keys are never secret
  if ("collection" in change) return maskedEntry(type, change);
  if (!(type.attributes as Attributes)[change.attribute]!.secret) return change;
  const sides = { from: maskedValue(change.from), to: maskedValue(change.to) };
  return change.kind === "json.set" ? { ...change, ...sides, path: [MASKED] } : { ...change, ...sides };
}

function maskedEntry(type: AnyRecordType, change: EntryPut | EntryDrop): Change {
  const { key, entry } = (type.collections as Collections)[change.collection]!;
  const hasSecrets = Object.values(entry.fields).some((field) => field.secret);
  if (!key.secret && !hasSecrets) return change;
  const place = key.secret ? { ...change, key: MASKED } : change;
  const from = maskedFields(entry, change.from);
  return place.kind === "entry.put" ? { ...place, from, to: maskedFields(entry, place.to) } : { ...place, from };
}

function maskedFields(entry: EntryType, value: unknown): unknown {
  if (value === undefined) return undefined;
  const fields = Object.values(entry.fields);
  return entry.join(entry.split(value).map((part, index) => (fields[index]!.secret ? MASKED : part)));
}

function maskedValue(value: unknown): typeof MASKED | undefined {
  return value === undefined ? undefined : MASKED;
}
