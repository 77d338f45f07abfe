import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { changePath, describeChangeSet, changeSet } from "../../../../domain/distinction/diff/change-set.js";
import { diff } from "../../../../domain/distinction/diff/diff.js";
import { photoValues } from "../../../support/arbitraries.js";
import { photoState, photoType, type NewPhoto } from "../../../support/photo.js";

const between = (before: NewPhoto, after: NewPhoto) => diff(photoType, photoState(before), photoState(after));

describe("the diff of two states", () => {
  test("tells attributes, JSON members and entries apart, in one order", () => {
    const before: NewPhoto = { title: "a", metadata: { x: 1, y: { z: 1 } }, properties: [["k", "1"]], tags: ["t"] };
    const after: NewPhoto = { title: "b", metadata: { y: { z: 2 } }, properties: [["l", "2"]], tags: ["u"] };
    expect(between(before, after)).toEqual([
      { kind: "json.set", attribute: "metadata", path: ["x"], from: 1, to: undefined },
      { kind: "json.set", attribute: "metadata", path: ["y", "z"], from: 1, to: 2 },
      { kind: "attribute.set", attribute: "title", from: "a", to: "b" },
      { kind: "entry.drop", collection: "properties", key: "k", from: "1" },
      { kind: "entry.put", collection: "properties", key: "l", from: undefined, to: "2" },
      { kind: "entry.drop", collection: "tags", key: "t", from: true },
      { kind: "entry.put", collection: "tags", key: "u", from: undefined, to: true },
    ]);
  });

  test("is empty between equal states: equal bytes, instants, decimals, JSON in another order", () => {
    const before: NewPhoto = {
      thumbnail: Buffer.from([1]),
      takenAt: new Date(1001),
      price: "1.5",
      views: -0,
      metadata: { a: 1, b: { c: 1, d: 2 } },
      locations: [["l", { url: "u", size: 0 }]],
    };
    const after: NewPhoto = {
      thumbnail: Uint8Array.of(1),
      takenAt: new Date(1999),
      price: "01.50",
      views: 0,
      metadata: { b: { d: 2, c: 1 }, a: 1 },
      locations: [["l", { size: 0, url: "u" }]],
    };
    expect(between(before, after)).toEqual([]);
  });

  test("takes JSON as a whole where one side is no object", () => {
    expect(between({ metadata: {} }, { metadata: [] })).toMatchObject([
      { kind: "attribute.set", attribute: "metadata" },
    ]);
    expect(between({ labels: ["a"] }, { labels: ["b"] })).toMatchObject([{ kind: "attribute.set" }]);
  });

  test("knows nothing of a collection that one side has not loaded", () => {
    const { properties: _, ...rest } = photoState().collections;
    const partial = { ...photoState(), collections: rest };
    expect(diff(photoType, partial, photoState({ properties: [["k", "1"]] }))).toEqual([]);
  });

  test("is canonical: equal input gives deeply equal output, whatever the order of keys", () => {
    const twice = fc.tuple(photoValues, photoValues);
    fc.assert(
      fc.property(twice, ([before, after]) => {
        const changes = between(before, after);
        expect(between(reordered(before), reordered(after))).toEqual(changes);
        const keyed = changes.map((change) => `${change.kind[0]}${changePath(change)}`);
        expect(new Set(keyed).size).toBe(keyed.length);
        expect(between(after, after)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

test("a change set is frozen and says where changes are, without their values", () => {
  const changes = between({ pin: 1111 }, { pin: 7331, metadata: { "a b": 1, c: 1 }, properties: [['"', "x"]] });
  const set = changeSet("photo", ["p1"], 7, changes);
  expect(Object.isFrozen(set) && Object.isFrozen(set.changes)).toBe(true);
  expect(describeChangeSet(set)).toBe('photo p1 @7: metadata["a b"], metadata.c, pin, properties["\\""]');
  expect(describeChangeSet(changeSet("photo", ["p1"], 7, []))).toBe("photo p1 @7: nothing");
});

/** The same values, with keys of entries in another order; of duplicate keys the last counts, so that one stays last. */
function reordered(values: NewPhoto): NewPhoto {
  const flipped = <V>(given: Iterable<readonly [string, V]> = []) => [...new Map(given)].reverse();
  return {
    ...values,
    properties: flipped(values.properties),
    locations: flipped(values.locations),
    ratings: flipped(values.ratings),
    tags: [...(values.tags ?? [])].reverse(),
  };
}
