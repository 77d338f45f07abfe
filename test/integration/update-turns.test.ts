import { expect, onTestFinished, test } from "vitest";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { openTestDatabase } from "../support/open-store.js";
import { environment, imageStore, newImage, onSqlBackends } from "./backends.js";

const CALLERS = 64;
const UPDATES = 3;

onSqlBackends((place) => {
  test("64 callers whose functions wait for something all raise one counter, and none fails", async () => {
    const database = openTestDatabase(place().url);
    onTestFinished(() => database.close());
    const patient = { ...environment, retry: { deadline: 120_000 } }; // however slow the machine is
    const images = new DistinctImageRepository(imageStore(database), patient);
    const image = newImage();
    await images.add(image);

    const raise = async (): Promise<void> => {
      for (let update = 0; update < UPDATES; update++) {
        await images.update(image.id, async (one) => {
          await new Promise((resolve) => setImmediate(resolve));
          one.minDisk++;
        });
      }
    };
    const done = await Promise.allSettled(Array.from({ length: CALLERS }, raise));
    expect(done.filter(({ status }) => status === "rejected")).toEqual([]);
    expect(await images.get(image.id)).toMatchObject({ minDisk: CALLERS * UPDATES });
  }, 120_000);
});
