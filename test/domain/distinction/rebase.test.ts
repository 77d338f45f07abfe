import fc from "../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { apply } from "../../../domain/distinction/apply.js";
import { secret } from "../../../domain/distinction/attribute-rules.js";
import { json } from "../../../domain/distinction/json-type.js";
import { integer } from "../../../domain/distinction/number-types.js";
import { text } from "../../../domain/distinction/text-types.js";
import { changePath } from "../../../domain/distinction/change-set.js";
import { entries } from "../../../domain/distinction/collection-type.js";
import { diff } from "../../../domain/distinction/diff.js";
import type { JsonValue } from "../../../domain/distinction/json-text.js";
import { newState } from "../../../domain/distinction/new-record.js";
import type { Overlap } from "../../../domain/distinction/overlap.js";
import { REFUSE, type Policy } from "../../../domain/distinction/policy.js";
import { foreignChanges, rebase, type RebaseRules, type Rebased } from "../../../domain/distinction/rebase.js";
import { recordType, type AnyRecordType } from "../../../domain/distinction/record-type.js";
import { jsonNear, jsonObject } from "../../support/arbitraries.js";
import { contents, photoState, photoType, type NewPhoto } from "../../support/photo.js";
import { CONFLICT, mergeJson, mergeMembers, mergeValue, same, type Rule } from "../../support/three-way.js";

const MERGE: RebaseRules = { mode: "merge", expect: [], force: [] };

interface Sides {
  readonly original?: NewPhoto;
  readonly mine: NewPhoto;
  readonly theirs: NewPhoto;
}

function merge({ original = {}, mine, theirs }: Sides, rules = MERGE, policies: Record<string, Policy> = {}): Rebased {
  const type = { ...photoType, policies: { ...photoType.policies, ...policies } } as AnyRecordType;
  const before = photoState(original, 1);
  const changes = diff(type, before, photoState({ ...original, ...mine }));
  return rebase(type, before, changes, photoState({ ...original, ...theirs }, 2), rules);
}

/** What is stored in the end, as far as `expected` names it. */
function expectMerged(sides: Sides, expected: NewPhoto, rules = MERGE, policies: Record<string, Policy> = {}): void {
  const rebased = merge(sides, rules, policies);
  if (rebased.kind === "conflict") throw new Error(`conflict at ${paths(rebased.overlaps).join()}`);
  const current = photoState({ ...sides.original, ...sides.theirs }, 2);
  const merged = apply(current, rebased.changes);
  expect(contents(merged)).toEqual(contents(photoState({ ...sides.original, ...sides.theirs, ...expected })));
}

function overlapsOf(sides: Sides, rules = MERGE, policies: Record<string, Policy> = {}): readonly Overlap[] {
  const rebased = merge(sides, rules, policies);
  if (rebased.kind === "merged") throw new Error(`merged: ${rebased.changes.map(changePath).join()}`);
  return rebased.overlaps;
}

const paths = (overlaps: readonly Overlap[]): string[] => overlaps.map(({ path }) => path);

