import { expect, test } from "vitest";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import { MemoryUnitOfWork } from "../../../infrastructure/memory/memory-unit-of-work.js";
import { FakeClock } from "../../support/fake-clock.js";
import { OperationLog } from "../../support/operation-log.js";
import { PhotoDesk } from "../../support/photo-desk.js";
import { photoType } from "../../support/photo.js";

/** A desk whose repository tells everything, in order. */
async function observed() {
  const desk = await PhotoDesk.with({ title: "old" });
  const log = new OperationLog();
  const environment = { clock: new FakeClock(), random: () => 0.5, observer: log };
  const photos = new DistinctRepository(photoType, desk.store, environment);
  const foreign = (count: number): void => {
    desk.store.beforeApply = async () => {
      if (count-- > 0)
        await desk.memory.revise(["p1"], ({ attributes: { views } }) => [
          { kind: "attribute.set", attribute: "views", from: views, to: Number(views) + 1 },
        ]);
    };
  };
  return { desk, photos, log, foreign, environment };
}

const GET = ["get photo p1 {", "}"];

test("an observer is told of a save, and of one that had nothing to write", async () => {
  const { photos, log } = await observed();
  const photo = await photos.get("p1");
  photo.title = "new";
  await photos.save(photo);
  await photos.save(photo);
  const saves = ["save photo p1 {", "saved p1 0 1", "}", "save photo p1 {", "saved p1 0 0", "}"];
  expect(log.take()).toEqual([...GET, ...saves]);
});

test("an observer is told of each retry and of the escalation", async () => {
  const { photos, log, foreign } = await observed();
  const photo = await photos.get("p1");
  photo.title = "new";
  foreign(3);
  log.take();
  await photos.save(photo);
  expect(log.take()).toEqual([
    "save photo p1 {",
    "retried p1 1",
    "retried p1 2",
    "retried p1 3",
    "escalated p1 3",
    "saved p1 3 1",
    "}",
  ]);
});

test("an observer is told of a conflict, which is thrown all the same, of a save and of a removal", async () => {
  const { desk, photos, log } = await observed();
  const photo = await photos.get("p1");
  await desk.photos.update("p1", (other) => void (other.title = "theirs"));
  photo.title = "mine";
  log.take();
  await expect(photos.save(photo)).rejects.toMatchObject({ code: "CONFLICT" });
  expect(log.take()).toEqual(["save photo p1 {", "conflict title", "}"]);
  await expect(photos.remove(photo)).rejects.toMatchObject({ code: "CONFLICT" });
  expect(log.take()).toEqual(["remove photo p1 {", "conflict title", "}"]);
});

test("an observer is told of an update with what it does, of its runs that were lost, and of no conflict before the last", async () => {
  const { desk, photos, log } = await observed();
  const theirs = (times: number) => {
    desk.store.beforeApply = (attempt) =>
      attempt <= times ? desk.other((other) => void (other.title = `theirs ${attempt}`)) : undefined;
  };
  theirs(1);
  await photos.update("p1", (photo) => void (photo.title += "!"));
  const save = (...told: string[]): string[] => ["save photo p1 {", ...told, "}"];
  const lost = [...GET, ...save(), "retried p1 1"];
  expect(log.take()).toEqual(["update photo p1 {", ...lost, ...GET, ...save("saved p1 0 1"), "}"]);

  theirs(Infinity);
  const patient = { retry: { updateAttempts: 1 }, clock: desk.clock, random: () => 0, observer: log };
  const once = new DistinctRepository(photoType, desk.store, patient);
  await expect(once.update("p1", (photo) => void (photo.title = "mine"))).rejects.toMatchObject({ code: "CONFLICT" });
  expect(log.take()).toEqual(["update photo p1 {", ...GET, ...save(), "conflict title", "}"]);
});

test("an observer is told of everything else that a repository does, with what it works on", async () => {
  const { photos, log } = await observed();
  const [one, two] = [photos.create({ id: "one" }), photos.create({ id: "two" })];
  await photos.add(one);
  await photos.addAll([two]);
  expect(await photos.find("nobody")).toBeUndefined();
  await photos.reload(one);
  await photos.getMany(["one", "two", "one"]);
  await photos.list();
  one.title = "new";
  await photos.saveAll([one, two]);
  await photos.remove(one);
  expect(log.take()).toEqual([
    ...["add photo one {", "}", "addAll photo 1 {", "}", "get photo nobody {", "}", "get photo one {", "}"],
    ...["getMany photo 3 {", "}", "list photo {", "}"],
    ...["saveAll photo 2 {", "saved one 0 1", "saved two 0 0", "}", "remove photo one {", "}"],
  ]);
});

test("an observer is told of a unit of work with what is done inside, and of its runs that were lost", async () => {
  const { desk, log, environment } = await observed();
  const photos = new DistinctRepository(photoType, desk.memory, environment);
  await new MemoryUnitOfWork(environment).run(async (tx) => {
    const inside = tx.repository(photos);
    const photo = await inside.get("p1");
    if (tx.attempt <= 3) await desk.other((other) => void other.views++);
    photo.title = "inside";
    await inside.save(photo);
  });
  const run = [...GET, "save photo p1 {", "saved p1 0 1", "}"];
  const again = ["unit retried 1", ...run, "unit retried 2", ...run, "unit retried 3, locking", ...run];
  expect(log.take()).toEqual(["unitOfWork {", ...run, ...again, "}"]);
});
