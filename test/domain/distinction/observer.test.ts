import { expect, test } from "vitest";
import type { RepositoryObserver } from "../../../domain/distinction/observer.js";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import { FakeClock } from "../../support/fake-clock.js";
import { PhotoDesk } from "../../support/photo-desk.js";
import { photoType } from "../../support/photo.js";

/** A desk whose repository tells everything, in order. */
async function observed() {
  const desk = await PhotoDesk.with({ title: "old" });
  const told: unknown[] = [];
  const observer: RepositoryObserver = {
    retried: ({ id, retries }) => void told.push(`retried ${id} ${retries}`),
    escalated: ({ id, retries }) => void told.push(`escalated ${id} ${retries}`),
    conflicted: ({ overlaps }) => void told.push(`conflict ${overlaps.map(({ path }) => path).join()}`),
    saved: ({ id, version, retries, changes }) => void told.push(`saved ${id} @${version} ${retries} ${changes}`),
    around: async (operation, { record }, work) => {
      told.push(`${operation} ${record} {`);
      return work().finally(() => told.push("}"));
    },
  };
  const environment = { clock: new FakeClock(), random: () => 0.5, observer };
  const photos = new DistinctRepository(photoType, desk.store, environment);
  const foreign = (count: number): void => {
    desk.store.beforeApply = async () => {
      if (count-- > 0)
        await desk.memory.revise(["p1"], ({ attributes: { views } }) => [
          { kind: "attribute.set", attribute: "views", from: views, to: Number(views) + 1 },
        ]);
    };
  };
  return { desk, photos, told, foreign };
}

test("an observer is told of a save, and of one that had nothing to write", async () => {
  const { photos, told } = await observed();
  const photo = await photos.get("p1");
  photo.title = "new";
  await photos.save(photo);
  await photos.save(photo);
  expect(told).toEqual(["save photo {", "saved p1 @2 0 1", "}", "save photo {", "saved p1 @2 0 0", "}"]);
});

test("an observer is told of each retry and of the escalation", async () => {
  const { photos, told, foreign } = await observed();
  const photo = await photos.get("p1");
  photo.title = "new";
  foreign(3);
  await photos.save(photo);
  expect(told).toEqual([
    "save photo {",
    "retried p1 1",
    "retried p1 2",
    "retried p1 3",
    "escalated p1 3",
    "saved p1 @5 3 1",
    "}",
  ]);
});

test("an observer is told of a conflict, which is thrown all the same", async () => {
  const { desk, photos, told } = await observed();
  const photo = await photos.get("p1");
  await desk.photos.update("p1", (other) => void (other.title = "theirs"));
  photo.title = "mine";
  await expect(photos.save(photo)).rejects.toMatchObject({ code: "CONFLICT" });
  expect(told).toEqual(["save photo {", "conflict title", "}"]);
});
