import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { apply } from "../../../../domain/distinction/diff/apply.js";
import type { Change } from "../../../../domain/distinction/diff/change.js";
import { changePath } from "../../../../domain/distinction/diff/change-set.js";
import { diff } from "../../../../domain/distinction/diff/diff.js";
import { orderedEntries } from "../../../../domain/distinction/record/ordered-entries.js";
import { REFUSE, type Policy } from "../../../../domain/distinction/merge/policy.js";
import { rebase, type RebaseRules, type Rebased } from "../../../../domain/distinction/merge/rebase.js";
import { changesOf } from "../../../../domain/distinction/diff/record-changes.js";
import { recordFrom } from "../../../../domain/distinction/record/record.js";
import type { RecordState } from "../../../../domain/distinction/record/record-state.js";
import type { AnyRecordType } from "../../../../domain/distinction/types/record-type.js";
import { HOSTILE_NAMES } from "../../../support/arbitraries.js";
import { photoState, photoType, type NewPhoto, type Photo } from "../../../support/photo.js";
import { code } from "../../../support/repository-outcomes.js";

type Frame = { url: string; size: number | null };

const frame = (url: string): Frame => ({ url, size: null });

/** A photo whose frames have the letters of `keys` for keys; `values` are the URLs that are not their key. */
function photoOf(keys: string, values: Readonly<Record<string, string>> = {}): NewPhoto {
  return { frames: [...keys].map((key) => [key, frame(values[key] ?? key)] as const) };
}

const keysOf = (state: RecordState): string => [...state.collections.frames!.keys()].join("");
const urlsOf = (state: RecordState): string =>
  [...state.collections.frames!.values()].map((entry) => (entry as Frame).url).join("");

function changesFrom(before: string, edit: (photo: Photo) => void, scope?: readonly string[]): Change[] {
  const original = photoState(photoOf(before));
  const kept = scope && { frames: new Map([...original.collections.frames!].filter(([key]) => scope.includes(key))) };
  const state = { ...original, collections: { ...original.collections, ...kept } };
  const photo = recordFrom(photoType, state, scope && { frames: scope });
  edit(photo);
  const changes = changesOf(photoType, state, photo, scope && { scope: { frames: scope } });
  if (scope === undefined) expect(keysOf(apply(original, changes))).toBe([...photo.frames.keys()].join(""));
  return changes;
}

const pathsFrom = (before: string, edit: (photo: Photo) => void): string[] => changesFrom(before, edit).map(changePath);

