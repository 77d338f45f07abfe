import "reflect-metadata";
import type { EntityManager, EntitySubscriberInterface } from "typeorm";
import { expect, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { historyIn, joinTransaction, unitOfWork } from "../../src/composition/existing-data-source.js";
import { onSqlBackends } from "./backends.js";
import { Membership, openDataSource, Photo } from "./entity-fixtures.js";
import { labelled, photosOf, TwoServices } from "./two-services.js";

onSqlBackends((place, backend) => {
  const services = new TwoServices(place);

  test("saves are part of the transaction: seen in it, committed with it, undone with it", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored(["a"]);
    const work = async (manager: EntityManager): Promise<string> => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      photo.title = "inside";
      photo.labels.push(labelled("b"));
      await inside.save(photo);
      const added = inside.create({ title: "added" });
      await inside.add(added);
      expect((await manager.findOneByOrFail(Photo, { id })).title).toBe("inside");
      await manager.save(Membership, { team: "joined", person: 1 });
      return added.id;
    };
    let undone: string | undefined;
    const failing = services.mine.transaction(async (manager) => {
      undone = await work(manager);
      throw new Error("undo");
    });
    await expect(failing).rejects.toThrow("undo");
    expect(await photos.get(id)).toMatchObject({ title: "before", version: 1 });
    expect(await photos.find(undone!)).toBeUndefined();
    const added = await services.mine.transaction(work);
    expect((await photos.get(id)).labels.map(({ name }) => name).sort()).toEqual(["a", "b"]);
    expect(await photos.get(added)).toMatchObject({ title: "added" });
    expect(await services.mine.getRepository(Membership).countBy({ team: "joined" })).toBe(1);
  });

  test("sees what TypeORM wrote before it in the transaction, and merges with that", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      await manager.update(Photo, id, { caption: "TypeORM's" });
      photo.title = "ours";
      expect(await inside.save(photo)).toMatchObject({ retries: 1, version: 3 });
      photo.title = "again";
      await manager.update(Photo, id, { title: "theirs" });
      await expect(inside.save(photo)).rejects.toMatchObject({ code: "CONFLICT", overlaps: [{ path: "title" }] });
    });
    expect(await photos.get(id)).toMatchObject({ title: "theirs", caption: "TypeORM's" });
  });

  test.each([0, 1, 2, 4, 8, 16, 32])(
    "a save that is not awaited is stored whole or not at all (%i ticks)",
    async (ticks) => {
      const photos = photosOf(services.mine);
      const id = await services.stored(["old"]);
      let save: Promise<unknown> | undefined;
      await services.mine.transaction(async (manager) => {
        const inside = joinTransaction(manager).repository(photos);
        const photo = await inside.get(id);
        photo.title = "late";
        photo.labels = [labelled("new")];
        save = inside.save(photo).then(
          () => "saved",
          (error: unknown) => error,
        );
        for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      });
      const end = await save;
      if (end !== "saved") expect(end).toMatchObject({ code: "TRANSACTION_ENDED" });
      expect(await photos.get(id)).toMatchObject(
        end === "saved" ? { title: "late", labels: [{ name: "new" }] } : { title: "before", labels: [{ name: "old" }] },
      );
    },
  );

  test("a subscriber of the data source may send statements from within others, beside a save", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    const asked: unknown[] = [];
    const subscriber: EntitySubscriberInterface = {
      async afterQuery({ query, queryRunner }) {
        if (query === "SELECT 1 AS outer_one") asked.push(await queryRunner.query("SELECT 2 AS inner_one"));
      },
    };
    services.mine.subscribers.push(subscriber);
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      photo.title = "beside";
      photo.labels.push(labelled("l"));
      await Promise.all([manager.query("SELECT 1 AS outer_one"), inside.save(photo)]);
    });
    services.mine.subscribers.splice(services.mine.subscribers.indexOf(subscriber), 1);
    expect(asked).toHaveLength(1);
    expect(await photos.get(id)).toMatchObject({ title: "beside", labels: [{ name: "l" }] });
  });

  test("what a join gave is of no use in the runner's next transaction, which can be joined anew", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    const runner = services.mine.createQueryRunner();
    await runner.startTransaction();
    const former = joinTransaction(runner.manager).repository(photos);
    await former.update(id, (photo) => photo.rename("first"));
    await runner.commitTransaction();
    await runner.startTransaction();
    await expect(former.get(id)).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
    await joinTransaction(runner.manager)
      .repository(photos)
      .update(id, (photo) => photo.rename("second"));
    await runner.rollbackTransaction();
    await runner.release();
    expect(await photos.get(id)).toMatchObject({ title: "first", version: 2 });
  });

  test("the same repository however often it is asked, and batches and lists work in it", async () => {
    const photos = photosOf(services.mine);
    const ids = [await services.stored(), await services.stored()];
    await services.mine.transaction(async (manager) => {
      const tx = joinTransaction(manager);
      const inside = tx.repository(photos);
      expect(tx.repository(photos)).toBe(inside);
      const both = await inside.getMany(ids);
      await manager.increment(Photo, { id: ids[0]! }, "views", 5);
      await manager.query(`UPDATE photo SET version = version + 1 WHERE id = '${ids[0]}'`);
      for (const photo of both) photo.views++;
      expect((await inside.saveAll(both)).map(({ retries }) => retries)).toEqual([1, 0]);
      await Promise.all(both.map((photo) => ((photo.title = "side by side"), inside.save(photo))));
      expect((await inside.list({ where: { title: { eq: "side by side" } } })).records).toHaveLength(2);
      await inside.remove(both[1]!);
    });
    expect(await photos.get(ids[0]!)).toMatchObject({ views: 6, title: "side by side" });
    expect(await photos.find(ids[1]!)).toBeUndefined();
  });

  test("the history is written in the transaction, under the name that the join gives", async () => {
    const photos = distinct(services.mine, Photo, { random: () => 0, history: true, actor: () => "ann" });
    const photo = photos.create({ title: "history" });
    await photos.add(photo);
    const rename = (actor: string | undefined, fail: boolean) =>
      services.mine.transaction(async (manager) => {
        const tx = joinTransaction(manager, actor === undefined ? {} : { actor });
        await tx.repository(photos).update(photo.id, (each) => each.rename(`by ${actor}`));
        if (fail) throw new Error("undo");
      });
    await rename("bob", false);
    await expect(rename("eve", true)).rejects.toThrow("undo");
    await rename(undefined, false);
    const entries = await historyIn(services.mine).historyOf(photos.type, photo.id);
    expect(entries.map(({ actor, versionTo }) => [actor, versionTo])).toEqual([
      ["ann", 1],
      ["bob", 2],
      ["ann", 3],
    ]);
  });

  test("refuses managers without a transaction, ended ones, and repositories of others", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    expect(() => joinTransaction(services.mine.manager)).toThrowError(
      expect.objectContaining({ code: "TRANSACTION_ENDED" }),
    );
    const [tx, inside] = await services.mine.transaction(async (manager) => {
      const joined = joinTransaction(manager);
      expect(() => joined.repository(photosOf(services.theirs))).toThrowError(
        expect.objectContaining({ code: "UNIT_MISUSED" }),
      );
      const repository = joined.repository(photos);
      const photo = await repository.get(id);
      photo.title = "late";
      return [joined, repository, photo] as const;
    });
    expect(() => tx.repository(photos)).toThrowError(expect.objectContaining({ code: "TRANSACTION_ENDED" }));
    await expect(inside.get(id)).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
    const unit = unitOfWork(services.mine).run((scope) => Promise.resolve(scope.repository(inside)));
    await expect(unit).rejects.toMatchObject({ code: "UNIT_MISUSED" });
  });

  if (backend === "SQLite") return; // where a data source has one connection in any case

  test("needs no connection but the transaction's own", async () => {
    const alone = await openDataSource(place().url, { extra: { connectionLimit: 1 } });
    const photos = photosOf(alone);
    const id = await services.stored();
    await alone.transaction(async (manager) => {
      await joinTransaction(manager)
        .repository(photos)
        .update(id, (photo) => photo.rename("alone"));
    });
    expect(await photos.get(id)).toMatchObject({ title: "alone" });
    await alone.destroy();
  });
});
