import { describeValue, typeName } from "./type-name.js";
import type { Change } from "./change.js";
import type { CollectionType } from "./collection-type.js";
import { canonical, listOrder, pushAttributeChanges, pushEntryChange, pushOrderChange } from "./diff.js";
import { DistinctionError, InvalidValueError, type Fault } from "./errors.js";
import { idFrom, idText } from "./record-id.js";
import type { AnyRecord } from "./record-shape.js";
import type { EntryScope, RecordState } from "./record-state.js";
import type { AnyRecordType, Attributes, Collections, RecordOf } from "./record-type.js";
import type { Subject } from "./save-options.js";
import { changeLosesDigits, DIGITS_LOST, entryLosesDigits, entryWithDigits, withDigits } from "./lost-digits.js";
import { shownEntryPath, shownPath } from "./shown-path.js";
import { TrackedList } from "./tracked-list.js";
import { TrackedMap } from "./tracked-map.js";
import { TrackedSet } from "./tracked-set.js";
import { isUntouched, looksLike } from "./untouched.js";

/** The object that callers get for a state: plain properties, and tracked maps, sets and lists over the state's entries. */
export function recordFrom<R extends AnyRecordType>(type: R, state: RecordState, scope?: EntryScope): RecordOf<R> {
  const object = type.shape?.make() ?? {};
  const record = faceOf(type, object);
  const attributes = type.attributes as Attributes;
  for (const name in attributes) record[name] = exposed(type, state, name);
  for (const [name, collection] of Object.entries(type.collections as Collections)) {
    const entries = state.collections[name] ?? new Map<string, unknown>();
    record[name] = trackedCollection(record, name, collection, entries, scope?.[name]);
  }
  type.shape?.shown(object, state.version);
  return object as RecordOf<R>;
}

function exposed(type: AnyRecordType, state: RecordState, name: string): unknown {
  try {
    return (type.attributes as Attributes)[name]!.expose(state.attributes[name]);
  } catch (error) {
    if (!(error instanceof DistinctionError) || error.code !== "CORRUPT_RECORD") throw error;
    const record = `${type.name} ${idText(idFrom(type, state.attributes))}`;
    throw new DistinctionError("CORRUPT_RECORD", `${record}: ${error.message}, in ${name}`, { cause: error });
  }
}

/** A caller's object as the engine reads and writes it. */
export function faceOf({ shape }: AnyRecordType, object: object): AnyRecord {
  return shape === undefined ? (object as AnyRecord) : shape.face(object);
}

/** What is in a caller's object and no attribute. */
export function strangersIn(type: AnyRecordType, object: object): Fault[] {
  if (type.shape !== undefined) return [...type.shape.strangers(object)];
  // `record.__proto__ = …` makes no property, and would be lost without a word.
  const prototype: unknown = Object.getPrototypeOf(object);
  const isPlain = prototype === Object.prototype || prototype === null;
  return strangers(type, isPlain ? Object.keys(object) : ["__proto__", ...Object.keys(object)]);
}

/** A record's map, set or list over `original`; `keys` are those that were loaded, where that is not all. */
export function trackedCollection(
  owner: AnyRecord,
  name: string,
  type: CollectionType,
  original: ReadonlyMap<string, unknown>,
  keys?: readonly string[],
): TrackedMap | TrackedSet {
  const scope = keys && new Set(keys);
  if (type.kind === "list") return new TrackedList(owner, name, type, original, scope);
  const map = new TrackedMap(owner, name, type, original, scope);
  return type.kind === "set" ? new TrackedSet(map as TrackedMap<true>) : map;
}

/** The tracked map behind a record's collection, or `undefined` where the caller put something else there. */
export function trackedMap(record: AnyRecord, name: string): TrackedMap | undefined {
  const value = record[name];
  const map = value instanceof TrackedSet ? TrackedSet.membersOf(value) : value;
  return map instanceof TrackedMap && map.belongsTo(record, name) ? map : undefined;
}

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
      throw new DistinctionError("NOT_LOADED", `cannot replace ${name}: only some of its entries were loaded`);
    }
    pushCollectionChanges(changes, faults, name, collection, from, record);
    if (collection.kind === "list") pushOrder(changes, name, collection, from, record, force.includes(name));
  }
  if (faults.length > 0) throw new InvalidValueError(type.name, faults, idText(idFrom(type, original.attributes)));
  for (const subject of force) if (typeof subject !== "string") pushForcedEntry(changes, original, subject);
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

/** Names that are no attribute: most likely a misspelt one, and dropping it silently would lose it. */
export function strangers(type: AnyRecordType, names: readonly string[]): Fault[] {
  const { attributes, collections } = type as { attributes: Attributes; collections: Collections };
  const unknown = names.filter((name) => !Object.hasOwn(attributes, name) && !Object.hasOwn(collections, name));
  return unknown.map((name) => ({ path: name, reason: `unknown attribute of ${type.name}` }));
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
    const reason = entry === undefined ? undefined : entryFault(type, key, entry);
    if (reason !== undefined) faults.push({ path: shownEntryPath(name, type, key), reason });
    else {
      const to = entry === undefined ? undefined : entryWithDigits(type.entry, stored, type.entry.capture(entry));
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
function pushForcedEntry(changes: Change[], original: RecordState, [collection, key]: readonly [string, string]): void {
  const entry = original.collections[collection]?.get(key);
  const isThere = changes.some((change) => "key" in change && change.collection === collection && change.key === key);
  if (entry !== undefined && !isThere) changes.push({ kind: "entry.put", collection, key, from: entry, to: entry });
}

/** Why an entry does not belong in a collection. */
export function entryFault(
  { key: keyType, entry: type, keyless }: CollectionType,
  key: string,
  entry: unknown,
): string | undefined {
  const unfit = keyless?.(key);
  if (unfit !== undefined) return unfit.reason;
  const reason = keyType.fault(key);
  return reason === undefined ? type.fault(entry) : `key: ${reason}`;
}

/**
 * The entries of a map or set that a caller supplied: a `Map` or pairs for a map, a `Set` or keys for a set. What is
 * neither is told in `faults`.
 */
export function givenEntries(
  faults: Fault[],
  name: string,
  type: CollectionType,
  value: unknown,
): ReadonlyMap<string, unknown> {
  const { kind } = type;
  const given = new Map<string, unknown>();
  if (typeof value !== "object" || value === null || !(Symbol.iterator in value)) {
    const expected = kind === "set" ? "a Set or an array of keys" : "a Map or an array of [key, value]";
    faults.push({ path: name, reason: `${expected} is needed here` });
    return given;
  }
  for (const item of value as Iterable<unknown>) {
    const [key, entry]: readonly unknown[] =
      kind === "set" ? [item, true] : Array.isArray(item) ? (item as unknown[]) : [];
    if (typeof key !== "string") faults.push({ path: name, reason: `text keys, got ${typeName(key)}` });
    else if (entry === undefined)
      faults.push({ path: shownEntryPath(name, type, key), reason: "a value, got undefined" });
    else given.set(key, entry);
  }
  return given;
}
