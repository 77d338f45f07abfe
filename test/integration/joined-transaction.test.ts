import "reflect-metadata";
import type { DataSource, EntityManager, EntitySubscriberInterface } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HISTORY_MIGRATIONS } from "../../infrastructure/persistence/migrations/index.js";
import { distinct } from "../../src/composition/distinct.js";
import { historyIn, joinTransaction, unitOfWork } from "../../src/composition/existing-data-source.js";
import { onSqlBackends } from "./backends.js";
import { Label, Membership, openDataSource, Photo } from "./entity-fixtures.js";

onSqlBackends((place, backend) => {
  let mine: DataSource;
  let theirs: DataSource;
  beforeAll(async () => {
    mine = await openDataSource(place().url, { synchronize: true, migrations: [...HISTORY_MIGRATIONS] });
    await mine.runMigrations();
    theirs = await openDataSource(place().url);
  });
  afterAll(async () => {
    await mine.destroy();
    await theirs.destroy();
  });

  const photosOf = (dataSource: DataSource) =>
    distinct(dataSource, Photo, { random: () => 0, policies: { views: "sum" } });

  async function stored(labels: string[] = []): Promise<string> {
    const photos = photosOf(mine);
    const photo = photos.create({ title: "before" });
    photo.labels = labels.map((name) => Object.assign(new Label(), { name }));
    await photos.add(photo);
    return photo.id;
  }

  /** Returns how to allow them again. */
  async function refuseBadLabels(): Promise<() => Promise<void>> {
    const refusal = backend === "SQLite" ? "SELECT RAISE(ABORT, 'refused');" : "SIGNAL SQLSTATE '45000';";
    const condition = backend === "SQLite" ? "WHEN NEW.name = 'bad' BEGIN" : "BEGIN IF NEW.name = 'bad' THEN";
    await mine.query(
      `CREATE TRIGGER refuse BEFORE INSERT ON label FOR EACH ROW ${condition} ${refusal} ${backend === "SQLite" ? "" : "END IF;"} END`,
    );
    return async () => void (await mine.query("DROP TRIGGER refuse"));
  }

  test("what was loaded or saved in a part that the owner undid is refused, and nothing else is", async () => {
    const photos = photosOf(mine);
    const [id, other] = [await stored(), await stored()];
    const undone = { code: "UNTRACKED_RECORD", message: expect.stringContaining("load it again") as string };
    await mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const [before, one] = [await inside.get(other), await inside.get(id)];
      let two = one;
      const nested = manager.transaction(async () => {
        one.title = "undone";
        await inside.save(one);
        two = await inside.get(id);
        throw new Error("not this part");
      });
      await expect(nested).rejects.toThrow("not this part");
      await inside.update(id, (photo) => void (photo.title = "stored"));
      one.views = two.views = 1; // both have the version that is stored now
      await expect(inside.save(one)).rejects.toMatchObject(undone);
      await expect(inside.save(two)).rejects.toMatchObject(undone);
      await expect(inside.remove(two)).rejects.toMatchObject(undone);
      await manager.transaction(async () => {
        before.title = "kept";
        await inside.save(before);
      });
      before.views = 2;
      await inside.save(before);
      const again = await inside.get(id);
      again.views = 3;
      await inside.save(again);
    });
    expect(await photos.get(id)).toMatchObject({ title: "stored", views: 3 });
    expect(await photos.get(other)).toMatchObject({ title: "kept", views: 2 });
  });

  test("an object is refused, too, whose save was under way when the owner went back: it may be undone", async () => {
    const photos = photosOf(mine);
    const id = await stored();
    await mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      let saving: Promise<unknown> = Promise.resolve();
      const nested = manager.transaction(() => {
        photo.title = "undone";
        saving = inside.save(photo);
        return Promise.reject(new Error("not this part"));
      });
      await expect(nested).rejects.toThrow("not this part");
      await saving;
      photo.views = 1;
      await expect(inside.save(photo)).rejects.toMatchObject({ code: "UNTRACKED_RECORD" });
    });
    expect(await photos.get(id)).toMatchObject({ views: 0 });
  });

  test("saves are part of the transaction: seen in it, committed with it, undone with it", async () => {
    const photos = photosOf(mine);
    const id = await stored(["a"]);
    const work = async (manager: EntityManager): Promise<string> => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      photo.title = "inside";
      photo.labels.push(Object.assign(new Label(), { name: "b" }));
      await inside.save(photo);
      const added = inside.create({ title: "added" });
      await inside.add(added);
      expect((await manager.findOneByOrFail(Photo, { id })).title).toBe("inside");
      await manager.save(Membership, { team: "joined", person: 1 });
      return added.id;
    };
    let undone: string | undefined;
    const failing = mine.transaction(async (manager) => {
      undone = await work(manager);
      throw new Error("undo");
    });
    await expect(failing).rejects.toThrow("undo");
    expect(await photos.get(id)).toMatchObject({ title: "before", version: 1 });
    expect(await photos.find(undone!)).toBeUndefined();
    const added = await mine.transaction(work);
    expect((await photos.get(id)).labels.map(({ name }) => name).sort()).toEqual(["a", "b"]);
    expect(await photos.get(added)).toMatchObject({ title: "added" });
    expect(await mine.getRepository(Membership).countBy({ team: "joined" })).toBe(1);
  });

  test("an update sees, under its lock, what the transaction itself cannot see yet", async () => {
    const photos = photosOf(mine);
    const id = await stored();
    await mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      await inside.get(id);
      if (backend === "server") await photosOf(theirs).update(id, (photo) => void (photo.title = "theirs"));
      await inside.update(id, (photo) => void (photo.title += "!"));
    });
    expect((await photos.get(id)).title).toBe(backend === "server" ? "theirs!" : "before!");
  });

  test("sees what TypeORM wrote before it in the transaction, and merges with that", async () => {
    const photos = photosOf(mine);
    const id = await stored();
    await mine.transaction(async (manager) => {
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

  test("a save that fails half done leaves nothing of itself, and the transaction goes on", async () => {
    const photos = photosOf(mine);
    const id = await stored();
    const allow = await refuseBadLabels();
    await mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      photo.title = "half"; // written before the labels
      photo.labels.push(Object.assign(new Label(), { name: "bad" }));
      await expect(inside.save(photo)).rejects.toMatchObject({ code: "DATABASE_ERROR" });
      await manager.insert(Label, { photoId: id, name: "kept" });
    });
    await allow();
    expect(await photos.get(id)).toMatchObject({ title: "before", version: 1, labels: [{ name: "kept" }] });
  });

  test("a save that fails takes nothing along of what TypeORM writes beside it, nor of another join", async () => {
    const photos = photosOf(mine);
    const [id, other, third] = [await stored(), await stored(), await stored()];
    const allow = await refuseBadLabels();
    await mine.transaction(async (manager) => {
      const [inside, elsewhere] = [joinTransaction(manager), joinTransaction(manager)].map((tx) =>
        tx.repository(photos),
      ) as [typeof photos, typeof photos];
      const [failing, fine] = [await inside.get(id), await elsewhere.get(other)];
      failing.title = "half";
      failing.labels.push(Object.assign(new Label(), { name: "bad" }));
      fine.title = "fine";
      fine.labels.push(Object.assign(new Label(), { name: "good" }));
      const increments = async (): Promise<void> => {
        for (let time = 0; time < 4; time++) await manager.increment(Photo, { id: third }, "views", 1);
      };
      const ends = await Promise.allSettled([inside.save(failing), elsewhere.save(fine), increments()]);
      expect(ends.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    });
    await allow();
    expect(await photos.get(id)).toMatchObject({ title: "before", version: 1, labels: [] });
    expect(await photos.get(other)).toMatchObject({ title: "fine", version: 2, labels: [{ name: "good" }] });
    expect((await photos.get(third)).views).toBe(4);
  });

  test.each([0, 1, 2, 4, 8, 16, 32])(
    "a save that is not awaited is stored whole or not at all (%i ticks)",
    async (ticks) => {
      const photos = photosOf(mine);
      const id = await stored(["old"]);
      let save: Promise<unknown> | undefined;
      await mine.transaction(async (manager) => {
        const inside = joinTransaction(manager).repository(photos);
        const photo = await inside.get(id);
        photo.title = "late";
        photo.labels = [Object.assign(new Label(), { name: "new" })];
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
    const photos = photosOf(mine);
    const id = await stored();
    const asked: unknown[] = [];
    const subscriber: EntitySubscriberInterface = {
      async afterQuery({ query, queryRunner }) {
        if (query === "SELECT 1 AS outer_one") asked.push(await queryRunner.query("SELECT 2 AS inner_one"));
      },
    };
    mine.subscribers.push(subscriber);
    await mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      photo.title = "beside";
      photo.labels.push(Object.assign(new Label(), { name: "l" }));
      await Promise.all([manager.query("SELECT 1 AS outer_one"), inside.save(photo)]);
    });
    mine.subscribers.splice(mine.subscribers.indexOf(subscriber), 1);
    expect(asked).toHaveLength(1);
    expect(await photos.get(id)).toMatchObject({ title: "beside", labels: [{ name: "l" }] });
  });

  test("what a join gave is of no use in the runner's next transaction, which can be joined anew", async () => {
    const photos = photosOf(mine);
    const id = await stored();
    const runner = mine.createQueryRunner();
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
    const photos = photosOf(mine);
    const ids = [await stored(), await stored()];
    await mine.transaction(async (manager) => {
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
    const photos = distinct(mine, Photo, { random: () => 0, history: true, actor: () => "ann" });
    const photo = photos.create({ title: "history" });
    await photos.add(photo);
    const rename = (actor: string | undefined, fail: boolean) =>
      mine.transaction(async (manager) => {
        const tx = joinTransaction(manager, actor === undefined ? {} : { actor });
        await tx.repository(photos).update(photo.id, (each) => each.rename(`by ${actor}`));
        if (fail) throw new Error("undo");
      });
    await rename("bob", false);
    await expect(rename("eve", true)).rejects.toThrow("undo");
    await rename(undefined, false);
    const entries = await historyIn(mine).historyOf(photos.type, photo.id);
    expect(entries.map(({ actor, versionTo }) => [actor, versionTo])).toEqual([
      ["ann", 1],
      ["bob", 2],
      ["ann", 3],
    ]);
  });

  test("refuses managers without a transaction, ended ones, and repositories of others", async () => {
    const photos = photosOf(mine);
    const id = await stored();
    expect(() => joinTransaction(mine.manager)).toThrowError(expect.objectContaining({ code: "TRANSACTION_ENDED" }));
    const [tx, inside] = await mine.transaction(async (manager) => {
      const joined = joinTransaction(manager);
      expect(() => joined.repository(photosOf(theirs))).toThrowError(expect.objectContaining({ code: "UNIT_MISUSED" }));
      const repository = joined.repository(photos);
      const photo = await repository.get(id);
      photo.title = "late";
      return [joined, repository, photo] as const;
    });
    expect(() => tx.repository(photos)).toThrowError(expect.objectContaining({ code: "TRANSACTION_ENDED" }));
    await expect(inside.get(id)).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
    const unit = unitOfWork(mine).run((scope) => Promise.resolve(scope.repository(inside)));
    await expect(unit).rejects.toMatchObject({ code: "UNIT_MISUSED" });
  });

  // On SQLite the data source has one connection, so that nobody can come between.
  if (backend === "SQLite") return;

  test.each(["READ COMMITTED", "REPEATABLE READ"] as const)(
    "merges with who came first, although the transaction saw what was before; under %s",
    async (isolation) => {
      const photos = photosOf(mine);
      const [id, fresh] = [await stored(["a"]), photos.create({ title: "fresh" })];
      await mine.transaction(isolation, async (manager) => {
        const inside = joinTransaction(manager).repository(photos);
        const photo = await inside.get(id);
        await photosOf(theirs).update(id, (other) => {
          other.views += 5;
          other.labels.push(Object.assign(new Label(), { name: "b" }));
        });
        const twin = photosOf(theirs).create({ id: fresh.id, title: "theirs" });
        await photosOf(theirs).add(twin);
        photo.title = "mine";
        photo.views += 1;
        photo.labels.push(Object.assign(new Label(), { name: "c" }));
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
    const photos = photosOf(mine);
    const id = await stored();
    let runs = 0;
    const run = mine.transaction(isolation, async (manager) => {
      runs++;
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      await photosOf(theirs).update(id, (other) => other.rename("theirs"));
      photo.rename("mine");
      await inside.save(photo);
    });
    await expect(run).rejects.toMatchObject({ code: "CONFLICT", overlaps: [{ path: "title", theirs: "theirs" }] });
    expect(runs).toBe(1);
    expect(await photos.get(id)).toMatchObject({ title: "theirs", version: 2 });
  });

  test("a deadlock is thrown as a lost transaction, and nothing more is sent in it", async () => {
    const [left, right] = [await stored(), await stored()];
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
    const ends = await Promise.allSettled([raise(mine, [left, right], 0), raise(theirs, [right, left], 1)]);
    const lost = ends.filter((end) => end.status === "rejected");
    expect(lost).toMatchObject([{ reason: { code: "TRANSACTION_LOST", cause: { errno: 1213 } } }]);
    for (const id of [left, right]) expect(await photosOf(mine).get(id)).toMatchObject({ views: 1, version: 2 });
  });

  test("a lock timeout leaves nothing of the save, whatever becomes of the transaction", async () => {
    const id = await stored();
    const holder = theirs.createQueryRunner();
    await holder.startTransaction();
    await holder.query("SELECT * FROM label WHERE photoId = ? FOR UPDATE", [id]);
    await mine.transaction(async (manager) => {
      await manager.query("SET SESSION innodb_lock_wait_timeout = 1");
      const inside = joinTransaction(manager).repository(photosOf(mine));
      const photo = await inside.get(id);
      photo.title = "half";
      photo.labels.push(Object.assign(new Label(), { name: "l" }));
      await expect(inside.save(photo)).rejects.toMatchObject({ code: "TRANSACTION_LOST", cause: { errno: 1205 } });
      await manager.query("SET SESSION innodb_lock_wait_timeout = DEFAULT");
    });
    await holder.rollbackTransaction();
    await holder.release();
    expect(await photosOf(mine).get(id)).toMatchObject({ title: "before", version: 1, labels: [] });
  });

  test("needs no connection but the transaction's own", async () => {
    const alone = await openDataSource(place().url, { extra: { connectionLimit: 1 } });
    const photos = photosOf(alone);
    const id = await stored();
    await alone.transaction(async (manager) => {
      await joinTransaction(manager)
        .repository(photos)
        .update(id, (photo) => photo.rename("alone"));
    });
    expect(await photos.get(id)).toMatchObject({ title: "alone" });
    await alone.destroy();
  });
});

function latch(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
