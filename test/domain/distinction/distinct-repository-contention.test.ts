import { describe, expect, test } from "vitest";
import { PhotoDesk } from "../../support/photo-desk.js";
import type { Photo } from "../../support/photo.js";
import { code, conflictOf, seen } from "../../support/repository-outcomes.js";

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

  test("counts both steps where another writer came to the same value during `update`", async () => {
    const desk = await PhotoDesk.with();
    desk.store.beforeApply = (attempt) => (attempt === 1 ? desk.other((other) => void other.width++) : undefined);
    await desk.photos.update("p1", (photo) => void photo.width++);
    expect((await desk.stored()).attributes.width).toBe(2);
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

  test("tells which of the foreign changes broke what the removal expects, and knows what can be expected", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    await desk.other((other) => {
      other.title = "theirs";
      other.tags.add("theirs");
      other.caption = "theirs";
    });
    const { overlaps } = await conflictOf(desk.photos.remove(photo, { expect: ["title", "tags", "camera"] }));
    expect(overlaps.map(({ path, policy }) => [path, policy])).toEqual([
      ["caption", "strict"],
      ["title", "guard"],
      ['tags["theirs"]', "guard"],
    ]);
    await expect(desk.photos.remove(photo, { expect: ["titel"] })).rejects.toMatchObject(code("INVALID_VALUE"));
    await desk.photos.remove(await desk.photos.get("p1"), { expect: ["title"] });
    expect(await desk.photos.find("p1")).toBeUndefined();
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
