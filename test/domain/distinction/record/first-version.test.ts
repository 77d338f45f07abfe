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
