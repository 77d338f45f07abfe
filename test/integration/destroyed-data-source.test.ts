import "reflect-metadata";
import { expect, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { unitOfWork } from "../../src/composition/existing-data-source.js";
import { onServer } from "./backends.js";
import { openDataSource, Photo } from "./entity-fixtures.js";
import { labelled } from "./two-services.js";

onServer((place) => {
  test("work amid which its owner destroys the data source is done, or told that there is no database", async () => {
    const plain = await openDataSource(place().url, { synchronize: true });
    const stored = distinct(plain, Photo).create({ title: "before" });
    await distinct(plain, Photo).add(stored);
    const dataSource = await openDataSource(place().url, { poolSize: 1 });
    const photos = distinct(dataSource, Photo, { policies: { views: "sum" } });
    await photos.get(stored.id);
    const rise = (photo: Photo): void => void (photo.views += 1);
    const works = [
      () => photos.update(stored.id, rise),
      () => photos.update(stored.id, (photo) => void photo.labels.push(labelled("a"))),
      () => unitOfWork(dataSource).run((tx) => tx.repository(photos).update(stored.id, rise)),
      () => photos.getMany([stored.id]),
    ];
    const outcomes = works.map((work) => work().then(() => "done", (error: { code?: string }) => error.code ?? error)); // prettier-ignore
    await dataSource.destroy();
    for (const outcome of await Promise.all(outcomes)) expect(["done", "DATABASE_UNAVAILABLE"]).toContain(outcome);
    await expect(photos.get(stored.id)).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    await plain.destroy();
  });
});
