import { describe, expect, test } from "vitest";
import { releaseTogether, startChild } from "../support/child.js";
import { openTestDatabase } from "../support/open-store.js";
import type { TakeOrder, Taken } from "./image-taker.child.js";
import { imagesIn, onSqlBackends } from "./backends.js";
import { imageIn } from "./two-writers.js";

describe("races between four processes", () => {
  onSqlBackends((place) => {
    test("races 11 and 18: each upload and each lock goes to exactly one", async () => {
      const database = openTestDatabase(place().url);
      const images = imagesIn(database);
      const queued = Array.from({ length: 10 }, () => imageIn("queued")());
      await images.addAll(queued);
      const order: Omit<TakeOrder, "taker"> = { url: place().url, images: queued.map(({ id }) => id) };
      const takers = Array.from({ length: 4 }, (_, taker) =>
        startChild(TAKER, { ...order, taker } satisfies TakeOrder),
      );
      await releaseTogether(takers); // to take uploads
      await releaseTogether(takers); // to take locks
      const taken = (await Promise.all(takers.map(({ output }) => output))) as Taken[];
      for (const kind of ["uploads", "locks"] as const) {
        expect(taken.flatMap((one) => one[kind]).sort()).toEqual(queued.map(({ id }) => id).sort());
      }
      for (const { id } of queued) {
        const now = await images.get(id);
        const holder = taken.findIndex(({ locks }) => locks.includes(id));
        expect([now.status, now.properties.get("os_glance_lock")]).toEqual(["saving", String(holder)]);
        expect(images.versionOf(now)).toBe(3);
      }
      await database.close();
    }, 120_000);
  });
});

const TAKER = new URL("image-taker.child.ts", import.meta.url);
