import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { releaseTogether, startChild } from "../support/child.js";
import { openTestDatabase } from "../support/open-store.js";
import { environment, imagesIn, newImage, onServer, onSqlBackends } from "./backends.js";
import type { TransferOrder, TransfersDone } from "./unit-worker.child.js";

const WORKER = new URL("unit-worker.child.ts", import.meta.url);
const ROUNDS = 60;
const START = 1_000;

describe("units of work in several processes", () => {
  onSqlBackends((place) => {
    let database: Database;
    beforeAll(() => {
      database = openTestDatabase(place().url);
    });
    afterAll(() => database.close());

    test("that transfer between two records in opposite orders keep the sum and lose nothing", async () => {
      const images = imagesIn(database);
      const [one, two] = [newImage({ minDisk: START }), newImage({ minDisk: START })];
      await images.add(one);
      await images.add(two);
      const [before, beside] = [images.versionOf(one), images.versionOf(two)];
      const orders: TransferOrder[] = [
        { url: place().url, images: [one.id, two.id], rounds: ROUNDS },
        { url: place().url, images: [two.id, one.id], rounds: ROUNDS / 2 },
        { url: place().url, images: [two.id, one.id], rounds: ROUNDS / 3 },
      ];
      const children = orders.map((order) => startChild(WORKER, order));
      await releaseTogether(children);
      const done = (await Promise.all(children.map((child) => child.output))) as TransfersDone[];
      expect(done.map(({ acknowledged }) => acknowledged)).toEqual(orders.map(({ rounds }) => rounds));
      const [first, second] = [await images.get(one.id), await images.get(two.id)];
      const moved = ROUNDS - ROUNDS / 2 - ROUNDS / 3;
      expect([first.minDisk, second.minDisk]).toEqual([START - moved, START + moved]);
      expect([first.properties.get("moved"), second.properties.get("moved")]).toEqual([
        String(ROUNDS),
        String(ROUNDS / 2 + ROUNDS / 3),
      ]);
      const writes = ROUNDS + ROUNDS / 2 + ROUNDS / 3;
      expect([images.versionOf(first) - before, images.versionOf(second) - beside]).toEqual([writes, writes]);
    }, 120_000);
  });
});

describe("a unit of work that keeps losing", () => {
  onServer((place) => {
    test("locks what it loads, and so is committed while others go on writing", async () => {
      const [mine, theirs] = [openTestDatabase(place().url), openTestDatabase(place().url)];
      const [images, others] = [imagesIn(mine), imagesIn(theirs)];
      const image = newImage();
      await images.add(image);
      let rivals = 0;
      let stop = false;
      const rival = (async () => {
        while (!stop) {
          await others.update(image.id, (one) => void one.minRam++);
          rivals++;
        }
      })();
      const attempts: number[] = [];
      const units = new SqlUnitOfWork(mine, environment);
      for (let round = 0; round < 5; round++) {
        await units.run(async (tx) => {
          attempts.push(tx.attempt);
          const inside = tx.repository(images);
          const loaded = await inside.get(image.id);
          loaded.minDisk++;
          await new Promise((resolve) => setTimeout(resolve, 30)); // long enough to lose every race without a lock
          await inside.save(loaded);
        });
      }
      stop = true;
      await rival;
      const now = await images.get(image.id);
      expect([now.minDisk, now.minRam]).toEqual([5, rivals]);
      expect(Math.max(...attempts)).toBeLessThanOrEqual(5);
      expect(Math.max(...attempts)).toBeGreaterThan(3);
      await mine.close();
      await theirs.close();
    });

    test.each<[string, (images: DistinctImageRepository, id: string) => Promise<Image>]>([
      ["one by one", (images, id) => images.get(id)],
      ["several", async (images, id) => (await images.getMany([id]))[0]!],
      ["a list", async (images, id) => (await images.list({ where: { name: { eq: id } } })).records[0]!],
    ])("locks what it loads: %s", async (_, load) => {
      const [mine, theirs] = [openTestDatabase(place().url), openTestDatabase(place().url)];
      const [images, others] = [imagesIn(mine), imagesIn(theirs)];
      const image = newImage();
      await images.add(Object.assign(image, { name: image.id }));
      const lock = { sql: "SELECT 1 FROM images WHERE id = ? FOR UPDATE NOWAIT", parameters: [image.id] };
      const isLocked = (): Promise<boolean> =>
        theirs
          .lend((connection) => connection.rows(lock))
          .then(
            () => false,
            () => true,
          );
      await new SqlUnitOfWork(mine, environment).run(async (tx) => {
        const inside = tx.repository(images);
        const loaded = await load(inside, image.id);
        expect(await isLocked()).toBe(tx.attempt > 3);
        if (tx.attempt <= 3) await others.update(image.id, (one) => void one.minRam++);
        loaded.minDisk++;
        await inside.save(loaded);
      });
      const now = await images.get(image.id);
      expect([now.minDisk, now.minRam]).toEqual([1, 3]);
      await mine.close();
      await theirs.close();
    });
  });
});
