import { describe, expect, test } from "vitest";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import { ConflictError } from "../../../domain/distinction/errors.js";
import { recordType } from "../../../domain/distinction/record-type.js";
import { instant, integer, text, withInitial } from "../../../domain/distinction/attribute-type.js";
import { MemoryRecordStore } from "../../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "../../support/fake-clock.js";
import { PhotoDesk } from "../../support/photo-desk.js";
import { type photoState, photoType, type Photo } from "../../support/photo.js";

const code = (name: string): object => expect.objectContaining({ code: name }) as object;

/** What a caller sees of a photo, as plain values. */
function seen(photo: Photo): object {
  const { properties, locations, ratings, tags, ...attributes } = photo;
  return structuredClone({
    ...attributes,
    properties: new Map(properties),
    locations: new Map(locations),
    ratings: new Map(ratings),
    tags: new Set(tags),
  });
}

async function conflictOf(work: Promise<unknown>): Promise<ConflictError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConflictError);
  return error as ConflictError;
}

describe("loading", () => {
  test("gives every caller an object of their own", async () => {
    const { photos } = await PhotoDesk.with();
    const [one, two] = [await photos.get("p1"), await photos.get("p1")];
    expect(one).not.toBe(two);
    one.title = "one";
    expect(two.title).toBe("");
  });

  test("what is not there: find answers undefined, get throws RECORD_NOT_FOUND", async () => {
    const { photos } = await PhotoDesk.with();
    expect(await photos.find("p2")).toBeUndefined();
    await expect(photos.get("p2")).rejects.toMatchObject({
      code: "RECORD_NOT_FOUND",
      message: "photo p2 does not exist",
    });
  });

  test("by an id that cannot be one is refused before the store is asked", async () => {
    const { photos, store } = await PhotoDesk.with();
    await expect(photos.find(5 as never)).rejects.toMatchObject(code("INVALID_VALUE"));
    await expect(photos.get("\0")).rejects.toMatchObject(code("INVALID_VALUE"));
    expect(store.calls).toEqual([]);
  });

  test("a record serialises, clones and prints like plain data", async () => {
    const { photos } = await PhotoDesk.with({ title: "x", properties: [["k", "v"]], tags: ["t"] });
    const photo = await photos.get("p1");
    expect(JSON.parse(JSON.stringify(photo))).toMatchObject({ id: "p1", title: "x", properties: {} });
    expect(structuredClone({ ...photo }).title).toBe("x");
  });
});

describe("adding", () => {
  test("stores the record as version 1; it can be changed and saved from then on", async () => {
    const desk = await PhotoDesk.with();
    const photo = desk.photos.create({ id: "p2", properties: [["k", "v"]] });
    await desk.photos.add(photo);
    expect(desk.photos.versionOf(photo)).toBe(1);
    photo.properties.set("k", "w");
    expect(await desk.photos.save(photo)).toEqual({ version: 2, written: true, retries: 0 });
    expect((await desk.photos.get("p2")).properties.get("k")).toBe("w");
  });

  test("takes a plain object too, and gives it tracked collections", async () => {
    const desk = await PhotoDesk.with();
    const place = { url: "u", size: 1 };
    const photo = { ...desk.photos.create({ id: "p2" }), locations: new Map([["l", place]]), tags: new Set(["t"]) };
    await desk.photos.add(photo);
    photo.tags.add("u");
    place.size = 2;
    expect(desk.photos.changes(photo).changes).toHaveLength(2);
  });

  test("an id that is taken: RECORD_EXISTS, and the object stays unknown", async () => {
    const desk = await PhotoDesk.with();
    const photo = desk.photos.create({ id: "p1" });
    await expect(desk.photos.add(photo)).rejects.toMatchObject(code("RECORD_EXISTS"));
    expect(() => desk.photos.changes(photo)).toThrow(code("UNTRACKED_RECORD"));
  });

  test("keeps edits made while it is under way for the next save", async () => {
    const desk = await PhotoDesk.with();
    const photo = desk.photos.create({ id: "p2" });
    const adding = desk.photos.add(photo);
    photo.title = "later";
    photo.tags.add("later");
    await adding;
    expect(desk.photos.changes(photo).changes).toHaveLength(2);
  });

  test("shares nothing with the object: later edits do not reach the store", async () => {
    const desk = await PhotoDesk.with();
    const photo = desk.photos.create({ id: "p2", metadata: { a: 1 }, locations: [["l", { url: "u", size: 1 }]] });
    await desk.photos.add(photo);
    (photo.metadata as { a: number }).a = 2;
    photo.locations.get("l")!.size = 2;
    expect(seen(await desk.photos.get("p2"))).toMatchObject({
      metadata: { a: 1 },
      locations: new Map([["l", { url: "u", size: 1 }]]),
    });
  });
});

