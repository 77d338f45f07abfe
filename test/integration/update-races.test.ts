import { describe, expect, test } from "vitest";
import type { RepositoryObserver } from "../../domain/distinction/observer.js";
import { DEFAULT_RETRY } from "../../domain/distinction/save/retry.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import { releaseTogether, startChild } from "../support/child.js";
import { openTestDatabase } from "../support/open-store.js";
import { closeAll, environment, imagesIn, imageStore, newImage, onSqlBackends } from "./backends.js";
import type { UpdatesDone, UpdatesOrder } from "./updater.child.js";

const WORKER = new URL("updater.child.ts", import.meta.url);
const PROCESSES = 4;
const UPDATES = 40;
const { optimisticAttempts } = DEFAULT_RETRY;

describe("four processes that raise one counter of one image", () => {
  onSqlBackends((place) => {
    test("lose no step, and none runs its function more than once under the lock", async () => {
      const database = openTestDatabase(place().url);
      const images = imagesIn(database);
      const image = newImage();
      await images.add(image);
      const before = images.versionOf(image);
      const order: UpdatesOrder = { url: place().url, image: image.id, updates: UPDATES };
      const children = Array.from({ length: PROCESSES }, () => startChild(WORKER, order));
      await releaseTogether(children);
      const done = (await Promise.all(children.map(({ output }) => output))) as UpdatesDone[];

      const now = await images.get(image.id);
      expect(now.minDisk).toBe(PROCESSES * UPDATES);
      expect(images.versionOf(now) - before).toBe(PROCESSES * UPDATES);
      for (const updates of done) {
        expect(updates).toHaveLength(UPDATES);
        for (const [index, { runs, escalated }] of updates.entries()) {
          expect(escalated.length).toBeLessThanOrEqual(1);
          const [retries = runs - 1] = escalated;
          expect(retries).toBeLessThanOrEqual(optimisticAttempts);
          expect(runs).toBeGreaterThan(retries);
          // One run under the lock; the server may give up on a transaction, and it runs again.
          expect(runs).toBeLessThanOrEqual(retries + 2);
          // Who locks at once, does so because this process had to lock before.
          const before = updates.slice(0, index).flatMap((one) => one.escalated);
          if (escalated.length > 0 && retries < optimisticAttempts) expect(before).toContain(optimisticAttempts);
        }
      }
      await database.close();
    }, 120_000);
  });
});

const WRITERS = 6;
const ROUNDS = 4;

const count = (image: Image): void => void image.minDisk++;
const countSlowly = async (image: Image): Promise<void> => {
  await Promise.resolve();
  count(image);
};

describe("writers of one image with a repository and a connection each, who lock it at once after one loss", () => {
  onSqlBackends((place) => {
    test("lose nothing of what they count, set, decide on slowly, or save", async () => {
      const atOnce: string[] = [];
      const observer: RepositoryObserver = {
        escalated: ({ id, retries }) => void (retries === 0 && atOnce.push(id)),
      };
      const databases = Array.from({ length: WRITERS }, () => openTestDatabase(place().url));
      const all = databases.map((database) => {
        const environmentOfOne = { ...environment, retry: { optimisticAttempts: 1 }, observer };
        return new DistinctImageRepository(imageStore(database), environmentOfOne);
      });
      const image = newImage();
      await all[0]!.add(image);
      const write = async (images: DistinctImageRepository, writer: string): Promise<void> => {
        for (let round = 1; round <= ROUNDS; round++) {
          await images.update(image.id, count);
          await images.update(image.id, count);
          await images.update(image.id, (one) => void one.properties.set(writer, `${round}`));
          await images.update(image.id, countSlowly);
          const loaded = await images.get(image.id);
          loaded.tags.add(`${writer} ${round}`);
          await images.save(loaded);
        }
      };
      await Promise.all(all.map((images, writer) => write(images, `writer ${writer}`)));

      const now = await all[0]!.get(image.id);
      const writers = all.map((_, writer) => `writer ${writer}`);
      expect(now.minDisk).toBe(WRITERS * ROUNDS * 3);
      expect(Object.fromEntries(now.properties)).toMatchObject(
        Object.fromEntries(writers.map((writer) => [writer, `${ROUNDS}`])),
      );
      const tags = writers.flatMap((writer) => Array.from({ length: ROUNDS }, (_, index) => `${writer} ${index + 1}`));
      expect([...now.tags].sort()).toEqual(tags.sort());
      expect(all[0]!.versionOf(now)).toBe(1 + WRITERS * ROUNDS * 5);
      expect(new Set(atOnce)).toEqual(new Set([image.id]));
      await closeAll(databases);
    }, 120_000);
  });
});
