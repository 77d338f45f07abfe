import type { CollectionType } from "../types/collection-type.js";
import type { Fault } from "../errors.js";
import { shownEntryPath } from "../diff/shown-path.js";
import { TrackedMap } from "./tracked-map.js";
import { typeName } from "../types/type-name.js";

/**
 * Why an entry does not belong in a collection.
 *
 * @param stored the captured entry under its key, if any
 */
export function entryFault(
  { key: keyType, entry: type, keyless }: CollectionType,
  key: string,
  entry: unknown,
  stored?: unknown,
): string | undefined {
  const unfit = keyless?.(key);
  if (unfit !== undefined) return unfit.reason;
  const reason = keyType.fault(key);
  return reason === undefined ? type.fault(entry, stored) : `key: ${reason}`;
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
  const isGiven = typeof value === "object" && value !== null && Symbol.iterator in value;
  if (!isGiven || (type.heldAs !== undefined && !Array.isArray(value) && !(value instanceof TrackedMap))) {
    const expected =
      type.heldAs ?? (kind === "set" ? "a Set or an array of keys" : "a Map or an array of [key, value]");
    faults.push({ path: name, reason: `${expected} is needed here, got ${typeName(value)}` });
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
