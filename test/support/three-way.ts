import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import { objectOf } from "./arbitraries.js";

/** A second, slow and obvious three-way merge, to check the real one against. `undefined` stands for "not there". */
export const CONFLICT = Symbol("conflict");

export type Rule = "reject" | "mine" | "theirs" | "sum" | "max";

/** Values that are written as a whole. */
export function mergeValue(rule: Rule, base: unknown, mine: unknown, theirs: unknown): unknown {
  if (same(mine, base)) return theirs;
  if (same(theirs, base)) return mine;
  if (rule === "sum" && [mine, theirs].every((side) => typeof side === "number")) {
    return (mine as number) + (theirs as number) - (typeof base === "number" ? base : 0);
  }
  if (same(mine, theirs)) return mine;
  if (rule === "mine") return mine;
  if (rule === "theirs") return theirs;
  if (rule === "max") return Math.max(...[mine, theirs].filter((side) => typeof side === "number"));
  return CONFLICT;
}

/** Sets of members: what I added is in, what I removed is out, all else is as they left it. */
export function mergeMembers(base: Iterable<string>, mine: Iterable<string>, theirs: Iterable<string>): Set<string> {
  const before = new Set(base);
  const wanted = new Set(mine);
  const merged = new Set(theirs);
  for (const member of before) if (!wanted.has(member)) merged.delete(member);
  for (const member of wanted) if (!before.has(member)) merged.add(member);
  return merged;
}

/** JSON, member by member: whoever changed a member alone wins it. */
export function mergeJson(base: Json, mine: Json, theirs: Json): Json | typeof CONFLICT {
  if (same(mine, base)) return theirs;
  if (same(theirs, base)) return mine;
  if (same(mine, theirs)) return mine;
  if (!isObject(base) || !isObject(mine)) return CONFLICT;
  // Whatever I removed is gone with their whole object; anything else that I did has lost its place.
  if (!isObject(theirs)) return onlyRemoves(base, mine) ? theirs : CONFLICT;
  const merged: [string, JsonValue][] = [];
  for (const name of new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs)])) {
    const member = mergeJson(own(base, name), own(mine, name), own(theirs, name));
    if (member === CONFLICT) return CONFLICT;
    if (member !== undefined) merged.push([name, member]);
  }
  return objectOf(merged);
}

type Json = JsonValue | undefined;
type JsonObject = { [name: string]: JsonValue };

function onlyRemoves(base: JsonObject, mine: JsonObject): boolean {
  return Object.keys(mine).every((name) => {
    const before = own(base, name);
    const after = own(mine, name);
    return same(before, after) || (isObject(before) && isObject(after) && onlyRemoves(before, after));
  });
}

function own(object: JsonObject, name: string): Json {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Deep equality of plain data; 0 equals -0, and the order of members does not count. */
export function same(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every(
      (name) => Object.hasOwn(right, name) && same(own(left as JsonObject, name), own(right as JsonObject, name)),
    )
  );
}
