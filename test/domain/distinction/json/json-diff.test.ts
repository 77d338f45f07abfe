import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { jsonDifferences } from "../../../../domain/distinction/json/json-diff.js";
import { setAt, valueAt } from "../../../../domain/distinction/json/json-path.js";
import { type JsonValue, canonicalText } from "../../../../domain/distinction/json/json-value.js";
import { JsonText } from "../../../../domain/distinction/json/json-text.js";
import { jsonNear, jsonObject, objectOf } from "../../../support/arbitraries.js";

const differences = (before: string, after: string) => jsonDifferences(new JsonText(before), new JsonText(after));
const textOf = (value: JsonValue): JsonText => new JsonText(JSON.stringify(value));

describe("differences between JSON objects", () => {
  test("tell created, changed and removed members by path", () => {
    expect(differences('{"a":1,"b":{"c":1,"d":1}}', '{"b":{"c":2,"e":3},"a":1}')).toEqual([
      { path: ["b", "c"], from: 1, to: 2 },
      { path: ["b", "d"], from: 1, to: undefined },
      { path: ["b", "e"], from: undefined, to: 3 },
    ]);
  });

  test("take arrays as whole values, at whatever depth they differ", () => {
    expect(differences('{"a":[{"b":1},{"c":2}]}', '{"a":[{"b":9},{"c":9},3]}')).toEqual([
      { path: ["a"], from: [{ b: 1 }, { c: 2 }], to: [{ b: 9 }, { c: 9 }, 3] },
    ]);
  });

  test("take an object that becomes an array, null or a scalar as replaced", () => {
    expect(differences('{"a":{"0":1}}', '{"a":[1]}')).toEqual([{ path: ["a"], from: { 0: 1 }, to: [1] }]);
    expect(differences('{"a":{}}', '{"a":null}')).toEqual([{ path: ["a"], from: {}, to: null }]);
  });

  test.each(["toString", "constructor", "__proto__", "hasOwnProperty", "valueOf"])(
    "notice an added member named %s",
    (name) => {
      expect(differences("{}", `{"${name}":1}`)).toEqual([{ path: [name], from: undefined, to: 1 }]);
      expect(differences(`{"a":{"${name}":1}}`, '{"a":{}}')).toEqual([{ path: ["a", name], from: 1, to: undefined }]);
    },
  );

  test("tell null from a missing member", () => {
    expect(differences('{"a":null}', "{}")).toEqual([{ path: ["a"], from: null, to: undefined }]);
  });

  test("are none between 0 and -0, and none for another order of members", () => {
    expect(differences('{"a":-0,"b":[-0]}', '{"b":[0],"a":0}')).toEqual([]);
    expect(differences('{"a":-0,"b":1}', '{"a":0,"b":2}')).toEqual([{ path: ["b"], from: 1, to: 2 }]);
  });

  test("are none between equal values that are no objects, whatever the white space", () => {
    for (const [before, after] of [
      ["[1, {}]", "[1,{}]"],
      ["-0", "0"],
      ['" a"', '"\\u0020a"'],
    ] as const) {
      expect(differences(before, after)).toEqual([]);
    }
  });

  test("have no path where one side is no object", () => {
    for (const [before, after] of [
      ["1", "2"],
      ["[]", "{}"],
      ["{}", "null"],
      ["[1]", "[2]"],
    ] as const) {
      expect(differences(before, after)).toBeUndefined();
    }
  });

  test("lead from one object to the other, and never nest", () => {
    const pair = jsonObject.chain((before) => fc.tuple(fc.constant(before), fc.oneof(jsonNear(before), jsonObject)));
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const found = jsonDifferences(textOf(before), textOf(after));
        fc.pre(found !== undefined);
        const document = textOf(before).parse();
        for (const { path, from, to } of found) {
          expect(from).toEqual(valueAt(textOf(before).parse(), path));
          setAt(document, path, to);
        }
        expect(canonicalText(document)).toBe(canonicalText(after));
        const paths = found.map(({ path }) => path);
        const nested = paths.some((path) => paths.some((other) => other !== path && startsWith(other, path)));
        expect(nested).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("are the same whatever the order of the members", () => {
    const pair = jsonObject.chain((before) => fc.tuple(fc.constant(before), jsonNear(before)));
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const sorted = (found: typeof forwards) =>
          found?.map((one) => JSON.stringify(one.path) + canonicalText(one.to ?? null)).sort();
        const forwards = jsonDifferences(textOf(before), textOf(after));
        const backwards = jsonDifferences(textOf(reversed(before)), textOf(reversed(after)));
        expect(sorted(backwards)).toEqual(sorted(forwards));
      }),
      { numRuns: 200 },
    );
  });
});

describe("a JSON path", () => {
  test("never leads through inherited members or into arrays by name", () => {
    expect(valueAt({}, ["toString"])).toBeUndefined();
    expect(valueAt({ a: [1] }, ["a", "length"])).toBeUndefined();
    expect(valueAt({ a: ["x"] }, ["a", "0"])).toBeUndefined();
    expect(valueAt({ a: "text" }, ["a", "length"])).toBeUndefined();
  });

  test("sets a member named __proto__ like any other", () => {
    const document = {};
    setAt(document, ["__proto__"], { polluted: true });
    expect(Object.keys(document)).toEqual(["__proto__"]);
    expect("polluted" in {}).toBe(false);
    setAt(document, ["__proto__"], undefined);
    expect(Object.keys(document)).toEqual([]);
  });
});

function startsWith(path: readonly unknown[], start: readonly unknown[]): boolean {
  return start.length <= path.length && start.every((step, index) => path[index] === step);
}

function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return objectOf(
    Object.keys(value)
      .reverse()
      .map((name) => [name, reversed(value[name]!)] as const),
  );
}
