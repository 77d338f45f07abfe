import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { apply } from "../../../../domain/distinction/diff/apply.js";
import { diff } from "../../../../domain/distinction/diff/diff.js";
import { rebase } from "../../../../domain/distinction/merge/rebase.js";
import { jsonNear, jsonObject } from "../../../support/arbitraries.js";
import { contents, photoState, photoType, type NewPhoto } from "../../../support/photo.js";
import { CONFLICT, mergeJson, mergeMembers, mergeValue, same, type Rule } from "../../../support/three-way.js";
import { MERGE, paths } from "../../../support/rebasing.js";

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
