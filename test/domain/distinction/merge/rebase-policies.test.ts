import { describe, expect, test } from "vitest";
import { apply } from "../../../../domain/distinction/diff/apply.js";
import { diff } from "../../../../domain/distinction/diff/diff.js";
import type { JsonValue } from "../../../../domain/distinction/json/json-value.js";
import { REFUSE, type Policy } from "../../../../domain/distinction/merge/policy.js";
import { rebase } from "../../../../domain/distinction/merge/rebase.js";
import type { AnyRecordType } from "../../../../domain/distinction/types/record-type.js";
import { contents, photoState, photoType, type NewPhoto } from "../../../support/photo.js";
import { MERGE, expectMerged, merge, overlapsOf, paths, type Sides } from "../../../support/rebasing.js";

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
    const [refused] = overlapsOf(sides, MERGE, { title: () => REFUSE });
    expect(refused).toMatchObject({ path: "title", policy: "function" });
    expect(refused).not.toHaveProperty("reason");
    const reasons: [answer: unknown, reason: string][] = [
      ["x".repeat(21), "20"],
      [undefined, "got undefined"],
      [Promise.resolve("x"), "at once, got a promise"],
    ];
    for (const [answer, reason] of reasons) {
      expect(overlapsOf(sides, MERGE, { title: () => answer })).toMatchObject([
        { policy: "function", reason: expect.stringContaining(reason) as string },
      ]);
    }
  });
  test("a function at a JSON path cannot store what is no JSON", () => {
    const sides: Sides = { mine: { metadata: { a: 1 } }, theirs: { metadata: { a: 2 } } };
    for (const merged of [NaN, new Date(), new Map(), () => 1, Promise.resolve(1)]) {
      expect(overlapsOf(sides, MERGE, { metadata: () => merged })).toMatchObject([
        { path: "metadata.a", reason: expect.any(String) as string },
      ]);
    }
  });
  test("a function that answers nothing removes what one side removed, and nothing else", () => {
    const nothing: Policy = () => undefined;
    const reason = expect.stringContaining("got undefined") as string;
    const both: Sides[] = [
      { mine: { metadata: { a: 1 } }, theirs: { metadata: { a: 2 } } },
      { mine: { properties: [["k", "m"]] }, theirs: { properties: [["k", "t"]] } },
    ];
    for (const sides of both) {
      expect(overlapsOf(sides, MERGE, { metadata: nothing, properties: nothing })).toMatchObject([{ reason }]);
    }
    const removals: Sides[] = [
      { original: { metadata: { a: 1 } }, mine: { metadata: {} }, theirs: { metadata: { a: 2 } } },
      { original: { metadata: { a: 1 } }, mine: { metadata: { a: 2 } }, theirs: { metadata: {} } },
    ];
    for (const sides of removals) expectMerged(sides, { metadata: {} }, MERGE, { metadata: nothing });
  });
  test("a function has its sides for itself, and what it answers is nobody's but the change's", () => {
    const original: NewPhoto = { metadata: { a: [1] }, locations: [["l", { url: "o", size: null }]] };
    const mine: NewPhoto = { metadata: { a: [1, 2] }, locations: [["l", { url: "m", size: null }]] };
    const theirs: NewPhoto = { metadata: { a: [1, 3] }, locations: [["l", { url: "t", size: null }]] };
    const merged: NewPhoto = { metadata: { a: [1, 3, 2] }, locations: [["l", { url: "t!", size: null }]] };
    const kept: JsonValue[][] = [];
    const metadata: Policy = (sides) => {
      const [own, other] = [sides.mine, sides.theirs] as JsonValue[][];
      for (const value of own!) if (!other!.includes(value)) other!.push(value);
      own!.length = 0;
      kept.push(other!);
      return other;
    };
    const locations: Policy = (sides) => {
      const location = sides.theirs as { url: string };
      location.url += "!";
      return location;
    };
    const type = { ...photoType, policies: { metadata, locations } } as AnyRecordType;
    const [before, current] = [photoState(original), photoState({ ...original, ...theirs }, 2)];
    const changes = diff(type, before, photoState({ ...original, ...mine }));
    const copy = structuredClone(changes);
    const rebased = rebase(type, before, changes, current, MERGE);
    for (const list of kept) list.length = 0;
    expect(changes).toEqual(copy);
    if (rebased.kind === "conflict") throw new Error("conflict");
    expect(contents(apply(current, rebased.changes))).toEqual(contents(photoState({ ...original, ...merged })));
  });
  test("a merge that leaves the attribute's range is refused, not stored wrongly", () => {
    const max = Number.MAX_SAFE_INTEGER;
    expect(overlapsOf({ mine: { views: max }, theirs: { views: 1 } })).toMatchObject([
      { policy: "sum", mine: max, reason: expect.stringContaining("an integer, got the number") as string },
    ]);
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
