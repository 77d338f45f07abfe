import { expect, test } from "vitest";
import { DistinctRepository } from "../../../../domain/distinction/distinct-repository.js";
import { MemoryRecordStore } from "../../../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "../../../support/fake-clock.js";
import { photoType } from "../../../support/photo.js";

/** Removes a record that somebody still holds at version `held`, and adds another under the same id. */
async function reincarnated(firstVersion?: () => number) {
  const clock = new FakeClock();
  const environment = { clock, random: () => 0.5, ...(firstVersion && { firstVersion }) };
  const photos = new DistinctRepository(photoType, new MemoryRecordStore(photoType), environment);
  await photos.add(photos.create({ id: "p1", title: "first" }));
  const held = await photos.get("p1");
  await photos.remove(await photos.get("p1"));
  clock.advance(1);
  await photos.add(photos.create({ id: "p1", title: "second" }));
  return { photos, held };
}

test("a record that was removed and added again is not mistaken for its predecessor", async () => {
  const { photos, held } = await reincarnated();
  held.title = "mine";
  await expect(photos.save(held)).rejects.toMatchObject({
    code: "CONFLICT",
    overlaps: [{ original: "first", mine: "mine", theirs: "second" }],
  });
  await expect(photos.remove(held)).rejects.toMatchObject({ code: "CONFLICT" });
  expect((await photos.get("p1")).title).toBe("second");
});

test("what else is changed in its predecessor is merged into it, unless the save expects what tells them apart", async () => {
  const { photos, held } = await reincarnated();
  held.views += 1;
  await expect(photos.save(held, { expect: ["title"] })).rejects.toMatchObject({
    code: "CONFLICT",
    overlaps: [{ subject: "title", policy: "guard", original: "first", theirs: "second" }],
  });
  await photos.save(held);
  expect(await photos.get("p1")).toMatchObject({ title: "second", views: 1 });
});

test("with versions that restart at 1 it would be: that is what the default prevents", async () => {
  const { photos, held } = await reincarnated(() => 1);
  held.title = "mine";
  await photos.save(held);
  expect((await photos.get("p1")).title).toBe("mine");
});

test("versions start above what a predecessor reached, and stay safe integers for centuries", async () => {
  const { photos, held } = await reincarnated();
  const [before, after] = [photos.versionOf(held), photos.versionOf(await photos.get("p1"))];
  expect(after - before).toBe(1000);
  expect(Date.UTC(2200, 0, 1) * 1000 + 999).toBeLessThan(Number.MAX_SAFE_INTEGER);
});

test.each([Number.NaN, 1.5, 0, -1, Number.MAX_SAFE_INTEGER, "7", undefined])(
  "a record is not added at the version %s",
  async (version) => {
    const environment = { clock: new FakeClock(), random: () => 0.5, firstVersion: () => version as number };
    const photos = new DistinctRepository(photoType, new MemoryRecordStore(photoType), environment);
    const refused = { code: "INVALID_VALUE", faults: [{ path: "firstVersion" }] };
    await expect(photos.add(photos.create({ id: "p1" }))).rejects.toMatchObject(refused);
    expect(await photos.find("p1")).toBeUndefined();
  },
);

test("a function that throws is told by its kind alone, as for every record of a batch, and nothing is added", async () => {
  const firstVersion = (): never => {
    throw new RangeError("s3cret");
  };
  const environment = { clock: new FakeClock(), random: () => 0.5, firstVersion };
  const photos = new DistinctRepository(photoType, new MemoryRecordStore(photoType), environment);
  const reason = "a whole number, and the function threw RangeError";
  await expect(photos.add(photos.create({ id: "p1" }))).rejects.toMatchObject({
    code: "INVALID_VALUE",
    faults: [{ path: "firstVersion", reason }],
  });
  await expect(photos.addAll([photos.create({ id: "p1" }), photos.create({ id: "p2" })])).rejects.toMatchObject({
    code: "INVALID_VALUE",
    faults: [
      { path: "[0].firstVersion", reason },
      { path: "[1].firstVersion", reason },
    ],
  });
  expect(await photos.find("p1")).toBeUndefined();
});

test("the time may have parts of a millisecond, and has to be one", async () => {
  const addedAt = async (now: number): Promise<number> => {
    const clock = Object.assign(new FakeClock(), { now: () => now });
    const photos = new DistinctRepository(photoType, new MemoryRecordStore(photoType), { clock, random: () => 0.5 });
    const photo = photos.create({ id: "p1" });
    await photos.add(photo);
    return photos.versionOf(photo);
  };
  expect(await addedAt(1_000.0005)).toBe(1_000_500);
  await expect(addedAt(Number.NaN)).rejects.toMatchObject({ code: "INVALID_VALUE" });
});
