import { expect, test } from "vitest";
import { DistinctRepository } from "../../../../domain/distinction/distinct-repository.js";
import { MemoryRecordStore } from "../../../../infrastructure/memory/memory-record-store.js";
import { Savepoints } from "../../../../infrastructure/persistence/connection/savepoints.js";
import { FakeClock } from "../../../support/fake-clock.js";
import { WatchedStore } from "../../../support/photo-desk.js";
import { photoState, photoType } from "../../../support/photo.js";

/** A store in a transaction whose owner may go back to savepoints. */
class UndoableStore extends WatchedStore {
  readonly moments = new Savepoints();
}

test("a save that was undone is known as that, whatever was asked of the object while it was under way", async () => {
  const store = new UndoableStore(new MemoryRecordStore(photoType));
  const photos = new DistinctRepository(photoType, store, { clock: new FakeClock(), random: () => 0 });
  await store.insert(photoState({}));
  const photo = await photos.get("p1");
  store.moments.sent("SAVEPOINT part");
  photo.title = "undone";
  store.beforeApply = () => {
    store.moments.sent("ROLLBACK TO SAVEPOINT part");
    expect(photos.versionOf(photo)).toBe(1); // as it was loaded, ahead of the part
  };
  await photos.save(photo);
  const undone = { code: "UNTRACKED_RECORD", message: expect.stringContaining("load it again") as string };
  expect(() => photos.versionOf(photo)).toThrowError(expect.objectContaining(undone));
});