describe("saving", () => {
  test("nothing changed: nothing is sent, the version stays", async () => {
    const { photos, store } = await PhotoDesk.with({ metadata: { a: [1] }, locations: [["l", { url: "u", size: 1 }]] });
    const photo = await photos.get("p1");
    photo.title = "x";
    photo.title = "";
    expect(photo.locations.get("l")!.size).toBe(1);
    expect(await photos.save(photo)).toEqual({ version: 1, written: false, retries: 0 });
    expect(store.calls).toEqual(["load"]);
  });

  test("writes only what changed, once, and then knows it as the original", async () => {
    const desk = await PhotoDesk.with({ properties: [["k", "v"]] });
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    photo.properties.set("k", "w").set("n", "1");
    photo.tags.add("t");
    expect(await desk.photos.save(photo)).toEqual({ version: 2, written: true, retries: 0 });
    expect(desk.photos.changes(photo)).toMatchObject({ base: 2, changes: [] });
    expect(await desk.photos.save(photo)).toMatchObject({ written: false });
    expect(desk.store.calls).toEqual(["load", "apply"]);
    expect(seen(await desk.photos.get("p1"))).toEqual(seen(photo));
  });

  test("shows other writers' merged changes in the object", async () => {
    const desk = await PhotoDesk.with({
      metadata: { a: 1, b: 1 },
      properties: [["gone", "x"]],
      locations: [["l", { url: "u", size: 1 }]],
      views: 10,
    });
    const photo = await desk.photos.get("p1");
    photo.locations.get("l");
    await desk.other((other) => {
      other.caption = "theirs";
      other.views += 5;
      (other.metadata as { b: number }).b = 2;
      other.properties.delete("gone");
      other.properties.set("theirs", "t");
      other.locations.get("l")!.size = 2;
      other.tags.add("theirs");
    });
    photo.title = "mine";
    photo.views += 3;
    (photo.metadata as { a: number }).a = 2;
    photo.properties.set("mine", "m");
    photo.tags.add("mine");

    expect(await desk.photos.save(photo)).toEqual({ version: 3, written: true, retries: 1 });
    expect(seen(photo)).toMatchObject({
      title: "mine",
      caption: "theirs",
      views: 18,
      metadata: { a: 2, b: 2 },
      properties: new Map([
        ["mine", "m"],
        ["theirs", "t"],
      ]),
      locations: new Map([["l", { url: "u", size: 2 }]]),
      tags: new Set(["mine", "theirs"]),
    });
    expect(seen(await desk.photos.get("p1"))).toEqual(seen(photo));
    expect(desk.photos.changes(photo)).toMatchObject({ base: 3, changes: [] });
  });

  test("what others wrote just so is not written again, and raises no version", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "same";
    await desk.other((other) => {
      other.title = "same";
      other.caption = "theirs";
    });
    expect(await desk.photos.save(photo)).toEqual({ version: 2, written: false, retries: 1 });
    expect([photo.caption, (await desk.stored()).version]).toEqual(["theirs", 2]);
  });

  test("two equal increments are two", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.views++;
    await desk.other((other) => void other.views++);
    await desk.photos.save(photo);
    expect([photo.views, (await desk.stored()).attributes.views]).toEqual([2, 2]);
  });

  test("a conflict tells everything needed to resolve it, and leaves the object alone", async () => {
    const desk = await PhotoDesk.with({ title: "original", properties: [["k", "v"]] });
    const photo = await desk.photos.get("p1");
    photo.title = "mine";
    photo.properties.set("mine", "m");
    photo.tags.add("mine");
    await desk.other((other) => (other.title = "theirs"));
    const before = seen(photo);
    const conflict = await conflictOf(desk.photos.save(photo));
    expect(conflict).toMatchObject({
      code: "CONFLICT",
      record: "photo",
      id: "p1",
      baseVersion: 1,
      currentVersion: 2,
      attempts: 1,
      overlaps: [{ path: "title", original: "original", mine: "mine", theirs: "theirs", policy: "reject" }],
    });
    expect(conflict.message).toBe("photo p1: changed by another writer since version 1 (now 2): title");
    expect(seen(photo)).toEqual(before);
    expect(desk.photos.versionOf(photo)).toBe(1);
    expect((await desk.stored()).version).toBe(2);

    photo.title = "theirs"; // the caller gives in
    expect(await desk.photos.save(photo)).toMatchObject({ version: 3, written: true });
    expect([...photo.tags]).toEqual(["mine"]);
  });

  test("an invalid value leaves object and store alone, and can be put right", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x".repeat(21);
    photo.tags.add("t");
    await expect(desk.photos.save(photo)).rejects.toMatchObject(code("INVALID_VALUE"));
    expect([desk.store.calls, photo.title.length, photo.tags.size]).toEqual([["load"], 21, 1]);
    photo.title = "x";
    expect(await desk.photos.save(photo)).toMatchObject({ version: 2, written: true });
  });

  test("a store that fails leaves the object alone, and it can be saved again", async () => {
    const desk = await PhotoDesk.with({ properties: [["k", "v"]] });
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    photo.properties.delete("k");
    const before = seen(photo);
    desk.store.beforeApply = () => Promise.reject(new Error("connection lost"));
    await expect(desk.photos.save(photo)).rejects.toThrow("connection lost");
    expect([seen(photo), desk.photos.versionOf(photo)]).toEqual([before, 1]);
    desk.store.beforeApply = () => undefined;
    expect(await desk.photos.save(photo)).toMatchObject({ version: 2, written: true });
    expect(seen(await desk.photos.get("p1"))).toEqual(before);
  });

  test("a collection that the caller replaced is tracked after the save, its entries' objects included", async () => {
    const desk = await PhotoDesk.with({ properties: [["k", "v"]] });
    const photo = await desk.photos.get("p1");
    const place = { url: "u", size: 1 };
    photo.properties = new Map([["n", "1"]]);
    photo.locations = new Map([["l", place]]);
    await desk.photos.save(photo);
    expect([...(await desk.photos.get("p1")).properties]).toEqual([["n", "1"]]);
    photo.properties.set("o", "2");
    place.size = 2;
    expect(desk.photos.changes(photo).changes).toHaveLength(2);
  });

  test("merges a replaced collection with what others did to it", async () => {
    const desk = await PhotoDesk.with({ properties: [["k", "v"]] });
    const photo = await desk.photos.get("p1");
    photo.properties = new Map([["n", "1"]]);
    await desk.other((other) => void other.properties.set("theirs", "t"));
    await desk.photos.save(photo);
    expect(new Map(photo.properties)).toEqual(
      new Map([
        ["n", "1"],
        ["theirs", "t"],
      ]),
    );
  });

  test("a record that was deleted meanwhile is not brought back: RECORD_NOT_FOUND", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    await desk.otherRemoves();
    await expect(desk.photos.save(photo)).rejects.toMatchObject(code("RECORD_NOT_FOUND"));
    expect(await desk.photos.find("p1")).toBeUndefined();
  });

  test("a record of another repository, or none: UNTRACKED_RECORD", async () => {
    const [one, two] = [await PhotoDesk.with(), await PhotoDesk.with()];
    await expect(two.photos.save(await one.photos.get("p1"))).rejects.toMatchObject(code("UNTRACKED_RECORD"));
    await expect(two.photos.save(two.photos.create({ id: "p9" }))).rejects.toMatchObject(code("UNTRACKED_RECORD"));
    await expect(two.photos.remove(await one.photos.get("p1"))).rejects.toMatchObject(code("UNTRACKED_RECORD"));
  });

  test("strict refuses any foreign change; a guard refuses one of what was read", async () => {
    const desk = await PhotoDesk.with();
    const [strict, guarded] = [await desk.photos.get("p1"), await desk.photos.get("p1")];
    await desk.other((other) => (other.caption = "theirs"));
    strict.title = "strict";
    guarded.title = "guarded";
    const refused = await conflictOf(desk.photos.save(strict, { mode: "strict" }));
    expect(refused.overlaps).toMatchObject([{ path: "caption", policy: "strict" }]);
    const guard = await conflictOf(desk.photos.save(guarded, { expect: ["caption"] }));
    expect(guard.overlaps).toMatchObject([{ path: "caption", policy: "guard" }]);
    expect(await desk.photos.save(guarded, { expect: ["views"] })).toMatchObject({ version: 3 });
  });

  test("a guard that names no attribute is refused: it would guard nothing", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    await expect(desk.photos.save(photo, { expect: ["capton"] })).rejects.toMatchObject({
      code: "INVALID_VALUE",
      faults: [{ path: "capton", reason: "unknown attribute of photo" }],
    });
  });
});

