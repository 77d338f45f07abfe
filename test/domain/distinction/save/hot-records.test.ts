import { describe, expect, test } from "vitest";
import { DistinctRepository } from "../../../../domain/distinction/distinct-repository.js";
import type { RepositoryObserver } from "../../../../domain/distinction/observer.js";
import { HOT_FOR, HotRecords, MOST_HOT } from "../../../../domain/distinction/save/hot-records.js";
import { FakeClock } from "../../../support/fake-clock.js";
import { PhotoDesk } from "../../../support/photo-desk.js";
import { photoType, type Photo } from "../../../support/photo.js";
import { code } from "../../../support/repository-outcomes.js";

describe("hot records", () => {
  test("cool down after a time, counted anew each time that they become hot", () => {
    const clock = new FakeClock();
    const hot = new HotRecords(clock);
    hot.add(["p1"]);
    clock.advance(HOT_FOR - 1);
    expect([hot.has(["p1"]), hot.has(["p2"])]).toEqual([true, false]);
    hot.add(["p1"]);
    clock.advance(HOT_FOR - 1);
    expect(hot.has(["p1"])).toBe(true);
    clock.advance(1);
    expect(hot.has(["p1"])).toBe(false);
  });

  test("are so many at most: of more, those are forgotten that became hot first", () => {
    const hot = new HotRecords(new FakeClock());
    for (let id = 0; id < MOST_HOT; id++) hot.add([id]);
    hot.add([0]);
    hot.add([MOST_HOT]);
    expect([0, 1, 2, MOST_HOT].map((id) => hot.has([id]))).toEqual([true, false, true, true]);
  });
});

const append = (photo: Photo): void => void (photo.title += "!");
const appendLater = async (photo: Photo): Promise<void> => {
  await Promise.resolve();
  photo.title += "!";
};

const retitled = (other: Photo, attempt: number): void => void (other.title = `theirs ${attempt}`);
const viewed = (other: Photo): void => void other.views++;

/** A desk where an update has just lost as often as it takes to lock, and where nobody comes first any more. */
async function heated(change = retitled) {
  const desk = await PhotoDesk.with({ title: "" });
  desk.store.beforeApply = (attempt) => desk.other((other) => change(other, attempt));
  await desk.photos.update("p1", append);
  desk.store.beforeApply = () => undefined;
  desk.store.calls.length = 0;
  return desk;
}

