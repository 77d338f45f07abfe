import { describe, expect, test } from "vitest";
import type { RebaseRules } from "../../../../domain/distinction/merge/rebase.js";
import { expectMerged, overlapsOf, paths, type Sides } from "../../../support/rebasing.js";

describe("guards and strict mode", () => {
  const guarded = (...expect_: string[]): RebaseRules => ({ mode: "merge", expect: expect_, force: [] });

  test("a guard refuses a foreign change of an attribute that I only read", () => {
    expect(overlapsOf({ mine: { title: "m" }, theirs: { caption: "t" } }, guarded("caption"))).toEqual([
      { subject: "caption", path: "caption", original: null, mine: null, theirs: "t", policy: "guard" },
    ]);
    expectMerged({ mine: { title: "m" }, theirs: { rank: 1 } }, { title: "m" }, guarded("caption"));
  });
  test("a guard on JSON or a collection covers every path and key in it", () => {
    expect(overlapsOf({ mine: { title: "m" }, theirs: { metadata: { a: 1 } } }, guarded("metadata"))).toMatchObject([
      { subject: "metadata", path: "metadata.a", policy: "guard" },
    ]);
    expect(overlapsOf({ mine: { title: "m" }, theirs: { tags: ["t"] } }, guarded("tags"))).toMatchObject([
      { subject: "tags", path: 'tags["t"]', policy: "guard", mine: undefined, theirs: true },
    ]);
  });
  test("a guard stands above the attribute's policy and tells what I wanted", () => {
    expect(overlapsOf({ mine: { views: 1 }, theirs: { views: 2 } }, guarded("views"))).toEqual([
      { subject: "views", path: "views", original: 0, mine: 1, theirs: 2, policy: "guard" },
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
