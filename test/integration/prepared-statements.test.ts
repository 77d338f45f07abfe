import "reflect-metadata";
import type { PoolConnection } from "mysql2";
import type { MysqlDriver } from "typeorm/driver/mysql/MysqlDriver.js";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { imageType } from "../../domain/image/image-type.js";
import { openTestDatabase } from "../support/open-store.js";
import { distinct } from "../../src/composition/distinct.js";
import { imagesIn, newImage, onServer } from "./backends.js";
import { Money, openDataSource, Photo } from "./entity-fixtures.js";
import { labelled } from "./two-services.js";

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

    test("is sent as text to a server that takes no more prepared statements, whoever has them", async () => {
      const dataSource = await openDataSource(place().url, { synchronize: true, poolSize: 1 });
      onTestFinished(() => dataSource.destroy());
      const full = Object.assign(new Error("Can't create more than max_prepared_stmt_count statements"), {
        code: "ER_MAX_PREPARED_STMT_COUNT_REACHED",
        errno: 1461,
      });
      let refused = 0;
      const refuse = (...given: unknown[]): void => {
        refused++;
        (given.at(-1) as (error: Error) => void)(full);
      };
      const raw = (await (dataSource.driver as MysqlDriver).obtainMasterConnection()) as PoolConnection;
      const isFull = (yes: boolean): unknown =>
        yes ? Object.assign(raw, { execute: refuse }) : Reflect.deleteProperty(raw, "execute");
      raw.release();
      const photos = distinct(dataSource, Photo);
      isFull(true);
      const photo = photos.create({
        title: "it's \\ 😀",
        size: "9007199254740993",
        price: "12.50",
        exposure: 0.1 + 0.2,
        takenAt: new Date("2024-02-29T12:34:56.789Z"),
        exif: { 'a"b?': [1.5, null, "?"] },
        thumbnail: Buffer.from([0, 39, 92, 255]),
        fee: new Money(7),
      });
      await photos.add(photo);
      photo.exif!["more"] = "?";
      photo.labels.push(labelled("one"));
      await photos.save(photo);
      const asText = await photos.get(photo.id);
      expect(refused).toBeGreaterThan(3);
      isFull(false);
      expect(await photos.get(photo.id)).toEqual(asText);
      expect(asText).toEqual(photo);
    });
  });
});