describe("merge rules", () => {
  test("different attributes: both kept", () => {
    expectMerged({ mine: { title: "m" }, theirs: { caption: "t" } }, { title: "m", caption: "t" });
  });

  test("same values that were worked out from what was loaded: overlaps, but for members of a set", () => {
    const derived = { ...MERGE, derived: true };
    const step: NewPhoto = { title: "6", properties: [["k", "6"]], tags: ["t"] };
    const sides = { original: { title: "5" }, mine: step, theirs: step };
    expectMerged(sides, step);
    expect([...paths(overlapsOf(sides, derived))].sort()).toEqual(['properties["k"]', "title"]);
    expectMerged({ mine: { tags: ["t"] }, theirs: { tags: ["t"] } }, { tags: ["t"] }, derived);
    expectMerged({ mine: { title: "m" }, theirs: { caption: "t" } }, { title: "m", caption: "t" }, derived);
    expect(paths(overlapsOf({ mine: { editor: "e" }, theirs: { editor: "f" } }, derived))).toEqual(["editor"]);
    expectMerged({ original: { views: 5 }, mine: { views: 6 }, theirs: { views: 6 } }, { views: 7 }, derived);
  });

  test("different keys: both kept", () => {
    const original: NewPhoto = { properties: [["k", "1"]] };
    const mine: NewPhoto = { properties: [["k", "2"]] };
    const theirs: NewPhoto = {
      properties: [
        ["k", "1"],
        ["l", "3"],
      ],
    };
    expectMerged(
      { original, mine, theirs },
      {
        properties: [
          ["k", "2"],
          ["l", "3"],
        ],
      },
    );
  });

  test("different JSON paths: both kept, at any depth", () => {
    const original = { metadata: { a: { b: 1, c: 1 }, d: 1 } };
    const mine = { metadata: { a: { b: 2, c: 1 }, d: 1, m: true } };
    const theirs = { metadata: { a: { b: 1, c: 2 }, t: true } };
    expectMerged({ original, mine, theirs }, { metadata: { a: { b: 2, c: 2 }, m: true, t: true } });
  });

  test("same attribute, same value: no conflict, and nothing left to write", () => {
    const rebased = merge({ mine: { title: "x" }, theirs: { title: "x" } });
    expect(rebased).toEqual({ kind: "merged", changes: [] });
  });

  test("same JSON path, same value: no conflict", () => {
    const both = { metadata: { a: { b: [1] } } };
    expect(merge({ mine: both, theirs: both })).toEqual({ kind: "merged", changes: [] });
  });

  test("same attribute, different values: refused by default, with all three sides", () => {
    expect(overlapsOf({ original: { title: "o" }, mine: { title: "m" }, theirs: { title: "t" } })).toEqual([
      { path: "title", original: "o", mine: "m", theirs: "t", policy: "reject" },
    ]);
  });

  test("same JSON path, different values: refused, with the sides at that path", () => {
    const sides: Sides = {
      original: { metadata: { a: { b: 1 } } },
      mine: { metadata: { a: { b: 2 } } },
      theirs: { metadata: { a: { b: 3 } } },
    };
    expect(overlapsOf(sides)).toEqual([{ path: "metadata.a.b", original: 1, mine: 2, theirs: 3, policy: "reject" }]);
  });

  test("key added on both sides, equal value: kept", () => {
    const both: NewPhoto = { properties: [["k", "1"]] };
    expect(merge({ mine: both, theirs: both })).toEqual({ kind: "merged", changes: [] });
  });

  test("key added on both sides, different value: overlap", () => {
    expect(overlapsOf({ mine: { properties: [["k", "m"]] }, theirs: { properties: [["k", "t"]] } })).toEqual([
      { path: 'properties["k"]', original: undefined, mine: "m", theirs: "t", policy: "reject" },
    ]);
  });

  test("key edited here, removed there: overlap", () => {
    const sides: Sides = {
      original: { properties: [["k", "o"]] },
      mine: { properties: [["k", "m"]] },
      theirs: { properties: [] },
    };
    expect(overlapsOf(sides)).toMatchObject([{ original: "o", mine: "m", theirs: undefined }]);
  });

  test("key removed here, edited there: overlap", () => {
    const sides: Sides = {
      original: { properties: [["k", "o"]] },
      mine: { properties: [] },
      theirs: { properties: [["k", "t"]] },
    };
    expect(overlapsOf(sides)).toMatchObject([{ original: "o", mine: undefined, theirs: "t" }]);
  });

  test("key removed on both sides: no conflict", () => {
    const none: NewPhoto = { properties: [] };
    expect(merge({ original: { properties: [["k", "o"]] }, mine: none, theirs: none })).toEqual({
      kind: "merged",
      changes: [],
    });
  });

  test("entries of several fields are one value each", () => {
    const original: NewPhoto = { locations: [["l", { url: "u", size: 1 }]] };
    const mine: NewPhoto = { locations: [["l", { url: "m", size: 1 }]] };
    const theirs: NewPhoto = { locations: [["l", { url: "u", size: 2 }]] };
    expect(paths(overlapsOf({ original, mine, theirs }))).toEqual(['locations["l"]']);
  });

  const parent: [string, JsonValue][] = [
    ["a scalar", { a: "x" }],
    ["null", { a: null }],
    ["an array", { a: [2] }],
    ["nothing", {}],
  ];
  test.each(parent)("JSON: parent replaced here by %s, child edited there: overlap", (_, replaced) => {
    const original = { metadata: { a: { "0": 1, length: 1 } } };
    const edited = { metadata: { a: { "0": 2, length: 1 } } };
    expect(paths(overlapsOf({ original, mine: { metadata: replaced }, theirs: edited }))).toEqual(["metadata.a"]);
  });
  test.each(parent)("JSON: child edited here, parent replaced there by %s: overlap", (_, replaced) => {
    const original = { metadata: { a: { "0": 1, length: 1 } } };
    const edited = { metadata: { a: { "0": 2, length: 1 } } };
    expect(overlapsOf({ original, mine: edited, theirs: { metadata: replaced } })).toEqual([
      { path: "metadata.a.0", original: original.metadata, mine: 2, theirs: replaced, policy: "reject" },
    ]);
  });
  test("JSON: the whole value replaced here, a member edited there, and the reverse: overlap", () => {
    const original = { metadata: { a: 1 } };
    const edited = { metadata: { a: 2 } };
    expect(paths(overlapsOf({ original, mine: { metadata: [1] }, theirs: edited }))).toEqual(["metadata"]);
    expect(paths(overlapsOf({ original, mine: edited, theirs: { metadata: [1] } }))).toEqual(["metadata.a"]);
  });
  test("JSON: a member removed here that went with its parent there: no conflict", () => {
    const sides: Sides = {
      original: { metadata: { a: { b: 1 } } },
      mine: { metadata: { a: {} } },
      theirs: { metadata: {} },
    };
    expect(merge(sides)).toEqual({ kind: "merged", changes: [] });
  });

  test("sets: additions and removals of both sides are kept and never conflict", () => {
    const sides: Sides = {
      original: { tags: ["keep", "mine-", "theirs-", "both-"] },
      mine: { tags: ["keep", "theirs-", "mine+", "both+"] },
      theirs: { tags: ["keep", "mine-", "theirs+", "both+"] },
    };
    expectMerged(sides, { tags: ["keep", "theirs+", "both+", "mine+"] });
  });

  test("sum: the increments of both sides add up", () => {
    expectMerged({ original: { views: 10 }, mine: { views: 13 }, theirs: { views: 8 } }, { views: 11 });
  });
  test("sum: two equal increments are two, not one", () => {
    expectMerged({ original: { views: 0 }, mine: { views: 1 }, theirs: { views: 1 } }, { views: 2 });
    expectMerged({ mine: { ratings: [["r", 1]] }, theirs: { ratings: [["r", 1]] } }, { ratings: [["r", 2]] });
    const metadata = { metadata: { hits: 1 } };
    expectMerged(
      { original: { metadata: { hits: 0 } }, mine: metadata, theirs: metadata },
      { metadata: { hits: 2 } },
      MERGE,
      {
        metadata: "sum",
      },
    );
  });
  test("sum: increments that cancel leave nothing to write", () => {
    expect(merge({ original: { views: 5 }, mine: { views: 5 }, theirs: { views: 9 } })).toEqual({
      kind: "merged",
      changes: [],
    });
  });

  test("attributes of one group: any foreign change conflicts with mine in it, an equal one too", () => {
    expect(overlapsOf({ mine: { width: 2 }, theirs: { height: 3 } })).toEqual([
      { path: "height", original: 0, mine: 0, theirs: 3, policy: "group" },
    ]);
    expect(overlapsOf({ mine: { width: 2 }, theirs: { width: 2 } })).toMatchObject([{ path: "width", mine: 2 }]);
    expectMerged({ mine: { title: "m" }, theirs: { height: 3 } }, { title: "m" });
    expectMerged({ mine: { height: 3 }, theirs: { title: "t" } }, { height: 3 });
  });

  test("arrays: whole value", () => {
    const sides: Sides = {
      original: { metadata: { list: [1, 2] } },
      mine: { metadata: { list: [1, 2, 3] } },
      theirs: { metadata: { list: [0, 1, 2] } },
    };
    expect(paths(overlapsOf(sides))).toEqual(["metadata.list"]);
  });
});

