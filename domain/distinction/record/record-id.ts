import { InvalidValueError } from "../errors.js";
import { keyNames, type AnyRecordType, type Attributes, type IdOf } from "../types/record-type.js";

/** A record's id as the values of its key attributes, in the key's order, captured. */
export type RecordId = readonly (string | number | bigint)[];

/**
 * The id that a caller gave, checked.
 *
 * @throws InvalidValueError where a part of it is no value of its key attribute.
 */
export function recordId<R extends AnyRecordType>(type: R, id: IdOf<R>): RecordId {
  const names = keyNames(type);
  const attributes = type.attributes as Attributes;
  const composite = typeof type.key !== "string" || isNamed(type, id);
  return names.map((name) => {
    const value: unknown = composite ? (id as Record<string, unknown> | undefined)?.[name] : id;
    const reason = attributes[name]!.fault(value);
    if (reason !== undefined) throw new InvalidValueError(type.name, [{ path: name, reason }]);
    return attributes[name]!.capture(value) as string | number | bigint;
  });
}

/** Whether an entity's single key was given by its name, as a composite one is: its type does not tell which it has. */
function isNamed({ key, shape }: AnyRecordType, id: unknown): boolean {
  if (shape === undefined || typeof key !== "string" || typeof id !== "object" || id === null) return false;
  return Object.getPrototypeOf(id) === Object.prototype && Object.hasOwn(id, key) && Object.keys(id).length === 1;
}

/** The id of a record or state, from its attributes. */
export function idFrom(type: AnyRecordType, attributes: Readonly<Record<string, unknown>>): RecordId {
  return keyNames(type).map((name) => attributes[name] as string | number | bigint);
}

/** The id that an object of a caller's would have, for messages; `undefined` where it has none. */
export function shownId(type: AnyRecordType, values: Readonly<Record<string, unknown>>): string | undefined {
  const attributes = type.attributes as Attributes;
  const names = keyNames(type);
  if (!names.every((name) => attributes[name]!.fault(values[name]) === undefined)) return undefined;
  return idText(names.map((name) => attributes[name]!.capture(values[name]) as string | number | bigint));
}

/** An id for maps and messages: the value itself, or its parts for a composite key. */
export function idText(id: RecordId): string {
  return id.length === 1 ? String(id[0]) : id.map((part) => encodeURIComponent(String(part))).join("/");
}