describe("edits made while a save is under way", () => {
  async function editedDuringSave(
    values: Parameters<typeof photoState>[0],
    edit: (photo: Photo) => void,
    editMeanwhile: (photo: Photo) => void,
    foreign?: (photo: Photo) => void,
  ): Promise<{ desk: PhotoDesk; photo: Photo }> {
    const desk = await PhotoDesk.with(values);
    const photo = await desk.photos.get("p1");
    edit(photo);
    desk.store.beforeApply = async (attempt) => {
      if (attempt === 1 && foreign !== undefined) await desk.other(foreign);
      if (attempt === 1) editMeanwhile(photo);
    };
    await desk.photos.save(photo);
    return { desk, photo };
  }

  test("are kept, and saved next time", async () => {
    const { desk, photo } = await editedDuringSave(
      { properties: [["k", "v"]], locations: [["l", { url: "u", size: 1 }]] },
      (photo) => {
        photo.title = "first";
        photo.properties.set("k", "first");
        photo.tags.add("first");
        photo.locations.get("l")!.size = 2;
      },
      (photo) => {
        photo.title = "second";
        photo.properties.set("k", "second").set("n", "second");
        photo.tags.delete("first");
        photo.locations.get("l")!.size = 3;
      },
    );
    const { attributes, collections } = await desk.stored();
    expect([attributes.title, collections.properties!.get("k"), collections.tags!.size]).toEqual(["first", "first", 1]);
    expect(photo.title).toBe("second");
    expect(await desk.photos.save(photo)).toMatchObject({ version: 3, written: true });
    expect(seen(await desk.photos.get("p1"))).toEqual(seen(photo));
    expect(seen(photo)).toMatchObject({
      properties: new Map([
        ["k", "second"],
        ["n", "second"],
      ]),
      tags: new Set(),
      locations: new Map([["l", { url: "u", size: 3 }]]),
    });
  });

  test("are kept where the caller replaced a collection meanwhile", async () => {
    const { desk, photo } = await editedDuringSave(
      { properties: [["k", "v"]] },
      (photo) => photo.properties.set("first", "1"),
      (photo) => (photo.properties = new Map([["second", "2"]])),
      (other) => other.properties.set("theirs", "t"),
    );
    await desk.photos.save(photo);
    expect((await desk.stored()).collections.properties).toEqual(
      new Map([
        ["second", "2"],
        ["theirs", "t"],
      ]),
    );
    expect(new Map(photo.properties)).toEqual(
      new Map([
        ["second", "2"],
        ["theirs", "t"],
      ]),
    );
  });

  test("do not take back what others wrote elsewhere in the same JSON", async () => {
    const { desk, photo } = await editedDuringSave(
      { metadata: { mine: 0, theirs: 0, later: 0 } },
      (photo) => ((photo.metadata as { mine: number }).mine = 1),
      (photo) => ((photo.metadata as { later: number }).later = 1),
      (other) => ((other.metadata as { theirs: number }).theirs = 1),
    );
    await desk.photos.save(photo);
    expect((await desk.photos.get("p1")).metadata).toEqual({ mine: 1, theirs: 1, later: 1 });
    expect(photo.metadata).toEqual({ mine: 1, theirs: 1, later: 1 });
  });

  test("conflict where others changed the same thing unseen, on the next save", async () => {
    const { desk, photo } = await editedDuringSave(
      { properties: [["k", "v"]] },
      (photo) => (photo.title = "first"),
      (photo) => {
        photo.caption = "mine";
        photo.properties.set("k", "mine");
      },
      (other) => {
        other.caption = "theirs";
        other.properties.set("k", "theirs");
        other.origin = "theirs";
      },
    );
    expect([photo.origin, photo.caption]).toEqual(["theirs", "mine"]);
    const { overlaps } = await conflictOf(desk.photos.save(photo));
    expect(overlaps).toMatchObject([
      { path: "caption", original: null, mine: "mine", theirs: "theirs" },
      { path: 'properties["k"]', original: "v", mine: "mine", theirs: "theirs" },
    ]);
    expect((await desk.stored()).attributes.caption).toBe("theirs");
  });

  test("of a counter add up with everybody's", async () => {
    const { desk, photo } = await editedDuringSave(
      {},
      (photo) => void photo.views++,
      (photo) => void photo.views++,
      (other) => (other.views += 5),
    );
    await desk.photos.save(photo);
    expect([photo.views, (await desk.stored()).attributes.views]).toEqual([7, 7]);
  });

  test("that are invalid do not spoil the save under way; the next one tells", async () => {
    const { desk, photo } = await editedDuringSave(
      { properties: [["k", "v"]] },
      (photo) => (photo.title = "first"),
      (photo) => {
        photo.views = NaN;
        photo.properties = 5 as never;
        photo.tags = new Set([1]) as never;
      },
      (other) => other.properties.set("theirs", "t"),
    );
    expect((await desk.stored()).attributes.title).toBe("first");
    await expect(desk.photos.save(photo)).rejects.toMatchObject({
      faults: [{ path: "views" }, { path: "properties" }, { path: "tags" }],
    });
  });

  test("two saves of one object at once take turns: the second writes what the first has not", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "one";
    const first = desk.photos.save(photo);
    photo.caption = "two";
    const second = desk.photos.save(photo);
    const results = await Promise.all([first, second]);
    // The second save's changes were made before the first one's turn came: one write holds both.
    expect(results).toEqual([
      { version: 2, written: true, retries: 0 },
      { version: 2, written: false, retries: 0 },
    ]);
    photo.title = "three";
    desk.store.beforeApply = () => void (photo.caption = "four");
    await Promise.all([desk.photos.save(photo), desk.photos.save(photo)]);
    expect((await desk.stored()).attributes).toMatchObject({ title: "three", caption: "four" });
    expect((await desk.stored()).version).toBe(4);
  });

  test("a failed save does not hold up the next one", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    desk.store.beforeApply = (attempt) => {
      if (attempt === 1) throw new Error("down");
    };
    const [first, second] = await Promise.allSettled([desk.photos.save(photo), desk.photos.save(photo)]);
    expect([first.status, second.status]).toEqual(["rejected", "fulfilled"]);
  });
});

