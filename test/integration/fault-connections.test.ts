import { createConnection, type Connection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { openTestDatabase } from "../support/open-store.js";
import { driverUrl } from "../support/server/server-version.js";
import { imagesIn, onServer, onSqlBackends } from "./backends.js";
import { interposed } from "./interposed.js";
import { edit, expectEdited, expectUnchanged, failureOf, stored, STEPS } from "./faulty-save.js";

describe("a connection that breaks", () => {
  onSqlBackends((place) => {
    test("after COMMIT, before the answer: saving again finds its changes stored, and writes nothing twice", async () => {
      let broken = false;
      const breaking = interposed(
        openTestDatabase(place().url),
        async (step, session) => {
          if (step !== "COMMIT" || broken) return;
          broken = true;
          await session.run({ sql: "COMMIT", parameters: [], varying: true });
          throw Object.assign(new Error("gone"), { code: "PROTOCOL_CONNECTION_LOST" });
        },
        systemClock,
      );
      onTestFinished(() => breaking.close());
      const images = imagesIn(breaking);
      const others = openTestDatabase(place().url);
      onTestFinished(() => others.close());
      const image = await images.get((await stored(imagesIn(others))).id);
      edit(image);
      expect(await failureOf(images.save(image))).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      expect(await images.save(image)).toEqual({ version: 2, written: false, retries: 1 });
      await expectEdited(images, image.id);
    });
  });

  onServer((place) => {
    let admin: Connection;
    let database: Database;
    let images: DistinctImageRepository;
    beforeAll(async () => {
      admin = await createConnection({ uri: driverUrl(place().url) });
      database = openTestDatabase(place().url);
      images = imagesIn(database);
    });
    afterAll(async () => {
      await database.close();
      await admin.end();
    });

    test.each(STEPS)("before %s: the error is typed, nothing is half-written, the next save works", async (step) => {
      let killed = false;
      const breaking = interposed(
        openTestDatabase(place().url, { poolSize: 1 }),
        async (one, session) => {
          if (one !== step || killed) return;
          killed = true;
          const [row] = await session.rows({ sql: "SELECT CONNECTION_ID()", parameters: [] });
          await admin.query(`KILL ${Number(row![0])}`);
        },
        systemClock,
      );
      onTestFinished(() => breaking.close());
      const { id } = await stored(images);
      const repository = imagesIn(breaking);
      const image = await repository.get(id);
      edit(image);
      expect(await failureOf(repository.save(image))).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      await expectUnchanged(images, id);
      expect(await repository.save(image)).toEqual({ version: 2, written: true, retries: 0 });
      await expectEdited(images, id);
    });
  });
});
