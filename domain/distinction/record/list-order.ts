import type { Condition } from "../merge/condition.js";
import type { SortKey } from "../list-query.js";
import type { RecordState } from "./record-state.js";
import type { AnyRecordType, Attributes } from "../types/record-type.js";

/** Conditions and orders of lists as every backend means them, for stores without a database. */

export function meets(type: AnyRecordType, { attributes }: RecordState, conditions: readonly Condition[]): boolean {
  return conditions.every(({ attribute, operator, values }) => {
    const value = attributes[attribute];
    const known = (type.attributes as Attributes)[attribute]!;
    const same = (other: unknown): boolean =>
      value === null || other === null ? value === other : known.same(value, other);
    if (operator === "eq") return same(values[0]);
    if (operator === "neq") return !same(values[0]);
    if (operator === "in") return values.some(same);
    if (value === null) return false;
    const order = compareValues(known.shape.kind, value, values[0]);
    switch (operator) {
      case "gt":
        return order > 0;
      case "gte":
        return order >= 0;
      case "lt":
        return order < 0;
      case "lte":
        return order <= 0;
    }
  });
}

/** Negative where `left` comes first. */
export function compareStates(
  type: AnyRecordType,
  left: RecordState,
  right: RecordState,
  sort: readonly SortKey[],
): number {
  for (const { attribute, descending } of sort) {
    const { kind } = (type.attributes as Attributes)[attribute]!.shape;
    const order = compareValues(kind, left.attributes[attribute], right.attributes[attribute]);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

function compareValues(kind: string, left: unknown, right: unknown): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? -1 : 1;
  if (kind === "text" || kind === "enum") return compareText(left as string, right as string);
  // Captured decimals of one attribute have the same number of digits after the point.
  if (kind === "decimal") return compareNumbers(scaled(left as string), scaled(right as string));
  return compareNumbers(left as number, right as number);
}

function compareNumbers(left: number | bigint, right: number | bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function scaled(decimal: string): bigint {
  return BigInt(decimal.replace(".", ""));
}

/** By code point, as binary collations do. JavaScript compares code units: surrogates come before U+E000 to U+FFFF there. */
function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
