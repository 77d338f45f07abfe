import { describe, expect, test } from "vitest";
import { DEFAULT_RETRY } from "../../domain/distinction/save/retry.js";
import { releaseTogether, startChild } from "../support/child.js";
import { openTestDatabase } from "../support/open-store.js";
import { imagesIn, newImage, onSqlBackends } from "./backends.js";
import type { UpdatesDone, UpdatesOrder } from "./updater.child.js";

const WORKER = new URL("updater.child.ts", import.meta.url);
const PROCESSES = 4;
const UPDATES = 40;

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
      const runs = done.flatMap((one) => one.runs);
      expect(runs).toHaveLength(PROCESSES * UPDATES);
      // Three optimistic runs and one under the lock; the server may give up on a transaction, and it runs again.
      const { optimisticAttempts } = DEFAULT_RETRY;
      expect(Math.max(...runs)).toBeLessThanOrEqual(optimisticAttempts + 2);
      const underLock = runs.filter((count) => count > optimisticAttempts).length;
      expect(done.reduce((sum, one) => sum + one.escalations, 0)).toBe(underLock);
      await database.close();
    }, 120_000);
  });
});