describe("policies", () => {
  test("mine: the last writer wins", () => {
    expectMerged({ mine: { editor: "m" }, theirs: { editor: "t" } }, { editor: "m" });
  });
  test("theirs: what is stored stays, and nothing is written", () => {
    expect(merge({ mine: { origin: "m" }, theirs: { origin: "t" } })).toEqual({ kind: "merged", changes: [] });
  });
  test("max: the greater value stays, and null is less than any", () => {
    expectMerged({ mine: { rank: 3 }, theirs: { rank: 5 } }, { rank: 5 });
    expectMerged({ mine: { rank: 7 }, theirs: { rank: 5 } }, { rank: 7 });
    expectMerged({ original: { rank: 1 }, mine: { rank: null }, theirs: { rank: 5 } }, { rank: 5 });
    expectMerged(
      { mine: { takenAt: new Date(9000) }, theirs: { takenAt: new Date(10_000) } },
      { takenAt: new Date(10_000) },
      MERGE,
      { takenAt: "max" },
    );
  });
  test("union: JSON arrays as sets", () => {
    expectMerged(
      { original: { labels: ["a", "b"] }, mine: { labels: ["b", "m"] }, theirs: { labels: ["a", "b", "t"] } },
      {
        labels: ["b", "t", "m"],
      },
    );
  });
  test("a function combines values as callers see them", () => {
    const join: Policy = ({ original, mine, theirs }) => `${String(original)}|${String(mine)}|${String(theirs)}`;
    expectMerged({ mine: { title: "m" }, theirs: { title: "t" } }, { title: "|m|t" }, MERGE, { title: join });
    const later: Policy = ({ mine, theirs }) =>
      new Date(Math.max(...[mine, theirs].map((date) => (date as Date).getTime())));
    expectMerged(
      { mine: { takenAt: new Date(5000) }, theirs: { takenAt: new Date(7000) } },
      { takenAt: new Date(7000) },
      MERGE,
      { takenAt: later },
    );
  });
  test("a function refuses by returning REFUSE, or what the attribute cannot hold", () => {
    const sides: Sides = { mine: { title: "m" }, theirs: { title: "t" } };
    expect(overlapsOf(sides, MERGE, { title: () => REFUSE })).toMatchObject([{ path: "title", policy: "function" }]);
    expect(overlapsOf(sides, MERGE, { title: () => "x".repeat(21) })).toMatchObject([{ policy: "function" }]);
    expect(overlapsOf(sides, MERGE, { title: () => undefined })).toMatchObject([{ policy: "function" }]);
  });
  test("a function at a JSON path cannot store what is no JSON", () => {
    const sides: Sides = { mine: { metadata: { a: 1 } }, theirs: { metadata: { a: 2 } } };
    for (const merged of [NaN, new Date(), new Map(), () => 1]) {
      expect(overlapsOf(sides, MERGE, { metadata: () => merged })).toMatchObject([{ path: "metadata.a" }]);
    }
    expectMerged(sides, { metadata: {} }, MERGE, { metadata: () => undefined });
  });
  test("a merge that leaves the attribute's range is refused, not stored wrongly", () => {
    const max = Number.MAX_SAFE_INTEGER;
    expect(overlapsOf({ mine: { views: max }, theirs: { views: 1 } })).toMatchObject([{ policy: "sum", mine: max }]);
    const sides: Sides = { mine: { metadata: { a: 1.5e308 } }, theirs: { metadata: { a: 1e308 } } };
    expect(overlapsOf(sides, MERGE, { metadata: "sum" })).toMatchObject([{ path: "metadata.a" }]);
  });
  test("entries follow the policy of their collection, removals included", () => {
    const edited: Sides = {
      original: { properties: [["k", "o"]] },
      mine: { properties: [["k", "m"]] },
      theirs: { properties: [] },
    };
    expectMerged(edited, { properties: [["k", "m"]] }, MERGE, { properties: "mine" });
    expectMerged(edited, { properties: [] }, MERGE, { properties: "theirs" });
    const removed: Sides = { ...edited, mine: { properties: [] }, theirs: { properties: [["k", "t"]] } };
    expectMerged(removed, { properties: [] }, MERGE, { properties: "mine" });
    expectMerged(removed, { properties: [["k", "t"]] }, MERGE, { properties: "theirs" });
    expectMerged(removed, { properties: [["k", "t!"]] }, MERGE, {
      properties: ({ theirs }) => `${String(theirs)}!`,
    });
  });
  test("where a JSON parent is gone, theirs yields and every other policy refuses", () => {
    const sides: Sides = {
      original: { metadata: { a: { b: 1 } } },
      mine: { metadata: { a: { b: 2 } } },
      theirs: { metadata: { a: 5 } },
    };
    expect(merge(sides, MERGE, { metadata: "theirs" })).toEqual({ kind: "merged", changes: [] });
    for (const policy of ["mine", "sum", "max", "union", () => 1] as const) {
      expect(paths(overlapsOf(sides, MERGE, { metadata: policy }))).toEqual(["metadata.a.b"]);
    }
  });
});