describe("what changed in a list", () => {
  test("is an entry where it was appended, removed or edited in place", () => {
    expect(pathsFrom("abc", ({ frames }) => frames.set("d", frame("d")))).toEqual(['frames["d"]']);
    expect(pathsFrom("abc", ({ frames }) => frames.delete("b"))).toEqual(['frames["b"]']);
    expect(pathsFrom("abc", ({ frames }) => frames.set("a", frame("x")))).toEqual(['frames["a"]']);
    expect(pathsFrom("abc", ({ frames }) => (frames.get("b")!.size = 1))).toEqual(['frames["b"]']);
    expect(pathsFrom("abc", ({ frames }) => frames.clear())).toEqual(['frames["a"]', 'frames["b"]', 'frames["c"]']);
  });

  test("keeps what is appended in the caller's order, without a change of order", () => {
    const append = ({ frames }: Photo): void => {
      frames.set("z", frame("z")).set("b", frame("b")).set("m", frame("m"));
      frames.delete("z");
      frames.set("z", frame("z"));
    };
    expect(pathsFrom("a", append)).toEqual(['frames["b"]', 'frames["m"]', 'frames["z"]']);
    expect(pathsFrom("a", ({ frames }) => frames.set("z", frame("z")).set("b", frame("b")))).toEqual([
      'frames["z"]',
      'frames["b"]',
    ]);
  });

  test("is the order where it is another: all keys before and after, frozen", () => {
    const [change, ...others] = changesFrom("abc", ({ frames }) => frames.move("c", 0));
    expect(others).toEqual([]);
    expect(change).toEqual({ kind: "list.order", collection: "frames", from: ["a", "b", "c"], to: ["c", "a", "b"] });
    if (change?.kind === "list.order") expect([change.from, change.to].map(Object.isFrozen)).toEqual([true, true]);
  });

  test("includes entries that are removed and come back: they come last", () => {
    const again = ({ frames }: Photo): void => {
      const entry = frames.get("a")!;
      frames.delete("a");
      frames.set("a", entry);
    };
    expect(pathsFrom("abc", again)).toEqual(["frames.order"]);
    expect(pathsFrom("a", again)).toEqual([]);
  });

  test("vanishes where the order is the original one again", () => {
    expect(pathsFrom("abc", ({ frames }) => frames.move("c", 0).move("c", 2))).toEqual([]);
    expect(pathsFrom("abc", ({ frames }) => frames.reorder("cba").reorder("abc"))).toEqual([]);
    const reversed = (photo: Photo): void => {
      photo.frames = orderedEntries([...photo.frames]).reorder([..."cba"]);
      photo.frames = orderedEntries([...photo.frames]).reorder([..."abc"]);
    };
    expect(pathsFrom("abc", reversed)).toEqual([]);
  });

  test("is content and order where the caller assigned a map", () => {
    const assign = (photo: Photo): void => {
      const entries = [..."xcb"].map((key) => [key, frame(key)] as const);
      photo.frames = new Map(entries) as unknown as Photo["frames"];
    };
    expect(pathsFrom("abc", assign)).toEqual(['frames["a"]', 'frames["x"]', "frames.order"]);
  });

  test("is nothing where an equal list was assigned, and everything where an empty one was", () => {
    const same = (photo: Photo): void =>
      void (photo.frames = orderedEntries([..."ab"].map((key) => [key, frame(key)])));
    expect(pathsFrom("ab", same)).toEqual([]);
    expect(pathsFrom("ab", (photo) => (photo.frames = orderedEntries()))).toEqual(['frames["a"]', 'frames["b"]']);
  });

  test("leads to the same content and order as a plain ordered list does, whatever is done", () => {
    const key = fc.constantFrom(...HOSTILE_NAMES.slice(0, 6), "a", "b");
    const step = fc.tuple(fc.constantFrom("set", "delete", "move", "shuffle", "assign", "look"), key, fc.nat(10));
    fc.assert(
      fc.property(fc.uniqueArray(key), fc.array(step, { maxLength: 20 }), (initial, script) => {
        const original = photoState({ frames: initial.map((name) => [name, frame(name)] as const) });
        const photo = recordFrom(photoType, original);
        let model = initial.map((name) => [name, name] as [string, string]);
        const at = (name: string): number => model.findIndex(([other]) => other === name);
        for (const [what, name, number] of script) {
          if (what === "set") {
            photo.frames.set(name, frame(String(number)));
            if (at(name) < 0) model.push([name, String(number)]);
            else model[at(name)]![1] = String(number);
          } else if (what === "delete") {
            expect(photo.frames.delete(name)).toBe(at(name) >= 0);
            model = model.filter(([other]) => other !== name);
          } else if (what === "move" && at(name) >= 0) {
            const index = number % model.length;
            photo.frames.move(name, index);
            model.splice(index, 0, ...model.splice(at(name), 1));
          } else if (what === "shuffle") {
            model.sort((left, right) => ((left[0].length + number) % 3) - ((right[0].length + number) % 3));
            photo.frames.reorder(model.map(([other]) => other));
          } else if (what === "assign" && number > 7) {
            model.reverse();
            photo.frames = orderedEntries(model.map(([other, url]) => [other, frame(url)]));
          } else if (what === "look") {
            expect([...photo.frames].map(([other, { url }]) => [other, url])).toEqual(model);
          }
        }
        const wanted = photoState({ frames: model.map(([name, url]) => [name, frame(url)] as const) });
        const changes = changesOf(photoType, original, photo);
        expect(changes).toEqual(diff(photoType, original, wanted));
        expect([...apply(original, changes).collections.frames!]).toEqual([...wanted.collections.frames!]);
      }),
      { numRuns: 400 },
    );
  });
});

