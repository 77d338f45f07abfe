import "reflect-metadata";
import { EventSubscriber, type DataSource, type EntitySubscriberInterface } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { Label, openDataSource, Photo } from "./entity-fixtures.js";

onSqlBackends((place, backend) => {
  let dataSource: DataSource;
  const heard: string[] = [];
  const sent: string[] = [];
  @EventSubscriber()
  class Listener implements EntitySubscriberInterface<Photo> {
    listenTo() {
      return Photo;
    }
    afterInsert(): void {
      heard.push("insert");
    }
    afterUpdate(): void {
      heard.push("update");
    }
  }
  beforeAll(async () => {
    const logger = { log: () => undefined, logMigration: () => undefined, logQuery: (sql: string) => void sent.push(sql), logQueryError: () => undefined, logQuerySlow: () => undefined, logSchemaBuild: () => undefined }; // prettier-ignore
    dataSource = await openDataSource(place().url, {
      synchronize: true,
      subscribers: [Listener],
      logger,
      logging: true,
    });
  });
  afterAll(() => dataSource.destroy());

  test("subscribers, repositories and query builder go on, and see each other's rows", async () => {
    const photos = distinct(dataSource, Photo);
    const repository = dataSource.getRepository(Photo);
    const own = await repository.save(repository.create({ title: "own" }));
    const photo = await photos.get(own.id);
    photo.title = "ours";
    photo.labels.push(Object.assign(new Label(), { name: "l" }));
    await photos.save(photo);
    expect(heard).toEqual(["insert"]); // subscribers hear of TypeORM's writes alone
    const loaded = await repository.findOneOrFail({ where: { id: own.id }, relations: { labels: true } });
    expect(loaded).toMatchObject({ title: "ours", version: 2, labels: [{ name: "l" }] });
    loaded.caption = "theirs";
    await repository.save(loaded);
    expect(heard).toEqual(["insert", "update"]);
    await repository.createQueryBuilder().update().set({ views: 5 }).where({ id: own.id }).execute();
    photo.title = "merged";
    await photos.save(photo);
    expect(photo).toMatchObject({ title: "merged", caption: "theirs", views: 5, version: 5 });
    expect(sent.some((sql) => sql.includes("UPDATE") && sql.includes("title"))).toBe(true);
    expect(dataSource.isInitialized).toBe(true);
  });

  test("a stale save of TypeORM's puts the version back, which nobody can see, as the guide says", async () => {
    const photos = distinct(dataSource, Photo);
    const repository = dataSource.getRepository(Photo);
    const { id } = await repository.save(repository.create({ title: "own" }));
    const [first, second] = [await repository.findOneByOrFail({ id }), await repository.findOneByOrFail({ id })];
    const ours = await photos.get(id);
    first.views = 1;
    await repository.save(first);
    second.title = "theirs";
    await repository.save(second);
    expect(await repository.findOneByOrFail({ id })).toMatchObject({ title: "theirs", views: 0, version: 1 });
    ours.title = "ours";
    expect(await photos.save(ours)).toEqual({ version: 2, written: true, retries: 0 });
  });

  test("a transaction of TypeORM's that is rolled back takes nothing of ours with it", async () => {
    const photos = distinct(dataSource, Photo);
    const photo = photos.create({ title: "kept" });
    await photos.add(photo);
    const other = photos.create({ title: "other" });
    await photos.add(other);
    let started = (): void => undefined;
    const isOpen = new Promise<void>((resolve) => (started = resolve));
    const theirs = dataSource.transaction(async (manager) => {
      await manager.update(Photo, other.id, { title: "undone" });
      started();
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error("undo");
    });
    const undone = expect(theirs).rejects.toThrow("undo");
    await isOpen;
    photo.title = "stays";
    photo.labels.push(Object.assign(new Label(), { name: "l" }));
    await photos.save(photo);
    await undone;
    expect(await photos.get(photo.id)).toMatchObject({ title: "stays", labels: [{ name: "l" }] });
    expect(await photos.get(other.id)).toMatchObject({ title: "other" });
  });

  if (backend === "SQLite")
    test("two repositories of one database in memory take turns", async () => {
      const memory = await openDataSource("sqlite::memory:", { synchronize: true });
      const [left, right] = [distinct(memory, Photo), distinct(memory, Photo)];
      const photo = left.create({ title: "x" });
      await left.add(photo);
      const edits = Array.from({ length: 20 }, (_, index) =>
        [left, right][index % 2]!.update(photo.id, (each) => {
          each.labels.push(Object.assign(new Label(), { name: `l${index}` }));
        }),
      );
      await Promise.all(edits);
      expect((await left.get(photo.id)).labels).toHaveLength(20);
      await memory.destroy();
    });
});
