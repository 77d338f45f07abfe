import { canonicalText } from "../json/json-value.js";
import type { JsonValue } from "../json/json-text.js";
import { addDecimals, compareDecimals, negated } from "./decimal-text.js";
import type { PolicyName } from "../types/policy-name.js";

/** The three sides of an overlap, as callers see the values; `undefined` where the value is absent. */
export interface ThreeWay<T = unknown> {
  readonly original: T | undefined;
  readonly mine: T | undefined;
  readonly theirs: T | undefined;
}

/** Combines an overlap, or refuses it by returning `REFUSE`. Must be pure: it may run several times. */
export type PolicyFunction<T = unknown> = (sides: ThreeWay<T>) => T | typeof REFUSE;

export type Policy<T = unknown> = PolicyName | PolicyFunction<T>;

export const REFUSE = Symbol("refuse the overlap");

/**
 * Whether both sides writing `value` is one change. Two equal increments are two; a function is always asked.
 *
 * @param isDecimal whether text is decimal text, of which both sides have any
 */
export function agree(policy: Policy, value: unknown, isDecimal = false): boolean {
  if (typeof policy === "function") return false;
  if (policy !== "sum") return true;
  return typeof value !== "number" && typeof value !== "bigint" && !(isDecimal && typeof value === "string");
}

/** The merged value of an overlap under `policy`, or `REFUSE`. */
export function resolve(policy: Policy, sides: ThreeWay, isDecimal = false): unknown {
  if (typeof policy === "function") return policy(sides);
  switch (policy) {
    case "reject":
      return REFUSE;
    case "mine":
      return sides.mine;
    case "theirs":
      return sides.theirs;
    case "sum":
      return isDecimal ? decimalSum(sides) : sum(sides);
    case "max":
      return greater(sides, isDecimal);
    case "union":
      return union(sides);
  }
}

function sum({ original, mine, theirs }: ThreeWay): unknown {
  if (typeof mine === "number" && typeof theirs === "number") return theirs + mine - ((original as number | null) ?? 0);
  if (typeof mine === "bigint" && typeof theirs === "bigint")
    return theirs + mine - ((original as bigint | null) ?? 0n);
  return REFUSE;
}

function decimalSum({ original, mine, theirs }: ThreeWay): unknown {
  if (typeof mine !== "string" || typeof theirs !== "string") return REFUSE;
  return addDecimals(theirs, mine, negated((original as string | null | undefined) ?? "0"));
}

function greater({ mine, theirs }: ThreeWay, isDecimal: boolean): unknown {
  if (mine === null || mine === undefined) return theirs;
  if (theirs === null || theirs === undefined) return mine;
  if (isDecimal && typeof mine === "string" && typeof theirs === "string") {
    return compareDecimals(mine, theirs) >= 0 ? mine : theirs;
  }
  if (!isOrdered(mine) || !isOrdered(theirs) || typeof mine !== typeof theirs) return REFUSE;
  return mine >= theirs ? mine : theirs;
}

/** Text is not: no one order suits words. */
function isOrdered(value: unknown): value is number | bigint | boolean | Date {
  return ["number", "bigint", "boolean"].includes(typeof value) || value instanceof Date;
}

/** Additions and removals of both sides, on arrays taken as sets of JSON values. */
function union({ original, mine, theirs }: ThreeWay): unknown {
  if (!Array.isArray(mine) || !Array.isArray(theirs)) return REFUSE;
  const before = membersOf(original);
  const kept = membersOf(mine);
  const stored = membersOf(theirs);
  for (const text of before.keys()) if (!kept.has(text)) stored.delete(text);
  for (const [text, member] of kept) if (!before.has(text) && !stored.has(text)) stored.set(text, member);
  return [...stored.values()];
}

/** The members by their canonical text: equal ones are one. */
function membersOf(value: unknown): Map<string, JsonValue> {
  const members = Array.isArray(value) ? (value as JsonValue[]) : [];
  return new Map(members.map((member) => [canonicalText(member), member]));
}
