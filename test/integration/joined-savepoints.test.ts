import "reflect-metadata";
import type { DataSource } from "typeorm";
import { expect, test } from "vitest";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { distinct } from "../../src/composition/distinct.js";
import { joinTransaction } from "../../src/composition/existing-data-source.js";
import { onSqlBackends } from "./backends.js";
import { Label, Photo } from "./entity-fixtures.js";
import { labelled, photosOf, TwoServices } from "./two-services.js";

type Photos = ReturnType<typeof photosOf>;

const UNDONE = { code: "UNTRACKED_RECORD", message: expect.stringContaining("load it again") as string };

onSqlBackends((place, backend) => {
  const services = new TwoServices(place);

  test("what was loaded or saved in a part that the owner undid is refused, and nothing else is", async () => {
    const photos = photosOf(services.mine);
    const [id, other] = [await services.stored(), await services.stored()];
    await services.mine.transaction(async (manager) => {
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
      await expect(inside.save(one)).rejects.toMatchObject(UNDONE);
      await expect(inside.save(two)).rejects.toMatchObject(UNDONE);
      await expect(inside.remove(two)).rejects.toMatchObject(UNDONE);
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

  test("an object is refused, too, whose save was sent when the owner went back: it is undone", async () => {
    const { photos, amid } = interruptible(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      await manager.query("SAVEPOINT part");
      photo.title = "undone";
      await amid(() => manager.query("ROLLBACK TO SAVEPOINT part"), inside.save(photo));
      photo.views = 1;
      await expect(inside.save(photo)).rejects.toMatchObject(UNDONE);
    });
    expect(await photos.get(id)).toMatchObject({ title: "before", views: 0 });
  });

  test("a save is refused that was asked for, and not sent, when the owner went back", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      let saving: Promise<unknown> = Promise.resolve();
      const nested = manager.transaction(() => {
        photo.title = "undone";
        saving = inside.save(photo);
        saving.catch(() => undefined);
        return Promise.reject(new Error("not this part"));
      });
      await expect(nested).rejects.toThrow("not this part");
      await expect(saving).rejects.toMatchObject(UNDONE);
    });
    expect(await photos.get(id)).toMatchObject({ title: "before" });
  });

  const WRITES: [string, (inside: Photos, photo: Photo) => Promise<unknown>][] = [
    ["save", (inside, photo) => inside.save(photo)],
    ["saveAll", (inside, photo) => inside.saveAll([photo])],
    ["remove", (inside, photo) => inside.remove(photo)],
  ];

  test.each(WRITES)("a %s that waits for its turn while the owner goes back overwrites nothing", async (_, write) => {
    const { photos, amid } = interruptible(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const other = joinTransaction(manager).repository(photos);
      const two = await other.get(id);
      await manager.query("SAVEPOINT part");
      await inside.update(id, (photo) => void (photo.title = "undone"));
      const one = await inside.get(id);
      two.caption = "stored";
      one.caption = "lost";
      const goBack = async (): Promise<unknown> => {
        for (let tick = 0; tick < 60; tick++) await Promise.resolve(); // both are in the queue by then
        return manager.query("ROLLBACK TO SAVEPOINT part");
      };
      await amid(() => Promise.allSettled([other.save(two), write(inside, one), goBack()]), inside.get(id));
    });
    // On SQLite both have had their turn by then, and are undone; on a server neither has, and both are refused.
    expect((await photos.get(id)).caption).not.toBe("lost");
  });

  const LOADS: [string, (inside: Photos, id: string, loaded: Photo) => Promise<Photo>][] = [
    ["get", (inside, id) => inside.get(id)],
    ["getMany", async (inside, id) => (await inside.getMany([id]))[0]!],
    ["list", async (inside, id) => (await inside.list({ where: { id: { eq: id } } })).records[0]!],
    ["reload", (inside, _, loaded) => inside.reload(loaded)],
  ];

  test.each(LOADS)("what %s gives is refused where the owner went back before it was given", async (_, load) => {
    const { photos, amid } = interruptible(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      await manager.query("SAVEPOINT part");
      await inside.update(id, (photo) => void (photo.title = "undone"));
      const loaded = await inside.get(id);
      const photo = await amid(() => manager.query("ROLLBACK TO SAVEPOINT part"), load(inside, id, loaded));
      expect(photo.title).toBe("undone");
      await inside.update(id, (other) => void (other.caption = "stored")); // as the version that the photo has
      photo.caption = "lost";
      await expect(inside.save(photo)).rejects.toMatchObject(UNDONE);
    });
    expect(await photos.get(id)).toMatchObject({ title: "before", caption: "stored" });
  });

  const ADDITIONS: [string, (inside: Photos, photo: Photo) => Promise<void>][] = [
    ["add", (inside, photo) => inside.add(photo)],
    ["addAll", (inside, photo) => inside.addAll([photo])],
  ];

  test.each(ADDITIONS)("what %s stored is refused where the owner went back before it answered", async (_, add) => {
    const { photos, amid } = interruptible(services.mine);
    const id = await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      await manager.query("SAVEPOINT part");
      const photo = inside.create({ title: "undone" });
      await amid(() => manager.query("ROLLBACK TO SAVEPOINT part"), add(inside, photo));
      await inside.add(inside.create({ id: photo.id, title: "stored" })); // as the version that the photo has
      photo.title = "lost";
      await expect(inside.save(photo)).rejects.toMatchObject(UNDONE);
      return photo.id;
    });
    expect(await photos.get(id)).toMatchObject({ title: "stored" });
  });

  test("an object whose removal the owner undid is refused as one whose save was, and the record can be loaded", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      await manager.query("SAVEPOINT part");
      await inside.remove(photo);
      await expect(inside.save(photo)).rejects.toMatchObject({ code: "RECORD_REMOVED" });
      await manager.query("ROLLBACK TO SAVEPOINT part");
      await expect(inside.save(photo)).rejects.toMatchObject(UNDONE);
      await expect(inside.reload(photo)).rejects.toMatchObject(UNDONE);
      const again = await inside.get(id);
      again.title = "stored";
      await inside.save(again);
      await inside.remove(again);
    });
    expect(await photos.find(id)).toBeUndefined();
  });

  test("an update loads again where the owner undid what it has loaded", async () => {
    const { photos, amid } = interruptible(services.mine);
    const id = await services.stored();
    const seen: string[] = [];
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const goBack = (): Promise<unknown> => manager.query("ROLLBACK TO SAVEPOINT part");
      await manager.query("SAVEPOINT part");
      await inside.update(id, (photo) => void (photo.title = "undone"));
      await inside.update(id, async (photo) => {
        seen.push(photo.title);
        if (seen.length === 1) await goBack();
        photo.title += " once";
      });
      await manager.query("SAVEPOINT part");
      await inside.update(id, (photo) => void (photo.title = "undone"));
      const append = (photo: Photo): void => {
        seen.push(photo.title);
        photo.title += ", twice";
      };
      await amid(goBack, inside.update(id, append));
    });
    expect(seen).toEqual(["undone", "before", "undone", "before once"]);
    expect(await photos.get(id)).toMatchObject({ title: "before once, twice", version: 3 });
  });

  /** Returns how to allow them again. */
  async function refuseBadLabels(): Promise<() => Promise<void>> {
    const refusal = backend === "SQLite" ? "SELECT RAISE(ABORT, 'refused');" : "SIGNAL SQLSTATE '45000';";
    const condition = backend === "SQLite" ? "WHEN NEW.name = 'bad' BEGIN" : "BEGIN IF NEW.name = 'bad' THEN";
    await services.mine.query(
      `CREATE TRIGGER refuse BEFORE INSERT ON label FOR EACH ROW ${condition} ${refusal} ${backend === "SQLite" ? "" : "END IF;"} END`,
    );
    return async () => void (await services.mine.query("DROP TRIGGER refuse"));
  }

  test("a save that fails half done leaves nothing of itself, and the transaction goes on", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    const allow = await refuseBadLabels();
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      photo.title = "half"; // written before the labels
      photo.labels.push(labelled("bad"));
      await expect(inside.save(photo)).rejects.toMatchObject({ code: "DATABASE_ERROR" });
      await manager.insert(Label, { photoId: id, name: "kept" });
    });
    await allow();
    expect(await photos.get(id)).toMatchObject({ title: "before", version: 1, labels: [{ name: "kept" }] });
  });

  test("a save that fails takes nothing along of what TypeORM writes beside it, nor of another join", async () => {
    const photos = photosOf(services.mine);
    const [id, other, third] = [await services.stored(), await services.stored(), await services.stored()];
    const allow = await refuseBadLabels();
    await services.mine.transaction(async (manager) => {
      const [inside, elsewhere] = [joinTransaction(manager), joinTransaction(manager)].map((tx) =>
        tx.repository(photos),
      ) as [typeof photos, typeof photos];
      const [failing, fine] = [await inside.get(id), await elsewhere.get(other)];
      failing.title = "half";
      failing.labels.push(labelled("bad"));
      fine.title = "fine";
      fine.labels.push(labelled("good"));
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
});

/** Photos of a repository amid whose statements something else may begin. */
function interruptible(dataSource: DataSource) {
  let interrupt: (() => void) | undefined;
  const onStatement = ({ kind }: StatementEvent): void => {
    if (kind !== "statement") return;
    interrupt?.();
    interrupt = undefined;
  };
  const photos = distinct(dataSource, Photo, { random: () => 0, onStatement });
  /** Begins `other` when the first statement of `work` is answered, before anybody is told what it answered. */
  const amid = async <T>(other: () => Promise<unknown>, work: Promise<T>): Promise<T> => {
    let begun: Promise<unknown> | undefined;
    interrupt = () => void (begun = other());
    const result = await work;
    await begun!;
    return result;
  };
  return { photos, amid };
}