describe("rules across attributes", () => {
  const type = {
    ...photoType,
    groups: [],
    validate: ({ width, height }: Photo) =>
      width * height > 100 ? [{ path: "width", reason: "at most 100 pixels in all" }] : [],
  } as typeof photoType;

  test("are checked before anything is sent", async () => {
    const desk = await PhotoDesk.with({}, { type });
    await expect(desk.photos.update("p1", (photo) => void (photo.width = photo.height = 11))).rejects.toMatchObject({
      faults: [{ path: "width" }],
    });
    await expect(desk.photos.add(desk.photos.create({ id: "p2", width: 11, height: 11 }))).rejects.toMatchObject(
      code("INVALID_VALUE"),
    );
    expect(desk.store.calls).toEqual(["load"]);
  });

  test("are checked again after a merge: two valid edits can make an invalid record", async () => {
    const desk = await PhotoDesk.with({ width: 1, height: 1 }, { type });
    const photo = await desk.photos.get("p1");
    photo.width = 60;
    await desk.other((other) => (other.height = 60));
    await expect(desk.photos.save(photo)).rejects.toMatchObject({ faults: [{ path: "width" }] });
    expect([(await desk.stored()).version, photo.width, photo.height]).toEqual([2, 60, 1]);
    photo.width = 1;
    expect(await desk.photos.save(photo)).toMatchObject({ written: false });
  });

  test("see no more of a partly loaded collection after a merge than before it", async () => {
    const sizes: unknown[] = [];
    const partial = {
      ...photoType,
      validate: (photo: Photo) => {
        try {
          sizes.push(photo.properties.size);
        } catch (error) {
          sizes.push((error as { code: string }).code);
        }
        return [];
      },
    } as typeof photoType;
    const desk = await PhotoDesk.with(
      {
        properties: [
          ["a", "1"],
          ["b", "2"],
        ],
      },
      { type: partial },
    );
    const photo = await desk.photos.get("p1", { properties: ["a"] });
    photo.properties.set("a", "x");
    await desk.other((other) => (other.caption = "theirs"));
    await desk.photos.save(photo);
    expect(sizes).toEqual(["NOT_LOADED", "NOT_LOADED"]);
  });
});

