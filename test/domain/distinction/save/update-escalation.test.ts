import { describe, expect, test } from "vitest";
import type { RepositoryObserver } from "../../../../domain/distinction/observer.js";
import { DistinctRepository } from "../../../../domain/distinction/distinct-repository.js";
import { HOT_FOR } from "../../../../domain/distinction/save/hot-records.js";
import { PhotoDesk } from "../../../support/photo-desk.js";
import { photoType, type Photo } from "../../../support/photo.js";
import { code, conflictOf } from "../../../support/repository-outcomes.js";

/** A desk where somebody else changes the title before every write. */
async function crowded(): Promise<PhotoDesk> {
  const desk = await PhotoDesk.with({ title: "" });
  desk.store.beforeApply = (attempt) => desk.other((other) => void (other.title = `theirs ${attempt}`));
  return desk;
}

/** What the first three runs and the one under the lock ask of the store. */
const THREE_LOST = ["load", "apply", "load", "apply", "load", "apply"];

describe("an update that keeps losing", () => {
  test("runs its function once more under a lock, where nobody comes first", async () => {
    const desk = await crowded();
    const seen: string[] = [];
    const append = (photo: Photo): void => {
      seen.push(photo.title);
      photo.title += "!";
    };
    expect(await desk.photos.update("p1", append)).toEqual({ version: 5, written: true, retries: 3 });
    expect(seen).toEqual(["", "theirs 1", "theirs 2", "theirs 3"]);
    expect(desk.store.calls).toEqual([...THREE_LOST, "revise"]);
    expect((await desk.stored()).attributes.title).toBe("theirs 3!");
  });

  test("writes nothing under the lock where there is nothing left to change", async () => {
    const desk = await crowded();
    const once = (photo: Photo): void => void (photo.title = photo.title === "theirs 3" ? photo.title : "mine");
    expect(await desk.photos.update("p1", once)).toEqual({ version: 4, written: false, retries: 3 });
    expect((await desk.stored()).version).toBe(4);
  });

  test("leaves the record as it is where its function throws under the lock, or makes it invalid", async () => {
    const desk = await crowded();
    const failing = (photo: Photo): void => {
      photo.title += "!";
      if (photo.title === "theirs 3!") throw new Error("no");
    };
    await expect(desk.photos.update("p1", failing)).rejects.toThrow("no");
    desk.clock.advance(HOT_FOR);
    const tooLong = (photo: Photo): void => void (photo.title = photo.title === "theirs 6" ? "x".repeat(21) : "mine");
    await expect(desk.photos.update("p1", tooLong)).rejects.toMatchObject(code("INVALID_VALUE"));
    expect((await desk.stored()).attributes.title).toBe("theirs 6");
  });

  test("is RECORD_NOT_FOUND where somebody removes the record meanwhile", async () => {
    const desk = await crowded();
    desk.store.beforeRevise = () => desk.otherRemoves();
    const change = (photo: Photo): void => void (photo.title = "mine");
    await expect(desk.photos.update("p1", change)).rejects.toMatchObject(code("RECORD_NOT_FOUND"));
  });

  test("does not lock while its function waits for something: it goes on without", async () => {
    const desk = await crowded();
    let runs = 0;
    const slow = async (photo: Photo): Promise<void> => {
      runs++;
      photo.title += "!";
      await Promise.resolve();
      if (runs === 6) desk.store.beforeApply = () => undefined;
    };
    expect(await desk.photos.update("p1", slow)).toMatchObject({ retries: 5 });
    expect(desk.store.calls).not.toContain("revise");
  });

  test("gives up the lock for a function that waits all of a sudden, and writes what the next run makes", async () => {
    const desk = await crowded();
    let runs = 0;
    const moody = (photo: Photo): void | Promise<void> => {
      photo.title = `run ${++runs}`;
      if (runs < 4) return;
      desk.store.beforeApply = () => undefined;
      return runs === 4 ? Promise.reject(new Error("nobody waits for this one")) : Promise.resolve();
    };
    expect(await desk.photos.update("p1", moody)).toEqual({ version: 5, written: true, retries: 3 });
    expect(desk.store.calls).toEqual([...THREE_LOST, "revise", "load", "apply"]);
    expect((await desk.stored()).attributes.title).toBe("run 5");
  });

  test("does not run beyond `updateAttempts`, the run under the lock included", async () => {
    const desk = await PhotoDesk.with({}, { retry: { updateAttempts: 3 } });
    desk.store.beforeApply = (attempt) => desk.other((other) => (other.title = `theirs ${attempt}`));
    await conflictOf(desk.photos.update("p1", (photo) => void (photo.title = "mine")));
    expect(desk.store.calls).toEqual(THREE_LOST);
  });

  test("tells its observer of the lock and of what was saved under it", async () => {
    const desk = await crowded();
    const told: unknown[] = [];
    const observer: RepositoryObserver = {
      escalated: (event) => void told.push(event),
      saved: (event) => void told.push(event),
    };
    const environment = { clock: desk.clock, random: () => 0, observer };
    const photos = new DistinctRepository(photoType, desk.store, environment);
    await photos.update("p1", (photo) => void (photo.title += "!"));
    const event = { record: "photo", id: "p1", retries: 3 };
    expect(told).toEqual([event, { ...event, version: 5, changes: 1 }]);
  });

  test("leaves an object that can be used on: the one that its last run changed", async () => {
    const desk = await crowded();
    let last: Photo | undefined;
    await desk.photos.update("p1", (photo) => void ((last = photo).title += "!"));
    desk.store.beforeApply = () => undefined;
    last!.caption = "more";
    expect(await desk.photos.save(last!)).toEqual({ version: 6, written: true, retries: 0 });
  });
});
