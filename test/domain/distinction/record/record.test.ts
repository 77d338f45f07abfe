import fc from "../../../support/fast-check.js";
import { PhotoDesk } from "../../../support/photo-desk.js";
import { describe, expect, test } from "vitest";
import { apply } from "../../../../domain/distinction/diff/apply.js";
import { changePath } from "../../../../domain/distinction/diff/change-set.js";
import { InvalidValueError, type Fault } from "../../../../domain/distinction/errors.js";
import { newRecord, newState } from "../../../../domain/distinction/record/new-record.js";
import { changesOf } from "../../../../domain/distinction/diff/record-changes.js";
import { recordFrom } from "../../../../domain/distinction/record/record.js";
import type { AnyRecord } from "../../../../domain/distinction/types/record-shape.js";
import type { RecordState } from "../../../../domain/distinction/record/record-state.js";
import { photoValues } from "../../../support/arbitraries.js";
import { contents, photoState, photoType, type NewPhoto, type Photo } from "../../../support/photo.js";

function changedPaths(state: RecordState, change: (photo: Photo) => void): string[] {
  const photo = recordFrom(photoType, state);
  change(photo);
  return changesOf(photoType, state, photo as AnyRecord).map(changePath);
}

function faultsOf(run: () => unknown): readonly Fault[] {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidValueError) return error.faults;
    throw error;
  }
  throw new Error("no fault was found");
}

const faultsAfter = (change: (photo: Photo & AnyRecord) => void): readonly Fault[] =>
  faultsOf(() => changedPaths(photoState({ properties: [["k", "v"]] }), change));

describe("what changed in a record", () => {
  const state = photoState({
    metadata: { a: { b: 1 }, c: [1] },
    thumbnail: Uint8Array.of(1, 2),
    takenAt: new Date(1000),
    properties: [["k", "v"]],
    locations: [["l", { url: "u", size: 1 }]],
    tags: ["t"],
  });

  test("is nothing after reading everything", () => {
    const read = (photo: Photo): void =>
      void JSON.stringify([photo, ...photo.locations, ...photo.properties, ...photo.tags]);
    expect(changedPaths(state, read)).toEqual([]);
  });

  test("vanishes when a value is set back, in whatever way", () => {
    const setBack = (photo: Photo): void => {
      photo.title = "x";
      photo.title = "";
      photo.takenAt = new Date(1999);
      photo.thumbnail![0] = 9;
      photo.thumbnail![0] = 1;
      photo.metadata = { c: [1], a: { b: 1 } };
      photo.price = "0";
      photo.views = -0;
      photo.properties.set("k", "x").set("k", "v").set("new", "1").delete("new");
      photo.properties.delete("k");
      photo.properties.set("k", "v");
      photo.locations.get("l")!.size = 2;
      photo.locations.set("l", { size: 1, url: "u" });
      photo.tags.add("u").delete("u");
      photo.tags.clear();
      photo.tags.add("t");
    };
    expect(changedPaths(state, setBack)).toEqual([]);
  });

  test("is noticed inside JSON, bytes, dates and entries", () => {
    const mutate = (photo: Photo): void => {
      (photo.metadata as { a: { b: number } }).a.b = 2;
      photo.thumbnail![0] = 9;
      photo.takenAt!.setTime(5000);
      photo.locations.get("l")!.size = 2;
    };
    expect(changedPaths(state, mutate)).toEqual(["metadata.a.b", "takenAt", "thumbnail", 'locations["l"]']);
  });

  test("is the difference to the new collection where the caller assigned one", () => {
    const assign = (photo: Photo): void => {
      photo.properties = new Map([["new", "1"]]);
      photo.tags = new Set(["t", "u"]);
      photo.locations = new Map([["l", { url: "u", size: 1 }]]);
    };
    expect(changedPaths(state, assign)).toEqual(['properties["k"]', 'properties["new"]', 'tags["u"]']);
  });

  test("is found in a collection of another record, assigned to this one", () => {
    const other = recordFrom(
      photoType,
      photoState({
        properties: [
          ["k", "v"],
          ["o", "1"],
        ],
        tags: ["o"],
      }),
    );
    other.properties.set("p", "2");
    const assign = (photo: Photo): void => {
      photo.properties = other.properties;
      photo.tags = other.tags;
    };
    expect(changedPaths(state, assign)).toEqual(['properties["o"]', 'properties["p"]', 'tags["o"]', 'tags["t"]']);
  });

  test("does not include what is undefined or deleted from the object: it counts as untouched", () => {
    const remove = (photo: Partial<AnyRecord>): void => {
      delete photo.title;
      photo.views = undefined;
      delete photo.properties;
      photo.tags = undefined;
    };
    expect(changedPaths(state, remove as (photo: Photo) => void)).toEqual([]);
  });

  test("leads from any state to any other, however the caller edits", () => {
    fc.assert(
      fc.property(photoValues, photoValues, fc.boolean(), (before, after, assign) => {
        const original = photoState(before);
        const photo = recordFrom(photoType, original) as AnyRecord;
        const wanted = recordFrom(photoType, photoState(after)) as AnyRecord;
        for (const name of Object.keys(photoType.attributes)) photo[name] = wanted[name];
        for (const name of Object.keys(photoType.collections)) {
          if (assign) photo[name] = wanted[name];
          else replaceContent(photo[name] as Map<string, unknown>, wanted[name] as Map<string, unknown>);
        }
        if (!assign) (photo as Photo).frames.reorder((wanted as Photo).frames.keys());
        const changes = changesOf(photoType, original, photo);
        expect(contents(apply(original, changes))).toEqual(contents(photoState(after)));
      }),
      { numRuns: 150 },
    );
  });
});

