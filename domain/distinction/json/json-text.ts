import { DistinctionError } from "../errors.js";
import { typeName } from "../types/type-name.js";
import { fitsUtf8, utf8Length } from "../types/utf8-length.js";

/** Any JSON value. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** Most objects and arrays within one another in a JSON attribute: MySQL's limit. MariaDB's is lower: see the column codec. */
export const MAX_JSON_DEPTH = 100;

/** Longest key of a JSON object: MySQL's limit, beyond which it answers 3151. */
const MAX_KEY_BYTES = 65_535;

/**
 * A JSON value as immutable text, parsed only when somebody looks: once to show it in an object, and once by each save of
 * that object, which looks for changes inside it. Two stored values are compared by text first, so that one which nobody
 * else wrote is not parsed to merge with others, nor to show what they stored.
 */
export class JsonText {
  constructor(readonly text: string) {}

  /**
   * A fresh copy of the value, safe to hand out for mutation.
   *
   * @throws DistinctionError `CORRUPT_RECORD` where the text is no JSON: another writer's, in a column of text
   */
  parse(): JsonValue {
    try {
      return JSON.parse(this.text) as JsonValue;
    } catch {
      // Without its cause: the parser's message quotes the text, which may be secret.
      throw new DistinctionError("CORRUPT_RECORD", "what is stored as JSON is none");
    }
  }

  /** Equality of the values: key order and white space do not count. */
  equals(other: JsonText): boolean {
    return this.text === other.text || canonicalText(this.parse()) === canonicalText(other.parse());
  }

  toJSON(): JsonValue {
    return this.parse();
  }
}

/** The same text for equal values: keys in code-unit order, -0 as 0 (what a database would store). */
export function canonicalText(value: JsonValue): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key]!)}`);
  return `{${members.join(",")}}`;
}

/** Why `value` is not JSON that survives a round trip, or `undefined` where it is. */
export function jsonFault(value: unknown): string | undefined {
  try {
    return faultAt(value, "", 0);
  } catch {
    return "JSON, got a value with a member that throws when it is read";
  }
}

function faultAt(value: unknown, path: string, depth: number): string | undefined {
  const where = path === "" ? "" : ` at ${path}`;
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : `well-formed Unicode, got a lone surrogate${where}`;
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : `a finite number, got ${value}${where}`;
    case "object":
      if (value === null) return undefined;
      if (depth >= MAX_JSON_DEPTH) {
        return `JSON nested at most ${MAX_JSON_DEPTH} levels deep and no cycle, got ${typeName(value)} deeper than that${where.slice(0, 80)}`;
      }
      return containerFault(value, path, depth);
    default:
      return `JSON, got ${typeof value}${where}`;
  }
}

function containerFault(value: object, path: string, depth: number): string | undefined {
  if (Array.isArray(value)) {
    const hidden = shapeFault(value, Array.prototype, value.length + 1, path); // with `length`
    if (hidden !== undefined) return hidden;
    for (let index = 0; index < value.length; index++) {
      const fault = faultAt(value[index], `${path}[${index}]`, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  const members = Object.entries(value);
  const hidden = shapeFault(value, Object.prototype, members.length, path);
  if (hidden !== undefined) return hidden;
  for (const [key, member] of members) {
    if (member === undefined) continue; // as in JSON.stringify: undefined is missing
    const fault = keyFault(key, path) ?? faultAt(member, `${path}.${key}`, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** A class, or members that `JSON.stringify` passes over without a word. */
function shapeFault(value: object, plain: object, ownKeys: number, path: string): string | undefined {
  const where = path === "" ? "" : ` at ${path}`;
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  if (prototype !== plain && (prototype !== null || Array.isArray(value))) {
    return `plain JSON, got an instance of ${prototype?.constructor?.name ?? "a class"}${where}`;
  }
  if (Reflect.ownKeys(value).length <= ownKeys) return undefined;
  const kind = Array.isArray(value) ? "beside its elements" : "under symbols, or hidden from enumeration";
  return `plain JSON, got ${typeName(value)} with members ${kind}${where}`;
}

function keyFault(key: string, path: string): string | undefined {
  const where = path === "" ? "" : ` at ${path}`;
  if (!key.isWellFormed()) return `well-formed Unicode in keys, got a lone surrogate${where}`;
  if (fitsUtf8(key, MAX_KEY_BYTES)) return undefined;
  return `keys of at most ${MAX_KEY_BYTES} bytes in UTF-8, got a string of ${utf8Length(key)}${where}`;
}
