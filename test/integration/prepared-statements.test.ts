import { describe, expect, onTestFinished, test } from "vitest";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { imageType } from "../../domain/image/image-type.js";
import { openTestDatabase } from "../support/open-store.js";
import { imagesIn, newImage, onServer } from "./backends.js";

const COUNTERS = ["Com_stmt_prepare", "Com_stmt_execute", "Com_stmt_close"] as const;

/** What the server itself has counted on this one connection, the asking left out. */
async function counted(database: Database): Promise<Record<(typeof COUNTERS)[number], number>> {
  const sql = `SHOW SESSION STATUS WHERE Variable_name IN (${COUNTERS.map((name) => `'${name}'`).join()})`;
  const rows = await database.session((session) => session.rows({ sql, parameters: [], varying: true }));
  return Object.fromEntries(rows.map(([name, value]) => [name, Number(value)])) as never;
}

describe("the hot path", () => {
  onServer((place) => {
    test("sends statements that the server has prepared: one execution each, and no text a second time", async () => {
      const database = openTestDatabase(place().url, { poolSize: 1 });
      onTestFinished(() => database.close());
      const images = imagesIn(database);
      const image = newImage();
      await images.add(image);
      const rename = async (name: string): Promise<void> => {
        const loaded = await images.get(image.id);
        loaded.name = name;
        await images.save(loaded);
      };
      await rename("one");
      const before = await counted(database);
      await rename("two");
      await rename("three");
      const after = await counted(database);
      const statements = 2 * (1 + Object.keys(imageType.collections).length + 1); // get of the row and its collections, save
      expect(after).toEqual({ ...before, Com_stmt_execute: before.Com_stmt_execute + statements });
    });
  });
});
