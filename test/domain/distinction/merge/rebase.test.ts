import { describe, expect, test } from "vitest";
import type { JsonValue } from "../../../../domain/distinction/json/json-value.js";
import type { NewPhoto } from "../../../support/photo.js";
import { MERGE, expectMerged, merge, overlapsOf, paths, type Sides } from "../../../support/rebasing.js";

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

  test("what was worked out from what is now around it, or within it: overlaps, whatever the policy", () => {
    const derived = { ...MERGE, derived: true };
    const whole: NewPhoto = { metadata: [2] };
    const member: NewPhoto = { metadata: { n: { c: "x", d: 1 } } };
    const parent: NewPhoto = { metadata: { n: 7 } };
    const original: NewPhoto = { metadata: { n: { c: 1, d: 1 }, o: 1 } };
    for (const policy of ["mine", "theirs", "sum", "max", "union", () => 1] as const) {
      const pathsOf = (mine: NewPhoto, theirs: NewPhoto): string[] =>
        paths(overlapsOf({ original, mine, theirs }, derived, { metadata: policy })).sort();
      const kept = (changed: NewPhoto): NewPhoto => ({ metadata: { ...(changed.metadata as object), o: 1 } });
      expect(pathsOf(whole, kept(member))).toContain("metadata.n.c");
      expect(pathsOf(kept(member), whole)).toContain("metadata");
      expect(pathsOf(kept(parent), kept(member))).toContain("metadata.n.c");
      expect(pathsOf(kept(member), kept(parent))).toContain("metadata.n");
      expectMerged(
        { original, mine: kept(member), theirs: { metadata: { n: { c: 1, d: 1 }, o: 2 } } },
        { metadata: { n: { c: "x", d: 1 }, o: 2 } },
        derived,
        { metadata: policy },
      );
    }
    const [overlap] = overlapsOf({ original, mine: whole, theirs: { metadata: { n: { c: 1, d: 2 }, o: 1 } } }, derived);
    expect(overlap).toMatchObject({ path: "metadata.n.d", original: 1, mine: undefined, theirs: 2 });
    const [around] = overlapsOf({ original, mine: member, theirs: { metadata: null } }, derived);
    expect(around).toMatchObject({ path: "metadata", mine: member.metadata, theirs: null });
  });

  test("sum works out again what it does not add: text, lists, members that came and went", () => {
    const derived = { ...MERGE, derived: true };
    const sums = { metadata: "sum", ratings: "sum" } as const;
    const original: NewPhoto = { metadata: { n: 0, list: [], log: "", was: 1 }, ratings: [["r", 1]] };
    const step: NewPhoto = { metadata: { n: 1, list: ["x"], log: "x", is: {} }, ratings: [] };
    const overlaps = overlapsOf({ original, mine: step, theirs: step }, derived, sums);
    expect([...paths(overlaps)].sort()).toEqual([
      "metadata.is",
      "metadata.list",
      "metadata.log",
      "metadata.was",
      'ratings["r"]',
    ]);
    const raised: NewPhoto = { metadata: { n: 1, list: [], log: "", was: 1 }, ratings: [["r", 2]] };
    const twice: NewPhoto = { metadata: { n: 2, list: [], log: "", was: 1 }, ratings: [["r", 3]] };
    expectMerged({ original, mine: raised, theirs: raised }, twice, derived, sums);
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
      { subject: "title", path: "title", original: "o", mine: "m", theirs: "t", policy: "reject" },
    ]);
  });

  test("same JSON path, different values: refused, with the sides at that path", () => {
    const sides: Sides = {
      original: { metadata: { a: { b: 1 } } },
      mine: { metadata: { a: { b: 2 } } },
      theirs: { metadata: { a: { b: 3 } } },
    };
    expect(overlapsOf(sides)).toEqual([
      { subject: "metadata", path: "metadata.a.b", original: 1, mine: 2, theirs: 3, policy: "reject" },
    ]);
  });

  test("key added on both sides, equal value: kept", () => {
    const both: NewPhoto = { properties: [["k", "1"]] };
    expect(merge({ mine: both, theirs: both })).toEqual({ kind: "merged", changes: [] });
  });

  test("key added on both sides, different value: overlap", () => {
    expect(overlapsOf({ mine: { properties: [["k", "m"]] }, theirs: { properties: [["k", "t"]] } })).toEqual([
      { subject: "properties", path: 'properties["k"]', original: undefined, mine: "m", theirs: "t", policy: "reject" },
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
      {
        subject: "metadata",
        path: "metadata.a.0",
        original: original.metadata,
        mine: 2,
        theirs: replaced,
        policy: "reject",
      },
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
      { subject: "height", path: "height", original: 0, mine: 0, theirs: 3, policy: "group" },
    ]);
    expect(overlapsOf({ mine: { width: 2 }, theirs: { width: 2 } })).toMatchObject([
      { subject: "width", path: "width", mine: 2 },
    ]);
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
