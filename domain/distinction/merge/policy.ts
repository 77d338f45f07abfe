import { type JsonValue, canonicalText } from "../json/json-value.js";
import { addDecimals, compareDecimals, negated } from "./decimal-text.js";
import type { PolicyName } from "../types/policy-name.js";

/** The three sides of an overlap, as callers see the values; `undefined` where the value is absent. */
export interface ThreeWay<T = unknown> {
  readonly original: T | undefined;
  readonly mine: T | undefined;
  readonly theirs: T | undefined;
}

/**
 * Combines an overlap, or refuses it by returning `REFUSE`. Must be pure: it may run several times. What it is given are
 * copies, its own to change. `undefined` removes an entry or a JSON member that one side removed; else it is refused, as a promise and
 * all that cannot be stored are: the overlap then tells the `reason`.
 */
export type PolicyFunction<T = unknown> = (sides: ThreeWay<T>) => T | typeof REFUSE;

export type Policy<T = unknown> = PolicyName | PolicyFunction<T>;

export const REFUSE = Symbol("refuse the overlap");

/**
 * The merged value of an overlap under `policy`, or `REFUSE`.
 *
 * @param isDecimal whether text is decimal text
 */
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
      return sum(sides, isDecimal);
    case "max":
      return greater(sides, isDecimal);
    case "union":
      return union(sides);
  }
}

/** Whether the way from one value to another is a number that `sum` can add to another one. */
export function addsUp(from: unknown, to: unknown, isDecimal: boolean): boolean {
  const isNumber = (value: unknown): boolean =>
    isDecimal ? typeof value === "string" : typeof value === "bigint" || Number.isFinite(value);
  return isNumber(to) && (from === null || from === undefined || (isNumber(from) && typeof from === typeof to));
}

function sum({ original, mine, theirs }: ThreeWay, isDecimal: boolean): unknown {
  const isNumeric = addsUp(original, mine, isDecimal) && addsUp(original, theirs, isDecimal);
  if (!isNumeric || typeof mine !== typeof theirs) return REFUSE;
  if (typeof mine === "bigint") return (theirs as bigint) + mine - ((original as bigint | null | undefined) ?? 0n);
  if (typeof mine === "string") return addDecimals(theirs as string, mine, negated((original as string | null) ?? "0"));
  return numberSum(theirs as number, mine as number, -((original as number | null | undefined) ?? 0));
}

/** As the numbers are written: 0.1 and 0.2 are 0.3, which a column of two digits after the point holds. */
function numberSum(...terms: readonly number[]): number {
  const texts = terms.map(String);
  if (texts.some((text) => text.includes("e"))) return terms.reduce((sum, term) => sum + term);
  return Number(addDecimals(...texts));
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
