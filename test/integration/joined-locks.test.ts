import "reflect-metadata";
import type { DataSource } from "typeorm";
import { expect, test } from "vitest";
import { joinTransaction } from "../../src/composition/existing-data-source.js";
import { onSqlBackends } from "./backends.js";
import { labelled, photosOf, TwoServices } from "./two-services.js";

onSqlBackends((place, backend) => {
  const services = new TwoServices(place);

  test("an update sees, under its lock, what the transaction itself cannot see yet", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      await inside.get(id);
      if (backend === "server") await photosOf(services.theirs).update(id, (photo) => void (photo.title = "theirs"));
      await inside.update(id, (photo) => void (photo.title += "!"));
    });
    expect((await photos.get(id)).title).toBe(backend === "server" ? "theirs!" : "before!");
  });

  // On SQLite the data source has one connection, so that nobody can come between.
  if (backend === "SQLite") return;

  test.each(["READ COMMITTED", "REPEATABLE READ"] as const)(
    "merges with who came first, although the transaction saw what was before; under %s",
    async (isolation) => {
      const photos = photosOf(services.mine);
      const [id, fresh] = [await services.stored(["a"]), photos.create({ title: "fresh" })];
      await services.mine.transaction(isolation, async (manager) => {
        const inside = joinTransaction(manager).repository(photos);
        const photo = await inside.get(id);
        await photosOf(services.theirs).update(id, (other) => {
          other.views += 5;
          other.labels.push(labelled("b"));
        });
        const twin = photosOf(services.theirs).create({ id: fresh.id, title: "theirs" });
        await photosOf(services.theirs).add(twin);
        photo.title = "mine";
        photo.views += 1;
        photo.labels.push(labelled("c"));
        expect(await inside.save(photo)).toMatchObject({ retries: 1, version: 3 });
        expect(photo).toMatchObject({ title: "mine", views: 6 });
        await expect(inside.add(fresh)).rejects.toMatchObject({ code: "RECORD_EXISTS" });
        await expect(inside.addAll([fresh])).rejects.toMatchObject({ code: "RECORD_EXISTS" });
      });
      const now = await photos.get(id);
      expect(now.labels.map(({ name }) => name).sort()).toEqual(["a", "b", "c"]);
      expect(now).toMatchObject({ title: "mine", views: 6, version: 3 });
    },
  );

  test.each(["READ COMMITTED", "REPEATABLE READ"] as const)("throws a conflict, once; under %s", async (isolation) => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    let runs = 0;
    const run = services.mine.transaction(isolation, async (manager) => {
      runs++;
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      await photosOf(services.theirs).update(id, (other) => other.rename("theirs"));
      photo.rename("mine");
      await inside.save(photo);
    });
    await expect(run).rejects.toMatchObject({ code: "CONFLICT", overlaps: [{ path: "title", theirs: "theirs" }] });
    expect(runs).toBe(1);
    expect(await photos.get(id)).toMatchObject({ title: "theirs", version: 2 });
  });

  test("a deadlock is thrown as a lost transaction, and nothing more is sent in it", async () => {
    const [left, right] = [await services.stored(), await services.stored()];
    const locked = [latch(), latch()] as const;
    const raise = (dataSource: DataSource, ids: readonly [string, string], side: 0 | 1) =>
      dataSource.transaction(async (manager) => {
        const inside = joinTransaction(manager).repository(photosOf(dataSource));
        await inside.update(ids[0], (photo) => void photo.views++);
        locked[side].open();
        await locked[1 - side]!.opened;
        try {
          await inside.update(ids[1], (photo) => void photo.views++);
        } catch (error) {
          await expect(inside.update(ids[0], (photo) => void photo.views++)).rejects.toBe(error);
          throw error;
        }
      });
    const ends = await Promise.allSettled([
      raise(services.mine, [left, right], 0),
      raise(services.theirs, [right, left], 1),
    ]);
    const lost = ends.filter((end) => end.status === "rejected");
    expect(lost).toMatchObject([{ reason: { code: "TRANSACTION_LOST", cause: { errno: 1213 } } }]);
    for (const id of [left, right])
      expect(await photosOf(services.mine).get(id)).toMatchObject({ views: 1, version: 2 });
  });

  test("a lock timeout leaves nothing of the save, whatever becomes of the transaction", async () => {
    const id = await services.stored();
    const holder = services.theirs.createQueryRunner();
    await holder.startTransaction();
    await holder.query("SELECT * FROM label WHERE photoId = ? FOR UPDATE", [id]);
    await services.mine.transaction(async (manager) => {
      await manager.query("SET SESSION innodb_lock_wait_timeout = 1");
      const inside = joinTransaction(manager).repository(photosOf(services.mine));
      const photo = await inside.get(id);
      photo.title = "half";
      photo.labels.push(labelled("l"));
      await expect(inside.save(photo)).rejects.toMatchObject({ code: "TRANSACTION_LOST", cause: { errno: 1205 } });
      await manager.query("SET SESSION innodb_lock_wait_timeout = DEFAULT");
    });
    await holder.rollbackTransaction();
    await holder.release();
    expect(await photosOf(services.mine).get(id)).toMatchObject({ title: "before", version: 1, labels: [] });
  });
});

function latch(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