describe("guards and strict mode", () => {
  const guarded = (...expect_: string[]): RebaseRules => ({ mode: "merge", expect: expect_, force: [] });

  test("a guard refuses a foreign change of an attribute that I only read", () => {
    expect(overlapsOf({ mine: { title: "m" }, theirs: { caption: "t" } }, guarded("caption"))).toEqual([
      { path: "caption", original: null, mine: null, theirs: "t", policy: "guard" },
    ]);
    expectMerged({ mine: { title: "m" }, theirs: { rank: 1 } }, { title: "m" }, guarded("caption"));
  });
  test("a guard on JSON or a collection covers every path and key in it", () => {
    expect(overlapsOf({ mine: { title: "m" }, theirs: { metadata: { a: 1 } } }, guarded("metadata"))).toMatchObject([
      { path: "metadata.a", policy: "guard" },
    ]);
    expect(overlapsOf({ mine: { title: "m" }, theirs: { tags: ["t"] } }, guarded("tags"))).toMatchObject([
      { path: 'tags["t"]', policy: "guard", mine: undefined, theirs: true },
    ]);
  });
  test("a guard stands above the attribute's policy and tells what I wanted", () => {
    expect(overlapsOf({ mine: { views: 1 }, theirs: { views: 2 } }, guarded("views"))).toEqual([
      { path: "views", original: 0, mine: 1, theirs: 2, policy: "guard" },
    ]);
  });
  test("strict refuses any foreign change, an equal one and a set's too", () => {
    const strict: RebaseRules = { mode: "strict", expect: [], force: [] };
    const sides: Sides = { mine: { title: "x" }, theirs: { title: "x", tags: ["t"], views: 1 } };
    expect(overlapsOf(sides, strict).map(({ path, policy }) => [path, policy])).toEqual([
      ["title", "strict"],
      ["views", "strict"],
      ['tags["t"]', "strict"],
    ]);
    expectMerged({ mine: { title: "x" }, theirs: {} }, { title: "x" }, strict);
  });
  test("every overlap is told, each once", () => {
    const sides: Sides = {
      mine: { title: "m", caption: "m", width: 1 },
      theirs: { title: "t", caption: "t", width: 2 },
    };
    expect(paths(overlapsOf(sides, guarded("caption"))).sort()).toEqual(["caption", "title", "width"]);
  });
});