describe("under contention", () => {
  const stale =
    (desk: PhotoDesk, times: number) =>
    async (attempt: number): Promise<void> => {
      if (attempt <= times) await desk.other((other) => void other.views++);
    };

  test("tries again with growing pauses", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    desk.store.beforeApply = stale(desk, 2);
    expect(await desk.photos.save(photo)).toEqual({ version: 4, written: true, retries: 2 });
    expect(desk.clock.slept).toEqual([2, 4]);
    expect(photo.views).toBe(2);
  });

  test("rebases every attempt from the original base: an increment is applied once", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.views += 100;
    desk.store.beforeApply = stale(desk, 3);
    desk.store.beforeRevise = () => desk.other((other) => void other.views++);
    expect(await desk.photos.save(photo)).toEqual({ version: 6, written: true, retries: 3 });
    expect([photo.views, (await desk.stored()).attributes.views]).toEqual([104, 104]);
  });

  test("finds a conflict on what others wrote just so first, and then otherwise", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "mine";
    photo.caption = "mine";
    desk.store.beforeApply = (attempt) => desk.other((other) => (other.title = attempt === 1 ? "mine" : "theirs"));
    const conflict = await conflictOf(desk.photos.save(photo));
    expect(conflict).toMatchObject({
      attempts: 2,
      overlaps: [{ path: "title", original: "", mine: "mine", theirs: "theirs" }],
    });
    expect((await desk.stored()).attributes.caption).toBeNull();
  });

  test("locks the record once the optimistic attempts are used up", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    desk.store.beforeApply = stale(desk, Infinity);
    expect(await desk.photos.save(photo)).toEqual({ version: 5, written: true, retries: 3 });
    expect(desk.store.calls).toEqual(["load", "apply", "apply", "apply", "revise"]);
    expect(seen(await desk.photos.get("p1"))).toEqual(seen(photo));
  });

  test("finds under the lock that others wrote the same: nothing written", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    desk.store.beforeApply = stale(desk, Infinity);
    desk.store.beforeRevise = () => desk.other((other) => (other.title = "x"));
    expect(await desk.photos.save(photo)).toEqual({ version: 5, written: false, retries: 3 });
    expect((await desk.stored()).version).toBe(5);
  });

  test("finds a conflict under the lock, or the record gone", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    desk.store.beforeApply = stale(desk, Infinity);
    desk.store.beforeRevise = () => desk.other((other) => (other.title = "theirs"));
    const conflict = await conflictOf(desk.photos.save(photo));
    expect(conflict).toMatchObject({ attempts: 4, baseVersion: 1, currentVersion: 5 });
    photo.title = "theirs";
    photo.caption = "mine";
    desk.store.beforeRevise = () => desk.otherRemoves();
    desk.store.beforeApply = () => desk.other((other) => void other.views++);
    await expect(desk.photos.save(photo)).rejects.toMatchObject(code("RECORD_NOT_FOUND"));
  });

  test("ends when the signal aborts: ABORTED, the object as it was", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    const controller = new AbortController();
    desk.store.beforeApply = stale(desk, Infinity);
    desk.clock.duringSleep = () => controller.abort();
    await expect(desk.photos.save(photo, { signal: controller.signal })).rejects.toMatchObject(code("ABORTED"));
    expect(desk.store.calls).toEqual(["load", "apply"]);
    expect(desk.photos.changes(photo)).toMatchObject({ base: 1, changes: [{ attribute: "title" }] });
  });

  test("sends nothing for a signal that has aborted already", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    await expect(desk.photos.save(photo, { signal: AbortSignal.abort() })).rejects.toMatchObject(code("ABORTED"));
    expect(desk.store.calls).toEqual(["load"]);
  });

  test("gives up at the deadline: RETRIES_EXHAUSTED", async () => {
    const desk = await PhotoDesk.with({}, { retry: { deadline: 100 } });
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    desk.store.beforeApply = async (attempt) => {
      await stale(desk, Infinity)(attempt);
      desk.clock.advance(101);
    };
    await expect(desk.photos.save(photo)).rejects.toMatchObject(code("RETRIES_EXHAUSTED"));
    expect((await desk.stored()).attributes.title).toBe("");
  });
});

