import { InvalidValueError, type Fault } from "../errors.js";
import { keyNames, type AnyRecordType, type Attributes, type IdOf } from "../types/record-type.js";

/** A record's id as the values of its key attributes, in the key's order, captured. */
export type RecordId = readonly (string | number | bigint)[];

/**
 * The id that a caller gave, checked.
 *
 * @throws InvalidValueError where a part of it is no value of its key attribute, or a plain object has other members. An instance of a class may
 *   have them, as a record of an entity does.
 */
export function recordId<R extends AnyRecordType>(type: R, id: IdOf<R>): RecordId {
  const names = keyNames(type);
  const attributes = type.attributes as Attributes;
  const { values, faults } = givenParts(type, names, id);
  for (const [index, name] of names.entries()) {
    const reason = attributes[name]!.fault(values[index]);
    if (reason !== undefined) faults.push({ path: name, reason });
  }
  if (faults.length > 0) throw new InvalidValueError(type.name, faults);
  return names.map((name, index) => attributes[name]!.capture(values[index]) as string | number | bigint);
}

/** @throws InvalidValueError where the id cannot even be looked at (a revoked proxy) */
function givenParts(
  type: AnyRecordType,
  names: readonly string[],
  id: unknown,
): { values: unknown[]; faults: Fault[] } {
  try {
    const composite = typeof type.key !== "string" || isNamed(type, id);
    if (!composite) return { values: [id], faults: [] };
    const values = names.map((name) => (id as Record<string, unknown> | undefined)?.[name]);
    return { values, faults: membersBeside(names, id) };
  } catch {
    throw new InvalidValueError(type.name, [{ path: "id", reason: "an id, got an object that cannot be read" }]);
  }
}

/** Members of a plain object that are no part of the key: passed over, they would find another record than was meant. */
function membersBeside(names: readonly string[], id: unknown): Fault[] {
  if (typeof id !== "object" || id === null || Object.getPrototypeOf(id) !== Object.prototype) return [];
  const others = Object.keys(id).filter((name) => !names.includes(name));
  return others.map((path) => ({ path, reason: `is no part of the key ${names.join(", ")}` }));
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