describe("secrets", () => {
  const type = recordType({
    name: "account",
    key: "id",
    attributes: { id: text(5), pin: secret(integer()), keys: secret(json<JsonValue>()) },
    collections: { devices: entries(text(5), { name: text(5), token: secret(text(20)) }) },
  });
  const state = (pin: number, key: string, token: string) =>
    newState(type, { id: "a", pin, keys: { main: key }, devices: [["d", { name: "x", token }]] });

  test("are never shown in overlaps", () => {
    const before = state(1000, "original-key", "original-token");
    const mine = diff(type, before, state(2000, "my-key", "my-token"));
    const current = state(3000, "their-key", "their-token");
    for (const rules of [MERGE, { mode: "strict", expect: [], force: [] }] as const) {
      const rebased = rebase(type, before, mine, current, rules);
      expect(rebased).toMatchObject({ kind: "conflict", overlaps: [{}, {}, {}] });
      expect(JSON.stringify(rebased)).not.toMatch(/000|-key|-token/);
    }
    expect(JSON.stringify(foreignChanges(type, before, current))).not.toMatch(/000|-key|-token/);
  });
});

describe("against an independent three-way merge", () => {
  const triple = jsonObject.chain((base) => fc.tuple(fc.constant(base), jsonNear(base), jsonNear(base)));

  test("JSON merges member by member, or is refused", () => {
    fc.assert(
      fc.property(triple, ([original, mine, theirs]) => {
        const before = photoState({ metadata: original });
        const current = photoState({ metadata: theirs });
        const changes = diff(photoType, before, photoState({ metadata: mine }));
        const rebased = rebase(photoType, before, changes, current, MERGE);
        const expected = mergeJson(original, mine, theirs);
        expect(rebased.kind).toBe(expected === CONFLICT ? "conflict" : "merged");
        if (rebased.kind === "conflict") return;
        const { metadata } = contents(apply(current, rebased.changes)).attributes;
        if (!same(metadata, expected)) expect(metadata).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
  });

  const few = fc.constantFrom(0, 1, 2, 5);
  const ratings = fc.dictionary(fc.constantFrom("a", "b", "__proto__", "toString"), few, { maxKeys: 3 });
  const rank = fc.option(few, { nil: null });
  const word = fc.constantFrom("", "x", "y");
  const members = fc.uniqueArray(fc.constantFrom("a", "b", "constructor", ""), { maxLength: 4 });
  const side = fc.record({
    title: word,
    views: few,
    rank,
    editor: word,
    origin: word,
    ratings,
    properties: ratings,
    tags: members,
  });

  test("attributes, entries and sets merge by their policies, or are refused by name", () => {
    fc.assert(
      fc.property(side, side, side, (original, mine, theirs) => {
        const values = ({ ratings, properties, ...rest }: typeof original): NewPhoto => ({
          ...rest,
          ratings: Object.entries(ratings),
          properties: Object.entries(properties).map(([key, value]) => [key, String(value)]),
        });
        const before = photoState(values(original));
        const current = photoState(values(theirs));
        const changes = diff(photoType, before, photoState(values(mine)));
        const rebased = rebase(photoType, before, changes, current, MERGE);

        const conflicts: string[] = [];
        const merged = (rule: Rule, path: string, ...sides: [unknown, unknown, unknown]): unknown => {
          const value = mergeValue(rule, ...sides);
          if (value === CONFLICT) conflicts.push(path);
          return value;
        };
        const attribute = (name: "title" | "views" | "rank" | "editor" | "origin", rule: Rule) =>
          merged(rule, name, original[name], mine[name], theirs[name]);
        const map = (name: "ratings" | "properties", rule: Rule) => {
          const keys = new Set([original, mine, theirs].flatMap((one) => Object.keys(one[name])));
          const at = (one: typeof original, key: string) =>
            Object.hasOwn(one[name], key) ? one[name][key] : undefined;
          return [...keys].flatMap((key): [string, unknown][] => {
            const path = `${name}["${key}"]`;
            const sides = [at(original, key), at(mine, key), at(theirs, key)] as const;
            const value = merged(rule, path, ...sides) as string | number | undefined;
            return value === undefined ? [] : [[key, name === "ratings" ? value : String(value)]];
          });
        };
        const expected = {
          title: attribute("title", "reject"),
          views: attribute("views", "sum"),
          rank: attribute("rank", "max"),
          editor: attribute("editor", "mine"),
          origin: attribute("origin", "theirs"),
          ratings: map("ratings", "sum"),
          properties: map("properties", "reject"),
          tags: mergeMembers(original.tags, mine.tags, theirs.tags),
        };

        if (rebased.kind === "conflict") expect(paths(rebased.overlaps).sort()).toEqual(conflicts.sort());
        else {
          expect(conflicts).toEqual([]);
          expect(contents(apply(current, rebased.changes))).toEqual(contents(photoState(expected as NewPhoto)));
        }
      }),
      { numRuns: 400 },
    );
  });

  test("the outcome is canonical, and rebasing onto the outcome leaves nothing", () => {
    fc.assert(
      fc.property(triple, ([original, mine, theirs]) => {
        const before = photoState({ metadata: original });
        const current = photoState({ metadata: theirs });
        const changes = diff(photoType, before, photoState({ metadata: mine }));
        const rebased = rebase(photoType, before, changes, current, MERGE);
        fc.pre(rebased.kind === "merged");
        const after = apply(current, rebased.changes);
        expect(rebase(photoType, before, [...changes].reverse(), current, MERGE)).toEqual(rebased);
        expect(diff(photoType, current, after)).toEqual(rebased.changes);
        expect(rebase(photoType, before, changes, after, MERGE)).toEqual({ kind: "merged", changes: [] });
      }),
      { numRuns: 300 },
    );
  });
});
