import type { Change } from "./change.js";
import type { CollectionType } from "../types/collection-type.js";
import { canonical, listOrder, pushAttributeChanges, pushEntryChange, pushOrderChange } from "./diff.js";
import { InvalidValueError, type Fault } from "../errors.js";
import { entryFault, givenEntries } from "../record/given-entries.js";
import { changeLosesDigits, DIGITS_LOST, entryLosesDigits, entryWithDigits, withDigits } from "../json/lost-digits.js";
import { faceOf, trackedMap } from "../record/record.js";
import { notLoaded } from "../record-errors.js";
import { idFrom, idText } from "../record/record-id.js";
import type { AnyRecord } from "../types/record-shape.js";
import type { EntryScope, RecordState } from "../record/record-state.js";
import type { AnyRecordType, Attributes, Collections } from "../types/record-type.js";
import type { Subject } from "../save/save-options.js";
import { shownEntryPath, shownPath } from "./shown-path.js";
import { strangersIn } from "../record/strangers.js";
import { TrackedList } from "../record/tracked-list.js";
import type { TrackedMap } from "../record/tracked-map.js";
import { describeValue } from "../types/type-name.js";
import { isUntouched, looksLike } from "../record/untouched.js";

export interface ChangesOptions {
  /** The entries that were loaded, where that is not all. */
  readonly scope?: EntryScope | undefined;
  /** What counts as changed even where its value is the original one. */
  readonly force?: readonly Subject[];
}

/**
 * What the caller changed in `object` since `original`. Looks at attributes and touched entries only.
 *
 * @throws InvalidValueError listing every value that breaks a rule.
 * @throws DistinctionError `NOT_LOADED` where a collection was replaced of which `scope` loaded only a part.
 */
export function changesOf(
  type: AnyRecordType,
  original: RecordState,
  object: object,
  { scope = {}, force = [] }: ChangesOptions = {},
): Change[] {
  const changes: Change[] = [];
  const faults: Fault[] = strangersIn(type, object);
  const version = type.shape?.foreignVersion(object, original.version);
  if (version !== undefined) {
    const reason = `is counted by every write and cannot be set, got ${describeValue(version.value)}`;
    faults.push({ path: version.path, reason });
  }
  const record = faceOf(type, object);
  const attributes = type.attributes as Attributes;
  for (const name in attributes) {
    const attribute = attributes[name]!;
    const from = original.attributes[name];
    const value = record[name];
    const isForced = force.includes(name);
    if (!isForced && isUntouched(attribute, from, value)) continue;
    const reason = value === undefined ? undefined : attribute.fault(value);
    if (reason !== undefined) {
      faults.push({ path: name, reason });
      continue;
    }
    const found = changes.length;
    const to = value === undefined ? from : attribute.capture(value);
    if (isForced) changes.push({ kind: "attribute.set", attribute: name, from, to: withDigits(from, to) });
    else pushAttributeChanges(changes, name, attribute, from, to);
    if (changes.length === found) continue;
    const excess = attribute.excess?.(to);
    if (excess !== undefined) faults.push({ path: name, reason: excess });
    for (const change of changes.slice(found)) {
      if (changeLosesDigits(change, from)) faults.push({ path: shownPath(type, change), reason: DIGITS_LOST });
    }
    if (attribute.fixed) faults.push({ path: name, reason: "is fixed and cannot change" });
    if (name === type.stamp) faults.push({ path: name, reason: "is set by every write and cannot be changed" });
  }
  for (const [name, collection] of Object.entries(type.collections as Collections)) {
    const from = original.collections[name];
    if (from === undefined || record[name] === undefined) continue;
    if (scope[name] !== undefined && trackedMap(record, name) === undefined) {
      const id = idText(idFrom(type, original.attributes));
      throw notLoaded(type, id, `cannot replace ${name}: only ${scope[name].length} of its entries were loaded`);
    }
    pushCollectionChanges(changes, faults, name, collection, from, record);
    if (collection.kind === "list") pushOrder(changes, name, collection, from, record, force.includes(name));
  }
  for (const subject of force) {
    if (typeof subject !== "string") pushForcedEntry(changes, faults, type, original, subject);
  }
  if (faults.length > 0) throw new InvalidValueError(type.name, faults, idText(idFrom(type, original.attributes)));
  return canonical(type, changes);
}

/** How the caller ordered a list; a forced order is written as it is, unless it differs anyway. */
function pushOrder(
  changes: Change[],
  name: string,
  type: CollectionType,
  original: ReadonlyMap<string, unknown>,
  record: AnyRecord,
  isForced: boolean,
): void {
  const list = trackedMap(record, name);
  const touched = list === undefined ? givenEntries([], name, type, record[name]).keys() : touchedOrder(list);
  if (isForced) changes.push(listOrder(name, original.keys(), touched ?? list!.keys()));
  else if (touched !== undefined) pushOrderChange(changes, name, original.keys(), [...touched]);
}

function touchedOrder(list: TrackedMap): Iterable<string> | undefined {
  return list instanceof TrackedList ? TrackedList.orderOf(list) : undefined;
}

function pushCollectionChanges(
  changes: Change[],
  faults: Fault[],
  name: string,
  type: CollectionType,
  original: ReadonlyMap<string, unknown>,
  record: AnyRecord,
): void {
  for (const [key, entry] of candidates(faults, name, type, original, record)) {
    const stored = original.get(key);
    if (stored !== undefined && looksLike(entry, type.entry.expose(stored))) continue;
    const reason = entry === undefined ? undefined : entryFault(type, key, entry, stored);
    if (reason !== undefined) faults.push({ path: shownEntryPath(name, type, key), reason });
    else {
      const to =
        entry === undefined ? undefined : entryWithDigits(type.entry, stored, type.entry.capture(entry, stored));
      if (entryLosesDigits(type.entry, stored, to)) {
        faults.push({ path: shownEntryPath(name, type, key), reason: DIGITS_LOST });
      }
      pushEntryChange(changes, name, type, key, stored, to);
    }
  }
}

/** The entries that may differ: the touched ones, or all where the caller replaced the collection by one of its own. */
function* candidates(
  faults: Fault[],
  name: string,
  type: CollectionType,
  original: ReadonlyMap<string, unknown>,
  record: AnyRecord,
): Generator<readonly [string, unknown]> {
  const map = trackedMap(record, name);
  if (map !== undefined) {
    yield* map.touched();
    return;
  }
  const given = givenEntries(faults, name, type, record[name]);
  for (const key of original.keys()) if (!given.has(key)) yield [key, undefined];
  yield* given;
}

/** An entry that is to be written as it is, unless it differs anyway. */
function pushForcedEntry(
  changes: Change[],
  faults: Fault[],
  type: AnyRecordType,
  original: RecordState,
  [collection, key]: readonly [string, string],
): void {
  const entry = original.collections[collection]?.get(key);
  const isThere = changes.some((change) => "key" in change && change.collection === collection && change.key === key);
  if (entry === undefined || isThere) return;
  const collectionType = (type.collections as Collections)[collection]!;
  // What others stored outside the rules can stay, and cannot be written.
  const reason = entryFault(collectionType, key, collectionType.entry.expose(entry));
  if (reason !== undefined) faults.push({ path: shownEntryPath(collection, collectionType, key), reason });
  changes.push({ kind: "entry.put", collection, key, from: entry, to: entry });
}