describe("update", () => {
  test("loads, changes and saves", async () => {
    const desk = await PhotoDesk.with();
    expect(await desk.photos.update("p1", (photo) => void (photo.title = "x"))).toEqual({
      version: 2,
      written: true,
      retries: 0,
    });
    await expect(desk.photos.update("p2", () => undefined)).rejects.toMatchObject(code("RECORD_NOT_FOUND"));
  });

  test("runs the function again on a conflict, on what is stored now", async () => {
    const desk = await PhotoDesk.with({ title: "0" });
    const seenTitles: string[] = [];
    desk.store.beforeApply = async (attempt) => {
      if (attempt <= 2) await desk.other((other) => (other.title = `theirs ${attempt}`));
    };
    const append = async (photo: Photo): Promise<void> => {
      seenTitles.push(photo.title);
      photo.title += "!";
    };
    expect(await desk.photos.update("p1", append)).toEqual({ version: 4, written: true, retries: 2 });
    expect(seenTitles).toEqual(["0", "theirs 1", "theirs 2"]);
    expect((await desk.stored()).attributes.title).toBe("theirs 2!");
  });

  test("throws the last conflict once its attempts are used up", async () => {
    const desk = await PhotoDesk.with({}, { retry: { updateAttempts: 3 } });
    let runs = 0;
    desk.store.beforeApply = (attempt) => desk.other((other) => (other.title = `theirs ${attempt}`));
    await conflictOf(desk.photos.update("p1", (photo) => void (photo.title = `mine ${++runs}`)));
    expect(runs).toBe(3);
  });

  test("saves nothing where the function throws", async () => {
    const desk = await PhotoDesk.with();
    const failing = (photo: Photo): void => {
      photo.title = "x";
      throw new Error("no");
    };
    await expect(desk.photos.update("p1", failing)).rejects.toThrow("no");
    expect((await desk.stored()).version).toBe(1);
  });

  test("passes scope, guards and signal on", async () => {
    const desk = await PhotoDesk.with({
      properties: [
        ["a", "1"],
        ["b", "2"],
      ],
    });
    const touch = (photo: Photo): void => void photo.properties.get("b");
    await expect(desk.photos.update("p1", touch, { scope: { properties: ["a"] } })).rejects.toMatchObject(
      code("NOT_LOADED"),
    );
    await expect(desk.photos.update("p1", touch, { signal: AbortSignal.abort() })).rejects.toMatchObject(
      code("ABORTED"),
    );
  });
});

