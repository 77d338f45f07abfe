import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { nullable } from "../../../../domain/distinction/types/attribute-rules.js";
import { integer } from "../../../../domain/distinction/types/number-types.js";
import { text } from "../../../../domain/distinction/types/text-types.js";
import { entries } from "../../../../domain/distinction/types/collection-type.js";
import { TrackedMap } from "../../../../domain/distinction/record/tracked-map.js";
import { recordType } from "../../../../domain/distinction/types/record-type.js";
import { keys } from "../../../support/arbitraries.js";

interface Place {
  url: string;
  size: number | null;
}

const words = entries(text(20), nullable(text(20)));
const places = entries(text(20), { url: text(20), size: nullable(integer()) });
const thing = recordType({ name: "thing", key: "id", attributes: { id: text(5) }, collections: { words, places } });

const wordMap = (original: Record<string, string | null>, scope?: string[]): TrackedMap<string | null> =>
  new TrackedMap({ id: "t1" }, "words", thing, new Map(Object.entries(original)), scope && new Set(scope));

function placeMap(original: Record<string, Place>): TrackedMap<Place> {
  const captured = Object.entries(original).map(([key, place]) => [key, places.entry.capture(place)] as const);
  return new TrackedMap({ id: "t1" }, "places", thing, new Map(captured));
}

describe("a tracked map", () => {
  test("remembers touched keys only", () => {
    const map = wordMap({ a: "1", b: "2", c: "3" });
    map.get("a");
    map.set("b", "x").set("new", null);
    map.delete("c");
    expect(new Map(map.touched())).toEqual(
      new Map([
        ["b", "x"],
        ["new", null],
        ["c", undefined],
      ]),
    );
    expect([...map]).toEqual([
      ["a", "1"],
      ["b", "x"],
      ["new", null],
    ]);
  });

  test("remembers that a key was added and removed again: a save may be adding it just now", () => {
    const map = wordMap({});
    map.set("k", "v").delete("k");
    expect([map.size, map.has("k"), [...map.touched()]]).toEqual([0, false, [["k", undefined]]]);
    map.settle(new Map([["k", "v"]]), new Map([["k", "v"]]));
    expect([map.size, map.has("k")]).toEqual([0, false]);
  });

  test("gives the same object for an entry every time, and notices when it is mutated", () => {
    const map = placeMap({ home: { url: "u", size: 1 } });
    const home = map.get("home")!;
    home.size = 2;
    expect(map.get("home")).toBe(home);
    expect([...map.values()][0]).toBe(home);
    expect(new Map(map.touched()).get("home")).toEqual({ url: "u", size: 2 });
  });

  test("keeps null as a value", () => {
    const map = wordMap({ a: null });
    expect([map.get("a"), map.has("a"), map.size]).toEqual([null, true, 1]);
  });

  test("refuses undefined, which would be taken for a removal", () => {
    expect(() => wordMap({}).set("a", undefined as unknown as string)).toThrow(/use delete/);
  });

  test("can be changed while it is iterated", () => {
    const map = wordMap({ a: "1", b: "2", c: "3" });
    for (const key of map.keys()) map.delete(key);
    expect([...map]).toEqual([]);
    const other = wordMap({ a: "1", b: "2" });
    for (const [key, value] of other) other.set(key, `${value}!`);
    expect([...other.values()]).toEqual(["1!", "2!"]);
  });

  test("is a Map to others: constructor, forEach, spread, toStringTag", () => {
    const map = wordMap({ a: "1" }).set("b", "2");
    expect(new Map(map)).toEqual(new Map(Object.entries({ a: "1", b: "2" })));
    const seen: unknown[] = [];
    map.forEach(function (this: unknown, value, key, self) {
      seen.push([this, value, key, self === map]);
    }, "self");
    expect(seen).toEqual([
      ["self", "1", "a", true],
      ["self", "2", "b", true],
    ]);
    expect(Object.prototype.toString.call(map)).toBe("[object TrackedMap]");
  });
});

