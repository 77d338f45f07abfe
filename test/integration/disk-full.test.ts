import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { CatalogueLine } from "../../src/application/images/catalogue-line.js";
import { importImages, type ImportReport } from "../../src/application/images/import-images.js";
import { told } from "../../src/cli/images/told.js";
import { FakeClock } from "../support/fake-clock.js";
import { openTestDatabase } from "../support/open-store.js";
import { environment, imagesIn, newImage, onServer, onSqlite } from "./backends.js";
import { interposed, type Step } from "./interposed.js";

const full = (code: string): object => ({ code: "DATABASE_ERROR", cause: { code } });

describe("a database file that cannot grow", () => {
  onSqlite((place) => {
    let database: Database;
    let images: DistinctImageRepository;
    beforeAll(() => {
      database = openTestDatabase(place().url);
      images = imagesIn(database);
    });
    afterAll(() => database.close());

    const pragma = async (text: string): Promise<number> => {
      const [row] = await database.session((session) => session.rows({ sql: `PRAGMA ${text}`, parameters: [] }));
      return Number(row![0]);
    };
    /** Leaves no room, until the test is finished. */
    const fill = async (): Promise<() => Promise<void>> => {
      await pragma(`max_page_count = ${await pragma("page_count")}`);
      const room = async (): Promise<void> => void (await pragma("max_page_count = 1073741823"));
      onTestFinished(room);
      return room;
    };
    const large = (index: number): [string, string] => [`large ${index}`, "x".repeat(60_000)];
    const stored = async (name: string): Promise<Image> => {
      const image = newImage({ name });
      await images.add(image);
      return image;
    };

    test("takes nothing of a save in part, which succeeds once there is room", async () => {
      const image = await stored("old");
      const room = await fill();
      image.name = "new";
      for (let index = 0; index < 5; index++) image.properties.set(...large(index));
      await expect(images.save(image)).rejects.toMatchObject(full("SQLITE_FULL"));
      const now = await images.get(image.id);
      expect([now.name, now.properties.size, images.versionOf(now)]).toEqual(["old", 0, 1]);
      await room();
      expect(await images.save(image)).toMatchObject({ version: 2, written: true });
      expect((await images.get(image.id)).properties.size).toBe(5);
    });

    test("ends an import with how to go on; the batches before are stored, and the next run adds the rest", async () => {
      const lines = Array.from({ length: 300 }, (_, index) => ({
        number: index + 1,
        content: { text: JSON.stringify({ id: randomUUID(), properties: { k: "x".repeat(6_000) } }) },
      }));
      async function* catalogue(): AsyncGenerator<CatalogueLine> {
        yield* lines;
      }
      const run = (): Promise<ImportReport> =>
        importImages({ images, clock: { now: Date.now } }, catalogue(), {
          onLine: () => undefined,
          signal: new AbortController().signal,
        });
      await pragma(`max_page_count = ${(await pragma("page_count")) + 330}`);
      const error = await run().catch((reason: unknown) => reason);
      expect(error).toMatchObject(full("SQLITE_FULL"));
      expect(told(error)).toBe("no space left; make some and run it again to go on");
      await pragma("max_page_count = 1073741823");
      const { imported, existing, bad } = await run();
      expect([imported + existing, bad]).toEqual([300, 0]);
      expect(existing % 100).toBe(0);
      expect(existing).toBeGreaterThan(0);
    });

    test("takes nothing of a new record, a batch or a unit of work in part", async () => {
      const [one, two] = [await stored("one"), await stored("two")];
      await fill();
      const added = newImage({ properties: Array.from({ length: 5 }, (_, index) => large(index)) });
      await expect(images.add(added)).rejects.toMatchObject(full("SQLITE_FULL"));
      for (const image of [one, two]) {
        image.name = "changed";
        image.properties.set(...large(0)).set(...large(1));
      }
      await expect(images.saveAll([one, two])).rejects.toMatchObject(full("SQLITE_FULL"));
      const unit = new SqlUnitOfWork(database, environment).run(async (tx) => {
        const inside = tx.repository(images);
        for (const { id } of [one, two]) {
          const image = await inside.get(id);
          image.name = "changed";
          image.properties.set(...large(0)).set(...large(1));
          await inside.save(image);
        }
      });
      await expect(unit).rejects.toMatchObject(full("SQLITE_FULL"));
      expect(await images.find(added.id)).toBeUndefined();
      const now = await images.getMany([one.id, two.id]);
      expect(now.map(({ name, properties }) => [name, properties.size])).toEqual([
        ["one", 0],
        ["two", 0],
      ]);
    });
  });
});

describe("a table that is full", () => {
  const STEPS: readonly Step[] = ["BEGIN", "UPDATE", "INSERT", "COMMIT"];
  const REASONS = [
    { errno: 1114, code: "ER_RECORD_FILE_FULL" },
    { errno: 1021, code: "ER_DISK_FULL" },
  ];
  onServer((place) => {
    test.each(STEPS.flatMap((step) => REASONS.map((reason) => [step, reason] as const)))(
      "at %s (%o): nothing is written, nothing is tried again, and the same save succeeds later",
      async (step, reason) => {
        const clock = new FakeClock();
        let isFull = true;
        const failing = interposed(
          openTestDatabase(place().url),
          (one) => {
            if (isFull && one === step) throw Object.assign(new Error("The table 'images' is full"), reason);
          },
          clock,
        );
        onTestFinished(() => failing.close());
        const images = imagesIn(failing);
        const image = newImage({ name: "old" });
        isFull = false;
        await images.add(image);
        isFull = true;
        image.name = "new";
        image.properties.set("k", "v");
        await expect(images.save(image)).rejects.toMatchObject(full(reason.code));
        isFull = false;
        const now = await images.get(image.id);
        expect([now.name, now.properties.size, images.versionOf(now), clock.slept]).toEqual(["old", 0, 1, []]);
        expect(await images.save(image)).toEqual({ version: 2, written: true, retries: 0 });
      },
    );
  });
});
