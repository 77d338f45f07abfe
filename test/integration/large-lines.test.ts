import { expect, test } from "vitest";
import type { CatalogueLine } from "../../src/application/images/catalogue-line.js";
import { importImages } from "../../src/application/images/import-images.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { openTestDatabase } from "../support/open-store.js";
import { imagesIn, newImage, onServer } from "./backends.js";

onServer((place) => {
  test("a line that is more than the server takes in one statement is a bad one, and the next are imported", async () => {
    const database = openTestDatabase(place().url);
    const [row] = await database.session((session) =>
      session.rows({ sql: "SELECT @@max_allowed_packet", parameters: [] }),
    );
    const images = imagesIn(database);
    const [first, large, last] = [newImage().id, newImage().id, newImage().id];
    const metadata = { text: "x".repeat(Number(row![0])) };
    const documents = [{ id: first }, { id: large, locations: [{ id: "a", url: "u", metadata }] }, { id: last }];
    const lines = async function* (): AsyncGenerator<CatalogueLine> {
      for (const [index, document] of documents.entries()) {
        yield Promise.resolve({ number: index + 1, content: { text: JSON.stringify(document) } });
      }
    };
    const told: (readonly [number, string])[] = [];
    const report = await importImages({ images, clock: systemClock }, lines(), {
      onLine: (...one) => told.push(one),
      signal: new AbortController().signal,
    });
    expect(report).toMatchObject({ imported: 2, bad: 1 });
    expect(told).toEqual([[2, expect.stringContaining("bytes")]]);
    expect(await Promise.all([first, large, last].map(async (id) => (await images.find(id)) !== undefined))).toEqual([
      true,
      false,
      true,
    ]);
    await database.close();
  }, 60_000);
});
