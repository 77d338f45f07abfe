import type { Fault } from "../errors.js";
import type { AnyRecordType, Attributes, Collections } from "../types/record-type.js";

/** What is in a caller's object and no attribute. */
export function strangersIn(type: AnyRecordType, object: object): Fault[] {
  if (type.shape !== undefined) return [...type.shape.strangers(object)];
  // `record.__proto__ = …` makes no property, and would be lost without a word.
  const prototype: unknown = Object.getPrototypeOf(object);
  const isPlain = prototype === Object.prototype || prototype === null;
  return strangers(type, isPlain ? Object.keys(object) : ["__proto__", ...Object.keys(object)]);
}

/** Names that are no attribute: most likely a misspelt one, and dropping it silently would lose it. */
export function strangers(type: AnyRecordType, names: readonly string[]): Fault[] {
  const { attributes, collections } = type as { attributes: Attributes; collections: Collections };
  const unknown: Fault[] = [];
  for (const name of names) {
    if (Object.hasOwn(attributes, name) || Object.hasOwn(collections, name)) continue;
    unknown.push({ path: name, reason: `unknown attribute of ${type.name}` });
  }
  return unknown;
}