describe("updates of a record that one of them had to lock", () => {
  test.each([
    ["its function began again and again", retitled],
    ["its changes were merged again and again", viewed],
  ])("lock it at once, where %s", async (_, change) => {
    const desk = await heated(change);
    const slept = desk.clock.slept.length;
    const { version, attributes } = await desk.stored();
    expect(await desk.photos.update("p1", append)).toEqual({ version: version + 1, written: true, retries: 0 });
    expect(desk.store.calls).toEqual(["revise"]);
    expect(desk.clock.slept).toHaveLength(slept);
    expect((await desk.stored()).attributes.title).toBe(`${String(attributes.title)}!`);
  });

  test("lock it, too, where they change nothing", async () => {
    const desk = await heated();
    const { version } = await desk.stored();
    const result = await desk.photos.update("p1", () => undefined);
    expect(result).toEqual({ version, written: false, retries: 0 });
    expect(desk.store.calls).toEqual(["revise"]);
  });

  test("tell of the lock, and of no retry", async () => {
    const desk = await PhotoDesk.with({ title: "" });
    const told: unknown[] = [];
    const observer: RepositoryObserver = {
      retried: ({ retries }) => void told.push(["retried", retries]),
      escalated: ({ retries }) => void told.push(["escalated", retries]),
      saved: ({ retries }) => void told.push(["saved", retries]),
    };
    const photos = new DistinctRepository(photoType, desk.store, { clock: desk.clock, random: () => 0, observer });
    desk.store.beforeApply = (attempt) => desk.other((other) => retitled(other, attempt));
    await photos.update("p1", append);
    told.length = 0;
    await photos.update("p1", append);
    expect(told).toEqual([
      ["escalated", 0],
      ["saved", 0],
    ]);
  });

  test("try without a lock again after a while, and one loss does not make it hot", async () => {
    const desk = await heated();
    desk.clock.advance(HOT_FOR);
    desk.store.beforeApply = (attempt) => (attempt === 4 ? desk.other((other) => void (other.title = "?")) : undefined);
    await desk.photos.update("p1", append);
    await desk.photos.update("p1", append);
    expect(desk.store.calls).toEqual(["load", "apply", "load", "apply", "load", "apply"]);
    expect((await desk.stored()).attributes.title).toBe("?!!");
  });

  test("lock it once in vain for a function that answers a promise, and then no more", async () => {
    const desk = await heated();
    expect(await desk.photos.update("p1", appendLater)).toMatchObject({ retries: 0 });
    expect(desk.store.calls.splice(0)).toEqual(["revise", "load", "apply"]);
    await desk.photos.update("p1", appendLater);
    expect(desk.store.calls).toEqual(["load", "apply"]);
    expect((await desk.stored()).attributes.title).toBe("theirs 3!!!");
  });

  test("are not those after updates that met in this process alone", async () => {
    const desk = await PhotoDesk.with({ title: "", views: 0 }, { retry: { optimisticAttempts: 1 } });
    const both = await Promise.all([desk.photos.update("p1", append), desk.photos.update("p1", viewed)]);
    expect(both.map(({ retries }) => retries)).toEqual([0, 1]);
    desk.store.calls.length = 0;
    await desk.photos.update("p1", append);
    expect(desk.store.calls).toEqual(["load", "apply"]);
  });

  test("are not those after one that lost and merged, and did not lock", async () => {
    const desk = await PhotoDesk.with({ title: "" });
    desk.store.beforeApply = (attempt) =>
      attempt <= 4 ? desk.other((other) => (attempt === 2 ? retitled(other, attempt) : viewed(other))) : undefined;
    expect(await desk.photos.update("p1", append)).toMatchObject({ retries: 3 });
    desk.store.calls.length = 0;
    await desk.photos.update("p1", append);
    expect(desk.store.calls).toEqual(["load", "apply"]);
  });

  test("are not those whose functions answer promises: these never lock", async () => {
    const desk = await PhotoDesk.with({ title: "" });
    desk.store.beforeApply = (attempt) => (attempt <= 3 ? desk.other(viewed) : undefined);
    await desk.photos.update("p1", appendLater); // its save does
    desk.store.calls.length = 0;
    await desk.photos.update("p1", appendLater);
    expect(desk.store.calls).toEqual(["load", "apply"]);
  });

  test("wait for the lock one at a time, until their own deadline", async () => {
    const desk = await heated();
    let release!: () => void;
    desk.store.beforeRevise = () => new Promise((resolve) => (release = resolve));
    const first = desk.photos.update("p1", append, { deadline: 60_000 });
    const second = expect(desk.photos.update("p1", append, { deadline: 500 })).rejects.toMatchObject(
      code("RETRIES_EXHAUSTED"),
    );
    const third = desk.photos.update("p1", append, { deadline: 60_000 });
    desk.clock.advance(501);
    await second;
    expect(desk.store.calls).toEqual(["revise"]);
    desk.store.beforeRevise = () => undefined;
    release();
    await Promise.all([first, third]);
    expect(desk.store.calls).toEqual(["revise", "revise"]);
    expect((await desk.stored()).attributes.title).toBe("theirs 3!!!");
  });

  test("do not begin once the signal has aborted", async () => {
    const desk = await heated();
    const aborted = desk.photos.update("p1", append, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject(code("ABORTED"));
    expect(desk.store.calls).toEqual([]);
  });
});
