import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { openTestDatabase } from "../support/open-store.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { environment, imagesIn, newImage, onServer } from "./backends.js";

const CONNECTIONS = 3;

type Work = (images: DistinctImageRepository, image: Image, database: Database) => Promise<unknown>;

const WORK: [name: string, work: Work][] = [
  ["get", (images, { id }) => images.get(id)],
  ["getMany", (images, { id }) => images.getMany([id])],
  ["list", (images) => images.list()],
  ["save of one statement", (images, image) => (image.minDisk++, images.save(image))],
  ["save in a transaction", (images, image) => (image.tags.add("t"), images.save(image))],
  ["add in a transaction", (images) => images.add(newImage({ tags: ["t"] }))],
  ["remove", (images, image) => images.remove(image)],
  ["unit of work", (images, { id }, database) =>
    new SqlUnitOfWork(database, environment).run((tx) => tx.repository(images).update(id, (image) => void image.minDisk++))],
]; // prettier-ignore

describe("over connections that broke in the pool, unnoticed", () => {
  onServer((place) => {
    let proxy: TcpProxy;
    let database: Database;
    let images: DistinctImageRepository;
    beforeAll(async () => {
      const { hostname, port } = new URL(place().url);
      proxy = await TcpProxy.to(hostname, Number(port || 3306));
      database = openTestDatabase(proxy.through(place().url), { poolSize: CONNECTIONS });
      images = imagesIn(database);
    });
    afterAll(async () => {
      await database.close();
      await proxy.close();
    });

    /** Every connection of the pool is open, and has its statements prepared. */
    async function warm(work: Work): Promise<Image> {
      const [image, ...others] = Array.from({ length: CONNECTIONS + 1 }, () => newImage());
      await images.addAll([image!, ...others]);
      for (const other of others) await work(images, other, database);
      await Promise.all(Array.from({ length: CONNECTIONS }, () => images.get(image!.id)));
      return image!;
    }

    test.each(WORK)("%s is done, on another connection", async (_, work) => {
      const image = await warm(work);
      proxy.cut(); // all at once, and nobody gets to read from any of them before the next statement
      await work(images, image, database);
    });

    test("with the server gone for good, a read is not repeated for ever", async () => {
      const image = await warm(WORK[0]![1]);
      proxy.refuses = true;
      proxy.cut();
      await expect(images.get(image.id)).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      proxy.refuses = false;
      expect(await images.get(image.id)).toMatchObject({ id: image.id });
    });

    test("a read whose answer is lost is repeated once", async () => {
      const image = await warm(WORK[0]![1]);
      proxy.breakAt(image.id, "drop reply");
      expect(await images.get(image.id)).toMatchObject({ id: image.id });
    });

    test("a write whose answer is lost is not: it may have been done", async () => {
      const image = await warm(WORK[3]![1]);
      await images.save(Object.assign(image, { minRam: 1 }));
      const before = images.versionOf(image);
      image.minRam = 7;
      proxy.breakAt(image.id, "drop reply");
      await expect(images.save(image)).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      const stored = await images.get(image.id);
      expect([stored.minRam, images.versionOf(stored)]).toEqual([7, before + 1]);
    });
  });
});
