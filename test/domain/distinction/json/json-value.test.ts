import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { type JsonValue, canonicalText, sameJson } from "../../../../domain/distinction/json/json-value.js";
import { jsonNear, jsonObject } from "../../../support/arbitraries.js";

describe("equality of JSON values", () => {
  test.each<[string, JsonValue | undefined, JsonValue | undefined, boolean]>([
    ["another order of members", { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ["another order of elements", [1, 2], [2, 1], false],
    ["0 and -0", [0], [-0], true],
    ["a number and its text", 1, "1", false],
    ["an array and an object of its positions", ["a"], { 0: "a" }, false],
    ["null and an empty object", null, {}, false],
    ["nothing and null", undefined, null, false],
    ["nothing and nothing", undefined, undefined, true],
    ["a member more", { a: 1 }, { a: 1, b: null }, false],
    ["a member of another name", { a: 1, b: 1 }, { a: 1, c: 1 }, false],
    ["a member that every object inherits", JSON.parse('{"__proto__":{}}') as JsonValue, { a: {} }, false],
    ["a member named toString", { toString: 1 }, { valueOf: 1 }, false],
  ])("%s", (_, left, right, expected) => {
    expect(sameJson(left, right)).toBe(expected);
    expect(sameJson(right, left)).toBe(expected);
  });

  test("is what the canonical text says", () => {
    const pair = jsonObject.chain((one) => fc.tuple(fc.constant(one), fc.oneof(jsonNear(one), jsonObject)));
    fc.assert(
      fc.property(pair, ([left, right]) => {
        expect(sameJson(left, right)).toBe(canonicalText(left) === canonicalText(right));
        expect(sameJson(left, shuffled(left))).toBe(true);
      }),
    );
  });
});

/** The same value with the members of every object the other way round. */
function shuffled(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.keys(value).reverse();
  return JSON.parse(
    `{${members.map((name) => `${JSON.stringify(name)}:${JSON.stringify(shuffled(value[name]!))}`).join(",")}}`,
  ) as JsonValue;
}
