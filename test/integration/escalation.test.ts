import { createConnection, type Connection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_RETRY } from "../../domain/distinction/save/retry.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { openTestDatabase } from "../support/open-store.js";
import { OperationLog } from "../support/operation-log.js";
import { driverUrl } from "../support/server/server-version.js";
import { closeAll, environment, imagesIn, imageStore, newImage, onServer } from "./backends.js";
import { interposed } from "./interposed.js";

const ATTEMPTS = DEFAULT_RETRY.optimisticAttempts;

describe("a save that another client comes before, whenever it can", () => {
  onServer((place) => {
    let rival: Connection;
    beforeAll(async () => {
      rival = await createConnection({ uri: driverUrl(place().url) });
    });
    afterAll(() => rival.end());

    /** Whether the image's row was free for another client to lock and to write. */
    const overtaken = async (id: string): Promise<boolean> => {
      await rival.beginTransaction();
      try {
        await rival.query("SELECT 1 FROM images WHERE id = ? FOR UPDATE NOWAIT", [id]);
        await rival.query("UPDATE images SET min_ram = min_ram + 1, version = version + 1 WHERE id = ?", [id]);
        await rival.commit();
        return true;
      } catch (error) {
        await rival.rollback();
        if (LOCKED.includes((error as { errno?: number }).errno)) return false;
        throw error;
      }
    };

    /** A database at which somebody tries to come before every UPDATE, and which of them succeeded. */
    const crowdedAt = (id: string): { readonly crowded: Database; readonly succeeded: readonly boolean[] } => {
      const succeeded: boolean[] = [];
      const rivalry = async (step: string) => void (step === "UPDATE" && succeeded.push(await overtaken(id)));
      return { crowded: interposed(openTestDatabase(place().url), rivalry, systemClock), succeeded };
    };

    test("locks the row after its optimistic attempts, and nobody comes before it then", async () => {
      const database = openTestDatabase(place().url);
      const image = newImage();
      await imagesIn(database).add(image);
      const { crowded, succeeded } = crowdedAt(image.id);
      const log = new OperationLog();
      const images = new DistinctImageRepository(imageStore(crowded), { ...environment, observer: log });
      const mine = await images.get(image.id);
      mine.name = "mine";
      log.take();

      expect(await images.save(mine)).toEqual({ version: 2 + ATTEMPTS, written: true, retries: ATTEMPTS });
      expect(succeeded).toEqual([...Array<boolean>(ATTEMPTS).fill(true), false]);
      expect(log.take().filter((line) => line.startsWith("escalated"))).toEqual([`escalated ${image.id} ${ATTEMPTS}`]);
      expect(await imagesIn(database).get(image.id)).toMatchObject({ name: "mine", minRam: ATTEMPTS });
      await closeAll([crowded, database]);
    });

    test("has the updates that follow lock the row at once, and nobody comes before them", async () => {
      const database = openTestDatabase(place().url);
      const image = newImage();
      await imagesIn(database).add(image);
      const { crowded, succeeded } = crowdedAt(image.id);
      const images = imagesIn(crowded);
      const append = (one: Image): void => void (one.name += "!");
      expect(await images.update(image.id, append)).toMatchObject({ retries: ATTEMPTS });
      for (let version = 3 + ATTEMPTS; version < 6 + ATTEMPTS; version++) {
        expect(await images.update(image.id, append)).toEqual({ version, written: true, retries: 0 });
      }
      expect(succeeded).toEqual([...Array<boolean>(ATTEMPTS).fill(true), ...Array<boolean>(4).fill(false)]);
      expect(await imagesIn(database).get(image.id)).toMatchObject({ name: `${image.name}!!!!`, minRam: ATTEMPTS });
      await closeAll([crowded, database]);
    });
  });
});

/** MySQL's and MariaDB's answer to NOWAIT. */
const LOCKED: readonly (number | undefined)[] = [3572, 1205];