describe("a list refuses", () => {
  const refused = (edit: (photo: Photo) => void): string => {
    try {
      edit(recordFrom(photoType, photoState(photoOf("abc"))));
    } catch (error) {
      return (error as Error).message;
    }
    return "nothing";
  };

  test("moves of nothing and to nowhere", () => {
    expect(refused(({ frames }) => frames.move("x", 0))).toBe('frames: "x": is not in the list');
    expect(refused(({ frames }) => frames.move("a", 3))).toBe('frames: "a": a whole number between 0 and 2, got 3');
    expect(refused(({ frames }) => frames.move("a", -1))).toMatch("got -1");
    expect(refused(({ frames }) => frames.move("a", 0.5))).toMatch("got 0.5");
  });

  test("orders that leave out, invent or repeat keys, telling all", () => {
    expect(refused(({ frames }) => frames.reorder("abxx"))).toBe(
      'frames: "x": is not in the list; "c": must be named; reorder: every key once, got some twice',
    );
    expect(() => orderedEntries([["a", 1]]).reorder([])).toThrow(code("INVALID_VALUE"));
  });

  test("to be reordered where only some of its entries were loaded; appending works", () => {
    const edits: ((photo: Photo) => void)[] = [
      ({ frames }) => frames.move("a", 0),
      ({ frames }) => frames.reorder("ba"),
      ({ frames }) => void (frames.delete("a") && frames.set("a", frame("a"))),
      (photo) => (photo.frames = orderedEntries([["a", frame("a")]])),
    ];
    for (const edit of edits) expect(() => changesFrom("abc", edit, ["a", "b"])).toThrow(code("NOT_LOADED"));
    const appended = changesFrom("abc", ({ frames }) => frames.set("d", frame("d")).delete("a"), ["a", "d"]);
    expect(appended.map(changePath)).toEqual(['frames["a"]', 'frames["d"]']);
  });
});

