import { aWholeNumberFrom, requireArguments, rule } from "../arguments.js";
import { arrange } from "./entry-order.js";
import { InvalidValueError, type Fault } from "../errors.js";
import { typeName } from "../types/type-name.js";

/** A map whose order means something: it iterates in the order of the list, and a new key comes last. */
export interface OrderedEntries<E> extends Map<string, E> {
  /**
   * Moves an entry, so that `index` entries stand before it.
   *
   * @throws InvalidValueError where there is no such key, or `index` is none from 0 to `size - 1`
   * @throws DistinctionError `NOT_LOADED` where the record's scope left entries out
   */
  move(key: string, index: number): this;
  /**
   * Puts the entries in the order of `keys`.
   *
   * @throws InvalidValueError unless `keys` names every entry exactly once
   * @throws DistinctionError `NOT_LOADED` where the record's scope left entries out
   */
  reorder(keys: Iterable<string>): this;
}

/** Entries in an order, to put in place of a record's list: `record.locations = orderedEntries([["a", { url }]])`. */
export function orderedEntries<E>(entries: Iterable<readonly [string, E]> = []): OrderedEntries<E> {
  requireArguments("list", { entries: [entries, somePairs] });
  return new PlainOrderedEntries(entries);
}

const anIterable = rule("an iterable", (value) => {
  return typeof (value as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === "function";
});

const somePairs = rule("pairs of a text key and a value", (value) => {
  if (anIterable(value) !== undefined || typeof value === "string") return false;
  return [...(value as Iterable<unknown>)].every((pair) => Array.isArray(pair) && typeof pair[0] === "string");
});

class PlainOrderedEntries<E> extends Map<string, E> implements OrderedEntries<E> {
  move(key: string, index: number): this {
    arrange(this, movedKeys("list", this.keys(), key, index));
    return this;
  }

  reorder(keys: Iterable<string>): this {
    arrange(this, reorderedKeys("list", this.keys(), keys));
    return this;
  }
}

/** The keys of the list `name` with one of them moved. */
export function movedKeys(name: string, before: Iterable<string>, key: string, index: number): string[] {
  const all = [...before];
  const others = all.filter((other) => other !== key);
  const path = shownKey(key);
  if (others.length === all.length) throw new InvalidValueError(name, [{ path, reason: "is not in the list" }]);
  requireArguments(name, { [path]: [index, aWholeNumberFrom(0, others.length)] });
  return others.toSpliced(index, 0, key);
}

/** The keys of the list `name` in the order of `after`. */
export function reorderedKeys(name: string, before: Iterable<string>, after: Iterable<string>): string[] {
  requireArguments(name, { reorder: [after, anIterable] });
  const keys = [...after];
  const all = new Set(before);
  const named = new Set(keys);
  const faults: Fault[] = [];
  for (const key of named) if (!all.has(key)) faults.push({ path: shownKey(key), reason: "is not in the list" });
  for (const key of all) if (!named.has(key)) faults.push({ path: JSON.stringify(key), reason: "must be named" });
  if (named.size < keys.length) faults.push({ path: "reorder", reason: "every key once, got some twice" });
  if (faults.length > 0) throw new InvalidValueError(name, faults);
  return keys;
}

function shownKey(key: unknown): string {
  return typeof key === "string" ? JSON.stringify(key) : typeName(key);
}