describe("a map of which only some keys were loaded", () => {
  const notLoaded = expect.objectContaining({
    code: "NOT_LOADED",
    message: expect.stringMatching(/^thing t1: .*words/) as string,
  }) as Error;
  const partial = (): TrackedMap<string | null> => wordMap({ a: "1" }, ["a", "b"]);

  test("answers for those keys, present or not, and takes writes of them", () => {
    const map = partial();
    expect([map.get("a"), map.has("b"), map.get("b")]).toEqual(["1", false, undefined]);
    map.set("b", "2").delete("a");
    expect(new Map(map.touched())).toEqual(
      new Map([
        ["b", "2"],
        ["a", undefined],
      ]),
    );
  });

  test.each<[string, (map: TrackedMap<string | null>) => unknown]>([
    ["get", (map) => map.get("c")],
    ["has", (map) => map.has("c")],
    ["set", (map) => map.set("c", "3")],
    ["delete", (map) => map.delete("c")],
    ["size", (map) => map.size],
    ["clear", (map) => map.clear()],
    ["iterating", (map) => [...map]],
    ["keys", (map) => [...map.keys()]],
    ["values", (map) => [...map.values()]],
    ["forEach", (map) => map.forEach(() => undefined)],
  ])("%s beyond them throws NOT_LOADED", (_, access) => {
    expect(() => access(partial())).toThrow(notLoaded);
  });
});

describe("settling after a save", () => {
  test("what was saved is no longer touched, what was written since still is", () => {
    const map = wordMap({ a: "1", b: "2" });
    map.set("a", "mine").delete("b");
    const captured = new Map<string, unknown>([["a", "mine"]]);
    map.set("c", "since");
    map.settle(new Map(Object.entries({ a: "mine", theirs: "t" })), captured);
    expect([...map.touched()]).toEqual([["c", "since"]]);
    expect(new Map(map)).toEqual(new Map(Object.entries({ a: "mine", theirs: "t", c: "since" })));
    expect(map.size).toBe(3);
  });

  test("an entry object that callers hold stays the one that is watched", () => {
    const map = placeMap({});
    const held: Place = { url: "u", size: 1 };
    map.set("k", held);
    const stored = new Map([["k", places.entry.capture(held)]]);
    map.settle(stored, stored);
    expect(map.get("k")).toBe(held);
    held.size = 2;
    expect(new Map(map.touched()).get("k")).toEqual({ url: "u", size: 2 });
  });

  test("an entry object that others changed meanwhile is replaced", () => {
    const map = placeMap({ k: { url: "u", size: 1 } });
    const held = map.get("k")!;
    const captured = new Map([["k", places.entry.capture(held)]]);
    map.settle(new Map([["k", places.entry.capture({ url: "theirs", size: 1 })]]), captured);
    expect(map.get("k")).toEqual({ url: "theirs", size: 1 });
  });
});

describe("against a plain Map", () => {
  type Step =
    | { readonly do: "set"; readonly key: string; readonly value: string | null }
    | { readonly do: "delete" | "get"; readonly key: string }
    | { readonly do: "clear" | "settle" | "iterate" };
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant("set" as const), key: keys, value: fc.constantFrom("x", "y", null) }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("delete" as const, "get" as const), key: keys }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom("clear" as const, "settle" as const, "iterate" as const) }),
    },
  );
  const original = fc.array(fc.tuple(keys, fc.constantFrom<(string | null)[]>("x", "y", null)), { maxLength: 5 });

  test("any script leads to the same content, and touched keys tell the difference to the original", () => {
    fc.assert(
      fc.property(original, fc.array(step, { maxLength: 30 }), (initial, script) => {
        let base = new Map(initial);
        const model = new Map(initial);
        const map = new TrackedMap<string | null>({ id: "t1" }, "words", thing, new Map(initial));
        for (const one of script) {
          switch (one.do) {
            case "set":
              map.set(one.key, one.value);
              model.set(one.key, one.value);
              break;
            case "delete":
              expect(map.delete(one.key)).toBe(model.delete(one.key));
              break;
            case "get":
              expect(map.get(one.key)).toBe(model.get(one.key));
              expect(map.has(one.key)).toBe(model.has(one.key));
              break;
            case "clear":
              map.clear();
              model.clear();
              break;
            case "settle":
              base = new Map(model);
              map.settle(new Map(base), base);
              expect([...map.touched()]).toEqual([]);
              break;
            case "iterate":
              expect(new Map(map.entries())).toEqual(model);
              break;
          }
          expect(map.size).toBe(model.size);
        }
        expect(new Map(map)).toEqual(model);
        const rebuilt = new Map(base);
        for (const [key, value] of map.touched()) {
          if (value === undefined) rebuilt.delete(key);
          else rebuilt.set(key, value);
        }
        expect(rebuilt).toEqual(model);
      }),
      { numRuns: 300 },
    );
  });
});
