import microdiff from "microdiff";
import { type JsonValue, sameJson } from "./json-value.js";
import type { JsonPath } from "./json-path.js";
import { valueAt } from "./json-path.js";
import type { JsonText } from "./json-text.js";

/** One difference between two JSON objects: the members below `path` are not the same. */
export interface JsonDifference {
  readonly path: JsonPath;
  readonly from: JsonValue | undefined;
  readonly to: JsonValue | undefined;
}

/**
 * The differences between two JSON values by path (none where they are the same), or `undefined` where they have no path: one of them is no object.
 * Arrays are whole values, since positions say nothing about which element is which.
 */
export function jsonDifferences(before: JsonText, after: JsonText): JsonDifference[] | undefined {
  if (before.text === after.text) return [];
  const from = before.parse();
  const to = after.parse();
  if (!isObject(from) || !isObject(to)) return sameJson(from, to) ? [] : undefined;
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  const changed = names.filter((name) => !sameJson(valueAt(from, [name]), valueAt(to, [name])));
  if (changed.length === 0) return [];
  const found = microdiff(membersOf(from, changed), membersOf(to, changed), { cyclesFix: false });
  const paths = new Map(found.map(({ path }) => [JSON.stringify(aboveArrays(path)), aboveArrays(path)]));
  return [...paths.values()].map((path) => ({ path, from: valueAt(from, path), to: valueAt(to, path) }));
}

type JsonObject = { [key: string]: JsonValue };

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Those members as microdiff is to see them. */
function membersOf(value: JsonObject, names: readonly string[]): JsonObject {
  const members = Object.create(null) as JsonObject;
  for (const name of names) if (Object.hasOwn(value, name)) members[name] = bare(value[name]!);
  return members;
}

/** Without prototypes: microdiff looks members up with `in`, and would take an added `toString` for an old one. */
function bare(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(bare);
  if (isObject(value)) return membersOf(value, Object.keys(value));
  return value === 0 ? 0 : value; // microdiff tells -0 from 0; no database does
}

/** microdiff gives array positions as numbers and member names as strings. */
function aboveArrays(path: readonly (string | number)[]): JsonPath {
  const position = path.findIndex((step) => typeof step === "number");
  return position === -1 ? path : path.slice(0, position);
}
