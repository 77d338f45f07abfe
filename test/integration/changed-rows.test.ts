import "reflect-metadata";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { distinct, unitOfWork } from "../../src/index.js";
import { onServer } from "./backends.js";
import { Label, openDataSource, Photo } from "./entity-fixtures.js";

/** Connections of somebody else may count the rows that a statement changes, where ours count those that it finds. */
onServer((place) => {
  let dataSources: DataSource[];
  beforeAll(async () => {
    dataSources = [
      await openDataSource(place().url, { synchronize: true, extra: { flags: ["-FOUND_ROWS"] } }),
      await openDataSource(place().url, { extra: { flags: ["-FOUND_ROWS"] } }),
    ];
  });
  afterAll(async () => {
    for (const dataSource of dataSources) await dataSource.destroy();
  });

  const photosOf = (dataSource: DataSource) => distinct(dataSource, Photo, { policies: { views: "sum" } });

  test("saves, batches, removals and units do the same on connections that count changed rows", async () => {
    const [own] = dataSources as [DataSource];
    const [mine, theirs] = dataSources.map(photosOf) as [ReturnType<typeof photosOf>, ReturnType<typeof photosOf>];
    const made = own.getRepository(Photo).create({ title: "one", views: 0 });
    const { id } = await own.getRepository(Photo).save(made);
    expect(await own.query("UPDATE photo SET views = 0")).toMatchObject({ affectedRows: 0 }); // it is 0 already

    const [a, b] = [await mine.get(id), await theirs.get(id)];
    a.views += 1;
    a.labels.push(Object.assign(new Label(), { name: "n", weight: 1 }));
    b.views += 2;
    b.title = "two";
    expect(await mine.save(a)).toMatchObject({ written: true, retries: 0 });
    expect(await theirs.save(b)).toMatchObject({ written: true, retries: 1 });
    expect(await theirs.get(id)).toMatchObject({ views: 3, title: "two", labels: [{ name: "n" }] });

    // What another wrote is what this one wants, too: nothing is left to be changed.
    const [same, again] = [await mine.get(id), await theirs.get(id)];
    same.title = again.title = "three";
    await mine.save(same);
    expect(await theirs.save(again)).toMatchObject({ written: false });

    await Promise.all(
      Array.from({ length: 24 }, (_, index) => (index % 2 ? mine : theirs).update(id, (it) => void (it.views += 1))),
    );
    const batch = await mine.getMany([id]);
    batch[0]!.caption = "batch";
    await theirs.update(id, (photo) => void (photo.views += 1));
    await mine.saveAll(batch);
    await unitOfWork(own).run(async (transaction) => {
      const photos = transaction.repository(mine);
      const photo = await photos.get(id);
      photo.labels[0]!.weight = 7;
      await photos.save(photo);
    });
    const last = await theirs.get(id);
    expect(last).toMatchObject({ views: 28, title: "three", caption: "batch", labels: [{ name: "n", weight: 7 }] });

    const stale = await mine.get(id);
    await theirs.update(id, (photo) => void (photo.views += 1));
    await expect(mine.remove(stale)).rejects.toMatchObject({ code: "CONFLICT" });
    await mine.remove(await mine.get(id));
    expect(await mine.find(id)).toBeUndefined();
  });
});