describe("merging lists", () => {
  const MERGE: RebaseRules = { mode: "merge", expect: [], force: [] };
  type Side = NewPhoto | string;

  const stateOf = (side: Side, version: number): RecordState =>
    photoState(typeof side === "string" ? photoOf(side) : side, version);

  function rebased(original: Side, first: Side, second: Side, rules = MERGE, policy?: Policy): Rebased {
    const type = {
      ...photoType,
      policies: { ...photoType.policies, ...(policy && { frames: policy }) },
    } as AnyRecordType;
    const before = stateOf(original, 1);
    const mine = diff(type, before, stateOf(second, 1));
    const order = rules.force.includes("frames") && !mine.some(({ kind }) => kind === "list.order");
    const keys = [...before.collections.frames!.keys()];
    if (order) mine.push({ kind: "list.order", collection: "frames", from: keys, to: keys });
    return rebase(type, before, mine, stateOf(first, 2), rules);
  }

  /** What is stored in the end where `first` was saved before `second`: keys, or keys and URLs. */
  function stored(original: Side, first: Side, second: Side, rules = MERGE, policy?: Policy): RecordState {
    const outcome = rebased(original, first, second, rules, policy);
    if (outcome.kind === "conflict") throw new Error(`conflict at ${outcome.overlaps.map(({ path }) => path).join()}`);
    const current = stateOf(first, 2);
    const after = apply(current, outcome.changes);
    expect(diff(photoType, current, after)).toEqual(outcome.changes);
    return after;
  }

  /** In both orders of saving. */
  const both = (original: Side, a: Side, b: Side): string[] =>
    [stored(original, a, b), stored(original, b, a)].map((state) => keysOf(state));

  function clash(original: Side, first: Side, second: Side, rules = MERGE, policy?: Policy) {
    const outcome = rebased(original, first, second, rules, policy);
    if (outcome.kind === "merged") throw new Error(`merged: ${outcome.changes.map(changePath).join()}`);
    return outcome.overlaps;
  }

  test("both append: theirs first, then mine, each in its own order", () => {
    expect(both("a", "azy", "axb")).toEqual(["azyxb", "axbzy"]);
    expect(both("", "ba", "dc")).toEqual(["badc", "dcba"]);
  });

  test("both append the same: it is one entry, where the first one put it", () => {
    expect(both("a", "axy", "ayx")).toEqual(["axy", "ayx"]);
  });

  test("one reorders, the other appends: the new order with the appended last", () => {
    expect(both("abc", "cba", "abcd")).toEqual(["cbad", "cbad"]);
    expect(both("abc", "cbax", "abcd")).toEqual(["cbaxd", "cbadx"]);
    expect(both("abc", "xcba", "abcd")).toEqual(["xcbad", "xcbad"]);
  });

  test("one inserts: the inserted entry stays behind the one that it followed", () => {
    expect(both("abc", "axbc", "abcd")).toEqual(["axbcd", "axbcd"]);
    expect(both("abc", "axbc", "cba")).toEqual(["cbax", "cbax"]);
    expect(both("ab", "axb", "ayb")).toEqual(["axyb", "ayxb"]);
    expect(both("ab", "xab", "yab")).toEqual(["xyab", "yxab"]);
  });

  test("one reorders, the other removes: the entry is gone from the order", () => {
    expect(both("abcd", "acd", "dcba")).toEqual(["dca", "dca"]);
    expect(both("abc", "bc", "bca")).toEqual(["bc", "bc"]);
    expect(both("abc", "", "cba")).toEqual(["", ""]);
  });

  test("one reorders, the other edits: both are kept", () => {
    const edited = photoOf("abc", { b: "B" });
    for (const [first, second] of [
      [edited, "cba"],
      ["cba", edited],
    ] as const) {
      const state = stored("abc", first, second);
      expect([keysOf(state), urlsOf(state)]).toEqual(["cba", "cBa"]);
    }
  });

  test("both reorder to the same effect: no conflict, whatever else each of them did", () => {
    expect(both("abc", "cba", "cba")).toEqual(["cba", "cba"]);
    expect(both("abc", "cbax", "cbay")).toEqual(["cbaxy", "cbayx"]);
    expect(both("abcd", "cba", "dcba")).toEqual(["cba", "cba"]);
  });

  test("both reorder differently: an overlap at the list's order", () => {
    const overlap = { subject: "frames", path: "frames.order", policy: "reject", original: [..."abc"] };
    expect(clash("abc", "cba", "bac")).toEqual([{ ...overlap, mine: [..."bac"], theirs: [..."cba"] }]);
    expect(clash("abc", "bac", "cba")).toEqual([{ ...overlap, mine: [..."cba"], theirs: [..."bac"] }]);
  });

  test("a policy decides between two orders; what is made for values is refused", () => {
    expect(keysOf(stored("abc", "cbat", "bacm", MERGE, "mine"))).toBe("bactm");
    expect(keysOf(stored("abc", "cbat", "bacm", MERGE, "theirs"))).toBe("cbatm");
    for (const policy of ["sum", "max", "union", () => REFUSE] as const) {
      const name = typeof policy === "string" ? policy : "function";
      expect(clash("abc", "cba", "bac", MERGE, policy)).toMatchObject([
        { subject: "frames", path: "frames.order", policy: name },
      ]);
    }
  });

  test("a forced order wins, even one that is the original", () => {
    const force: RebaseRules = { ...MERGE, force: ["frames"] };
    expect(keysOf(stored("abc", "cba", "bac", force))).toBe("bac");
    expect(keysOf(stored("abc", "cbax", "abc", force))).toBe("abcx");
    const entry: RebaseRules = { ...MERGE, force: [["frames", "a"]] };
    expect(clash("abc", "cba", "bac", entry)).toMatchObject([{ path: "frames.order" }]);
  });

  test("guards and the strict mode see that the order changed", () => {
    const guarded: RebaseRules = { ...MERGE, expect: ["frames"] };
    const title = { ...photoOf("abc"), title: "mine" };
    expect(clash("abc", "cba", title, guarded)).toMatchObject([
      { subject: "frames", path: "frames.order", policy: "guard" },
    ]);
    expect(clash("abc", "cba", title, { ...MERGE, mode: "strict" })).toMatchObject([
      { subject: "frames", path: "frames.order", policy: "strict", theirs: [..."cba"] },
    ]);
    expect(keysOf(stored("abc", "cba", title))).toBe("cba");
  });

  test("ends in the same entries for any two edits, in either order of saving, or in a conflict in both", () => {
    const keys = fc.uniqueArray(fc.constantFrom<string[]>("a", "b", "c", "d", "e"));
    fc.assert(
      fc.property(keys, keys, keys, (original, a, b) => {
        const sides = [original, a, b].map((side) => side.join("")) as [string, string, string];
        const [one, other] = [rebased(sides[0], sides[1], sides[2]), rebased(sides[0], sides[2], sides[1])];
        expect(one.kind).toBe(other.kind);
        if (one.kind === "conflict") return;
        const expected = [...sides.join("")].filter(
          (key) => (a.includes(key) || !original.includes(key)) && (b.includes(key) || !original.includes(key)),
        );
        for (const result of both(...sides)) expect(new Set(result)).toEqual(new Set(expected));
        const common = original.filter((key) => a.includes(key) && b.includes(key));
        const inCommon = (keys: string): string => [...keys].filter((key) => common.includes(key)).join("");
        expect(new Set(both(...sides).map(inCommon)).size).toBe(1);
      }),
      { numRuns: 1_000 },
    );
  });
});