describe("removing", () => {
  test("deletes the record; the object is of no use then", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    await desk.photos.remove(photo);
    expect(await desk.photos.find("p1")).toBeUndefined();
    for (const use of [desk.photos.save(photo), desk.photos.remove(photo), desk.photos.reload(photo)]) {
      await expect(use).rejects.toMatchObject(code("RECORD_REMOVED"));
    }
  });

  test("what was changed since it was loaded is refused, naming what", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    await desk.other((other) => (other.caption = "theirs"));
    const conflict = await conflictOf(desk.photos.remove(photo));
    expect(conflict).toMatchObject({
      baseVersion: 1,
      currentVersion: 2,
      overlaps: [{ path: "caption", theirs: "theirs" }],
    });
    expect(await desk.photos.find("p1")).toBeDefined();
    photo.title = "still alive";
    expect(await desk.photos.save(photo)).toMatchObject({ version: 3 });
  });

  test("names no entries as changed that were never loaded", async () => {
    const desk = await PhotoDesk.with({
      properties: [
        ["a", "1"],
        ["b", "2"],
      ],
      tags: ["t"],
    });
    const photo = await desk.photos.get("p1", { properties: ["a"], tags: [] });
    await desk.other((other) => (other.caption = "theirs"));
    const { overlaps } = await conflictOf(desk.photos.remove(photo));
    expect(overlaps.map(({ path }) => path)).toEqual(["caption"]);
  });

  test("what somebody else removed: RECORD_NOT_FOUND", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    await desk.otherRemoves();
    await expect(desk.photos.remove(photo)).rejects.toMatchObject(code("RECORD_NOT_FOUND"));
  });

  test("waits for a save of the same object that is under way", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    await Promise.all([desk.photos.save(photo), desk.photos.remove(photo)]);
    expect(await desk.photos.find("p1")).toBeUndefined();
  });
});

describe("reloading", () => {
  test("gives a new object and leaves the old one with its changes", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "mine";
    await desk.other((other) => (other.caption = "theirs"));
    const fresh = await desk.photos.reload(photo);
    expect([fresh.title, fresh.caption, photo.title]).toEqual(["", "theirs", "mine"]);
    expect([desk.photos.versionOf(fresh), desk.photos.versionOf(photo)]).toEqual([2, 1]);
  });
});

describe("a record loaded in part", () => {
  const properties: [string, string][] = [
    ["a", "1"],
    ["b", "2"],
    ["c", "3"],
  ];

  test("is saved without looking at, or touching, the rest", async () => {
    const desk = await PhotoDesk.with({ properties, tags: ["t"] });
    const photo = await desk.photos.get("p1", { properties: ["a", "b", "new"] });
    expect(() => photo.properties.get("c")).toThrow(code("NOT_LOADED"));
    photo.properties.set("a", "x").set("new", "n").delete("b");
    photo.tags.add("u"); // not named in the scope: loaded whole
    await desk.photos.save(photo);
    const { collections } = await desk.stored();
    expect(collections.properties).toEqual(
      new Map([
        ["a", "x"],
        ["c", "3"],
        ["new", "n"],
      ]),
    );
    expect([...collections.tags!.keys()]).toEqual(["t", "u"]);
  });

  test("merges, and knows no more afterwards than before", async () => {
    const desk = await PhotoDesk.with({ properties });
    const photo = await desk.photos.get("p1", { properties: ["a", "b"] });
    photo.properties.set("a", "mine");
    await desk.other((other) => void other.properties.set("b", "theirs").set("c", "theirs").delete("a"));
    await conflictOf(desk.photos.save(photo));
    await desk.other((other) => void other.properties.set("a", "1"));
    await desk.photos.save(photo);
    expect([photo.properties.get("a"), photo.properties.get("b")]).toEqual(["mine", "theirs"]);
    expect(() => photo.properties.get("c")).toThrow(code("NOT_LOADED"));
    expect((await desk.stored()).collections.properties!.get("c")).toBe("theirs");
    photo.properties.set("b", "again");
    expect(await desk.photos.save(photo)).toMatchObject({ written: true, retries: 0 });
  });

  test("keeps its scope when it is reloaded", async () => {
    const desk = await PhotoDesk.with({ properties });
    const photo = await desk.photos.reload(await desk.photos.get("p1", { properties: ["a"] }));
    expect(() => photo.properties.size).toThrow(code("NOT_LOADED"));
  });

  test("refuses to replace a collection that it does not know whole", async () => {
    const desk = await PhotoDesk.with({ properties });
    const photo = await desk.photos.get("p1", { properties: ["a"] });
    photo.properties = new Map([["c", "blind"]]);
    await expect(desk.photos.save(photo)).rejects.toMatchObject(code("NOT_LOADED"));
    expect((await desk.stored()).collections.properties).toEqual(new Map(properties));
  });
});

