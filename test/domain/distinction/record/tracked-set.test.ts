import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { TrackedMap } from "../../../../domain/distinction/record/tracked-map.js";
import { TrackedSet } from "../../../../domain/distinction/record/tracked-set.js";
import { keys } from "../../../support/arbitraries.js";
import { photoType } from "../../../support/photo.js";

function trackedSet(members: readonly string[], scope?: readonly string[]): TrackedSet {
  const original = new Map(members.map((member) => [member, true]));
  return new TrackedSet(new TrackedMap<true>({}, "tags", photoType, original, scope && new Set(scope)));
}

describe("a tracked set", () => {
  test("is a Set to others", () => {
    const set = trackedSet(["a"]).add("b").add("a");
    expect(new Set(set)).toEqual(new Set(["a", "b"]));
    expect([...set.entries()]).toEqual([
      ["a", "a"],
      ["b", "b"],
    ]);
    expect([...set.keys()]).toEqual([...set.values()]);
    const seen: unknown[] = [];
    set.forEach((value, key, self) => seen.push([value, key, self === set]));
    expect(seen).toEqual([
      ["a", "a", true],
      ["b", "b", true],
    ]);
  });

  test("of which only some members were loaded knows nothing of others", () => {
    const set = trackedSet(["a"], ["a", "b"]);
    expect([set.has("a"), set.has("b")]).toEqual([true, false]);
    const notLoaded = expect.objectContaining({ code: "NOT_LOADED" }) as Error;
    expect(() => set.has("c")).toThrow(notLoaded);
    expect(() => set.add("c")).toThrow(notLoaded);
    expect(() => set.size).toThrow(notLoaded);
    expect(() => [...set]).toThrow(notLoaded);
  });

  test("behaves like a plain Set under any script", () => {
    const step = fc.tuple(fc.constantFrom("add", "delete", "has", "clear"), keys);
    fc.assert(
      fc.property(fc.uniqueArray(keys), fc.array(step, { maxLength: 25 }), (initial, script) => {
        const set = trackedSet(initial);
        const model = new Set(initial);
        for (const [action, member] of script) {
          if (action === "add") model.add(set.add(member) && member);
          else if (action === "delete") expect(set.delete(member)).toBe(model.delete(member));
          else if (action === "has") expect(set.has(member)).toBe(model.has(member));
          else if (script.length % 4 === 0) {
            set.clear();
            model.clear();
          }
          expect(set.size).toBe(model.size);
        }
        expect(new Set(set)).toEqual(model);
      }),
      { numRuns: 100 },
    );
  });
});
