import type { AttributeType } from "../types/attribute-type.js";
import { sameBytes } from "../types/binary-type.js";
import { dateMilliseconds } from "../types/date-milliseconds.js";

/**
 * Whether a caller's value is the one that was shown for `original`. No rule is asked about it, and none rounds it: what
 * another writer stored outside the rules stays as it is stored, and hinders no other change.
 */
export function isUntouched(attribute: AttributeType, original: unknown, value: unknown): boolean {
  if (value === undefined || value === original) return true;
  return original !== undefined && looksLike(value, attribute.expose(original));
}

/** The same data. What throws when it is read is like nothing: the rules say what is wrong with it. */
export function looksLike(value: unknown, shown: unknown): boolean {
  try {
    return isAlike(value, shown);
  } catch {
    return false;
  }
}

/** Objects of classes, which may hide some of their data, are never alike. */
function isAlike(value: unknown, shown: unknown): boolean {
  if (Object.is(value, shown)) return true;
  if (typeof value !== "object" || typeof shown !== "object" || value === null || shown === null) return false;
  const time = dateMilliseconds(value);
  if (time !== undefined) return Object.is(time, dateMilliseconds(shown));
  if (value instanceof Uint8Array) return shown instanceof Uint8Array && sameBytes(value, shown);
  if (!isPlain(value) || Object.getPrototypeOf(value) !== Object.getPrototypeOf(shown)) return false;
  const names = Object.keys(value);
  // Members under symbols, or hidden from enumeration, were not shown: the rules say what is wrong with them.
  if (Reflect.ownKeys(value).length > (Array.isArray(value) ? names.length + 1 : names.length)) return false;
  return (
    names.length === Object.keys(shown).length &&
    names.every((name) => Object.hasOwn(shown, name) && isAlike(member(value, name), member(shown, name)))
  );
}

function isPlain(value: object): boolean {
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

function member(object: object, name: string): unknown {
  return (object as Record<string, unknown>)[name];
}
