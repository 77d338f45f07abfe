import type { Fault } from "../errors.js";
import { faceOf, trackedMap } from "./record.js";
import type { AnyRecordType, Attributes, Collections } from "../types/record-type.js";

/**
 * Which of the attributes and collections `names` the object cannot be given another value of: frozen, read-only, an
 * accessor without setter, or not there in a closed object.
 */
export function placeFaults(type: AnyRecordType, object: object, names: readonly string[]): Fault[] {
  const isClosed = !Object.isExtensible(object);
  const hidden = type.shape?.unshowable(object, names) ?? names.filter((name) => !isWritable(object, name));
  return hidden.map((path) => ({
    path,
    reason: isClosed
      ? "cannot be shown: the object is closed and has no place for it"
      : "cannot be shown: the object's property is read-only",
  }));
}

/** What every object of the type shows. */
export function shownNames({ attributes, collections }: AnyRecordType): string[] {
  return [...Object.keys(attributes as Attributes), ...Object.keys(collections as Collections)];
}

/** The collections that the caller put something of their own in place of: a save puts tracked ones there. */
export function replacedCollections(type: AnyRecordType, object: object): string[] {
  const record = faceOf(type, object);
  return Object.keys(type.collections as Collections).filter((name) => {
    return trackedMap(record, name) === undefined && record[name] !== undefined;
  });
}

/** Whether an assignment to the property would succeed, as far as the object says. */
export function isWritable(object: object, name: string): boolean {
  for (let holder: object | null = object; holder !== null; holder = Object.getPrototypeOf(holder) as object | null) {
    const property = Object.getOwnPropertyDescriptor(holder, name);
    if (property === undefined) continue;
    if (property.get !== undefined || property.set !== undefined) return property.set !== undefined;
    return property.writable === true && (holder === object || Object.isExtensible(object));
  }
  return Object.isExtensible(object);
}