describe("faults", () => {
  test("of all attributes and entries are collected in one error", () => {
    const faults = faultsAfter((photo) => {
      photo.title = "x".repeat(21);
      photo.caption = "a\0b";
      photo.views = 1.5;
      photo.price = "1.005";
      photo.takenAt = new Date(NaN);
      photo.metadata = { at: new Date() } as never;
      photo.camera = "Nikon";
      photo.titel = "misspelt";
      photo.properties
        .set("x".repeat(21), "1")
        .set("\ud800", "1")
        .set("ok", 5 as never);
      photo.locations.set("l", { url: "u" } as never);
      photo.tags.add("\0");
    });
    expect(faults.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      "titel: unknown attribute of photo",
      "title: at most 20 characters, got a string of 21",
      "caption: text without NUL characters, got a string with some",
      "camera: is fixed and cannot change",
      "views: an integer, got the number 1.5",
      'price: decimal text of at most 6 digits and 2 after the point, got the string "1.005"',
      "takenAt: a valid Date in the years 1000 to 9999, got an invalid Date",
      "metadata: plain JSON, got an instance of Date at .at",
      'properties["xxxxxxxxxxxxxxxxxxxxx"]: key: at most 20 characters, got a string of 21',
      'properties["\\ud800"]: key: well-formed Unicode, got a string with a lone surrogate',
      'properties["ok"]: text, got number',
      'locations["l"]: size: an integer, got undefined',
      'tags["\\u0000"]: key: text without NUL characters, got a string with some',
    ]);
  });

  test("of what was assigned instead of a collection are collected with the others", () => {
    const faults = faultsAfter((photo) => {
      photo.title = 5 as never;
      photo.properties = 5 as never;
      photo.locations = new Map([[1, {}]]) as never;
      photo.tags = [1, "ok"] as never;
      photo.ratings = new Map([["r", undefined]]) as never;
    });
    expect(faults.map(({ path }) => path)).toEqual(["title", "properties", "locations", 'ratings["r"]', "tags"]);
  });

  test("are not found in a fixed attribute that keeps its value", () => {
    expect(changedPaths(photoState(), (photo) => (photo.camera = "Leica"))).toEqual([]);
  });

  test("an entry of undefined is no removal", () => {
    const faults = faultsAfter((photo) => (photo.properties = new Map([["k", undefined]]) as never));
    expect(faults).toMatchObject([{ path: 'properties["k"]' }]);
  });
});

describe("a new record", () => {
  test("gets initial values for what is left out", () => {
    const photo = newRecord(photoType, { id: "p1" });
    expect(photo).toMatchObject({ id: "p1", title: "", caption: null, camera: "Leica", views: 0, metadata: {} });
    expect([photo.properties.size, photo.tags.size]).toEqual([0, 0]);
  });

  test("shares no initial value with the next one", () => {
    (newRecord(photoType, { id: "p1" }).metadata as { a: number }).a = 1;
    expect(newRecord(photoType, { id: "p2" }).metadata).toEqual({});
  });

  test("tells all faults at once: unknown, missing and wrong values, entries", () => {
    const values = { titel: "x", views: "1", tags: ["ok", "\0"], properties: [["k", 5]], locations: 7 };
    expect(faultsOf(() => newRecord(photoType, values as unknown as NewPhoto)).map(({ path }) => path)).toEqual([
      "titel",
      "id",
      "views",
      'properties["k"]',
      "locations",
      'tags["\\u0000"]',
    ]);
  });

  test("a misspelt attribute is noticed when the record is added, too", () => {
    const photo = newRecord(photoType, { id: "p1" }) as AnyRecord;
    photo.titel = "misspelt";
    expect(faultsOf(() => newState(photoType, photo))).toEqual([
      { path: "titel", reason: "unknown attribute of photo" },
    ]);
  });

  test("any values make a record whose state is those values", () => {
    fc.assert(
      fc.property(photoValues, (values) => {
        const photo = newRecord(photoType, values);
        expect(contents(newState(photoType, photo as AnyRecord))).toEqual(contents(photoState(values)));
      }),
      { numRuns: 50 },
    );
  });
});

function replaceContent(target: Map<string, unknown> | Set<string>, wanted: Map<string, unknown> | Set<string>): void {
  for (const key of [...target.keys()]) if (!wanted.has(key)) target.delete(key);
  for (const [key, value] of wanted.entries()) {
    if ("add" in target) target.add(key);
    else target.set(key, value);
  }
}

test("a value assigned to `__proto__` is told, not lost", async () => {
  const { photos } = await PhotoDesk.with();
  const photo = await photos.get("p1");
  (photo as unknown as { __proto__: unknown }).__proto__ = { admin: true };
  await expect(photos.save(photo)).rejects.toMatchObject({
    code: "INVALID_VALUE",
    faults: [{ path: "__proto__", reason: "unknown attribute of photo" }],
  });
});
