import { describe, expect, test } from "vitest";
import { PhotoDesk } from "../../support/photo-desk.js";
import { photoType, type Photo } from "../../support/photo.js";
import { code, conflictOf, seen } from "../../support/repository-outcomes.js";

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
      faults: [{ path: "capton", reason: "unknown attribute of photo, in expect" }],
    });
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