describe("a stamp", () => {
  const type = recordType({
    name: "note",
    key: "id",
    attributes: { id: text(5), title: text(20), hits: withInitial(integer(), 0), changedAt: instant() },
    policies: { hits: "sum" },
    stamp: "changedAt",
  });
  async function notes() {
    const clock = new FakeClock(1_000_000_000_000);
    const repository = new DistinctRepository(type, new MemoryRecordStore(type), {
      clock,
      random: () => 0.5,
      firstVersion: () => 1,
    });
    await repository.add(repository.create({ id: "n", title: "", changedAt: new Date(clock.now()) }));
    return { clock, repository };
  }

  test("is set by every effective write and shows in the object", async () => {
    const { clock, repository } = await notes();
    const note = await repository.get("n");
    clock.advance(1000);
    await repository.save(note);
    expect(note.changedAt).toEqual(new Date(1_000_000_000_000));
    note.title = "x";
    await repository.save(note);
    expect(note.changedAt).toEqual(new Date(1_000_000_001_000));
    expect((await repository.get("n")).changedAt).toEqual(note.changedAt);
    expect(repository.changes(note).changes).toEqual([]);
  });

  test("never conflicts between writers", async () => {
    const { clock, repository } = await notes();
    const [one, two] = [await repository.get("n"), await repository.get("n")];
    one.title = "one";
    two.hits = 1;
    await repository.save(one);
    clock.advance(5000);
    expect(await repository.save(two)).toMatchObject({ version: 3, retries: 1 });
    expect(two.title).toBe("one");
    expect(two.changedAt.getTime()).toBeGreaterThanOrEqual(1_000_000_005_000);
  });

  test("cannot be set by callers", async () => {
    const { repository } = await notes();
    const note = await repository.get("n");
    note.changedAt = new Date(0);
    await expect(repository.save(note)).rejects.toMatchObject({ faults: [{ path: "changedAt" }] });
  });
});

describe("force", () => {
  test("writes a value that is the original one over a foreign change", async () => {
    const desk = await PhotoDesk.with({ title: "old", properties: [["k", "old"]] });
    const photo = await desk.photos.get("p1");
    await desk.photos.update("p1", (other) => {
      other.title = "theirs";
      other.properties.set("k", "theirs");
    });
    const result = await desk.photos.save(photo, { force: ["title", ["properties", "k"]] });
    expect(result).toMatchObject({ written: true, retries: 1 });
    const stored = await desk.photos.get("p1");
    expect([stored.title, stored.properties.get("k")]).toEqual(["old", "old"]);
  });

  test("lets a changed value win over a foreign one, and leaves the rest to the policies", async () => {
    const desk = await PhotoDesk.with({ title: "old", caption: "old" });
    const photo = await desk.photos.get("p1");
    await desk.photos.update("p1", (other) => void (other.title = "theirs"));
    photo.title = "mine";
    await desk.photos.save(photo, { force: ["title"] });
    expect((await desk.photos.get("p1")).title).toBe("mine");
    await desk.photos.update("p1", (other) => void (other.caption = "theirs"));
    photo.caption = "mine";
    await conflictOf(desk.photos.save(photo, { force: ["title"] }));
  });

  test.each([[["titel"]], [["tags"]], [[["title", "k"]]]])("%j, which cannot be forced, is refused", async (force) => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    await expect(desk.photos.save(photo, { force: force as never })).rejects.toMatchObject(code("INVALID_VALUE"));
  });
});

describe("trySave and deadline", () => {
  test("trySave answers a conflict as a result, and a save as one", async () => {
    const desk = await PhotoDesk.with({ title: "old" });
    const photo = await desk.photos.get("p1");
    await desk.photos.update("p1", (other) => void (other.title = "theirs"));
    photo.title = "mine";
    const tried = await desk.photos.trySave(photo);
    expect(tried).toMatchObject({ kind: "conflict", conflict: { overlaps: [{ mine: "mine", theirs: "theirs" }] } });
    photo.title = "old";
    photo.caption = "c";
    expect(await desk.photos.trySave(photo)).toMatchObject({ kind: "saved", written: true });
    photo.title = "much longer than twenty characters";
    await expect(desk.photos.trySave(photo)).rejects.toMatchObject(code("INVALID_VALUE"));
  });

  test("a save's own deadline ends its retries", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "mine";
    desk.store.beforeApply = async () => {
      desk.clock.advance(60);
      const [other] = await desk.memory.load([["p1"]]);
      await desk.memory.revise(["p1"], () => [
        { kind: "attribute.set", attribute: "views", from: other!.attributes.views, to: other!.version },
      ]);
    };
    await expect(desk.photos.save(photo, { deadline: 50 })).rejects.toMatchObject(code("RETRIES_EXHAUSTED"));
    expect((await desk.photos.get("p1")).title).toBe("");
  });
});
