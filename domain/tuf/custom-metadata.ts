import { accessorFault, shapeFault } from "../distinction/json/plain-members.js";
import type { JsonObject, JsonValue } from "./json.js";

/** Deepest nesting of custom metadata: parsers of clients fail not far above it. */
export const MAX_CUSTOM_DEPTH = 32;

/** Why a value cannot be custom metadata. */
export class CustomFault {
  constructor(readonly reason: string) {}
}

/**
 * Custom metadata as a caller gives it, checked and built anew in one reading: what was checked is what is kept, whatever the
 * caller's objects are afterwards.
 */
export function customCopy(given: unknown): JsonObject | CustomFault {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return new CustomFault("a JSON object");
  try {
    return objectCopy(given, 2);
  } catch {
    return new CustomFault("JSON, got a value with a member that throws when it is read");
  }
}

function valueCopy(value: unknown, depth: number): JsonValue | CustomFault {
  if (depth > MAX_CUSTOM_DEPTH) return new CustomFault(`nested at most ${MAX_CUSTOM_DEPTH} levels deep`);
  switch (typeof value) {
    case "boolean":
      return value;
    case "string":
      return /\p{Surrogate}/u.test(value) ? new CustomFault("text without lone surrogates") : value;
    case "number":
      if (!Number.isSafeInteger(value)) {
        return new CustomFault("numbers are integers of at most 53 bits (canonical JSON)");
      }
      return value;
    case "object":
      if (value === null) return null;
      return Array.isArray(value) ? listCopy(value, depth + 1) : objectCopy(value, depth + 1);
    default:
      return new CustomFault(`JSON, got ${typeof value}`);
  }
}

function listCopy(list: readonly unknown[], depth: number): JsonValue | CustomFault {
  const { length } = list;
  const hidden = shapeFault(list, length);
  if (hidden !== undefined) return new CustomFault(hidden);
  const copy: JsonValue[] = [];
  for (let index = 0; index < length; index++) {
    const member = memberCopy(list, index, depth);
    if (member instanceof CustomFault) return member;
    copy.push(member);
  }
  return copy;
}

function objectCopy(object: object, depth: number): JsonObject | CustomFault {
  const names = Object.keys(object);
  const hidden = shapeFault(object, names.length);
  if (hidden !== undefined) return new CustomFault(hidden);
  const copy: Record<string, JsonValue> = {};
  for (const name of names) {
    const wrongName = keyFault(name);
    if (wrongName !== undefined) return new CustomFault(wrongName);
    const member = memberCopy(object, name, depth);
    if (member instanceof CustomFault) return member;
    copy[name] = member;
  }
  return copy;
}

function memberCopy(parent: object, name: string | number, depth: number): JsonValue | CustomFault {
  const computed = accessorFault(parent, name);
  if (computed !== undefined) return new CustomFault(computed);
  return valueCopy((parent as Readonly<Record<string | number, unknown>>)[name], depth);
}

/** Keys are sorted in canonical JSON, and languages disagree beyond U+FFFF; `__proto__` is lost by careless readers. */
function keyFault(key: string): string | undefined {
  if (key === "__proto__") return "no key named __proto__";
  return /[\p{Cc}\p{Surrogate}\u{10000}-\u{10FFFF}]/u.test(key)
    ? "keys hold no control characters and none beyond U+FFFF"
    : undefined;
}
