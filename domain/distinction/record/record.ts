import { DistinctionError } from "../errors.js";
import { idFrom, idText } from "./record-id.js";
import type { AnyRecord } from "../types/record-shape.js";
import { objectToRemember } from "./object-memory.js";
import type { EntryScope, RecordState } from "./record-state.js";
import type { AnyRecordType, Attributes, Collections, RecordOf } from "../types/record-type.js";
import { TrackedList } from "./tracked-list.js";
import { TrackedMap } from "./tracked-map.js";
import { TrackedSet } from "./tracked-set.js";
import { compactObject } from "./compact-object.js";

/** The object that callers get for a state: plain properties, and tracked maps, sets and lists over the state's entries. */
export function recordFrom<R extends AnyRecordType>(type: R, state: RecordState, scope?: EntryScope): RecordOf<R> {
  const object = type.shape?.make() ?? compactObject(type, () => memberNames(type), objectToRemember);
  const record = faceOf(type, object);
  const attributes = type.attributes as Attributes;
  for (const name in attributes) record[name] = exposed(type, state, name);
  for (const name in type.collections as Collections) {
    const entries = state.collections[name] ?? new Map<string, unknown>();
    record[name] = trackedCollection(record, name, type, entries, scope?.[name]);
  }
  type.shape?.shown(object, state.version);
  return object as RecordOf<R>;
}

function* memberNames({ attributes, collections }: AnyRecordType): Generator<string> {
  yield* Object.keys(attributes as Attributes);
  yield* Object.keys(collections as Collections);
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

/** A record's map, set or list over `original`; `keys` are those that were loaded, where that is not all. */
export function trackedCollection(
  owner: AnyRecord,
  name: string,
  type: AnyRecordType,
  original: ReadonlyMap<string, unknown>,
  keys?: readonly string[],
): TrackedMap | TrackedSet {
  const scope = keys && new Set(keys);
  const { kind } = (type.collections as Collections)[name]!;
  if (kind === "list") return new TrackedList(owner, name, type, original, scope);
  const map = new TrackedMap(owner, name, type, original, scope);
  return kind === "set" ? new TrackedSet(map as TrackedMap<true>) : map;
}

/** The tracked map behind a record's collection, or `undefined` where the caller put something else there. */
export function trackedMap(record: AnyRecord, name: string): TrackedMap | undefined {
  const value = record[name];
  const map = value instanceof TrackedSet ? TrackedSet.membersOf(value) : value;
  return map instanceof TrackedMap && map.belongsTo(record, name) ? map : undefined;
}
