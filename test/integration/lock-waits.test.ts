import "reflect-metadata";
import Sqlite from "better-sqlite3";
import { createConnection } from "mysql2/promise";
import { describe, expect, onTestFinished, test } from "vitest";
import type { SaveOptions } from "../../domain/distinction/save/save-options.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { distinct } from "../../src/composition/distinct.js";
import { openTestDatabase } from "../support/open-store.js";
import { driverUrl } from "../support/server/server-version.js";
import { environment, imageStore, newImage, onSqlBackends } from "./backends.js";
import { Membership, openDataSource } from "./entity-fixtures.js";

/** Who holds on to a row, or to the whole file, until told to let go. */
type Rival = (table: string, where: string) => Promise<() => Promise<void>>;

const IN_A_HURRY: [name: string, options: () => SaveOptions, code: string][] = [
  ["whose deadline passes", () => ({ deadline: 20 }), "RETRIES_EXHAUSTED"],
  ["whose signal aborts", () => ({ signal: AbortSignal.timeout(20) }), "ABORTED"],
];

type Write = (images: DistinctImageRepository, image: Image, options: SaveOptions) => Promise<unknown>;

const withHistory = (database: Database) => new HistoryRecordStore(database, imageTable, environment);

const WRITES: [name: string, write: Write, store: (database: Database) => SqlRecordStore][] = [
  ["save", (images, image, options) => images.save(image, options), imageStore],
  ["save with history", (images, image, options) => images.save(image, options), withHistory],
  ["save of entries", (images, image, options) => (image.tags.add("t"), images.save(image, options)), imageStore],
  ["batch", (images, image, options) => images.saveAll([image], options), imageStore],
  ["removal", (images, image, options) => images.remove(image, options), imageStore],
  ["removal with history", (images, image, options) => images.remove(image, options), withHistory],
  ["update", (images, { id }, options) => images.update(id, (one) => void one.minRam++, options), imageStore],
];

describe("a caller who waits for somebody's lock gets an answer while it is held", () => {
  onSqlBackends((place, backend) => {
    const rival: Rival = async (table, where) => {
      if (backend === "SQLite") {
        const file = new Sqlite(place().url.slice("sqlite:".length));
        file.exec("BEGIN IMMEDIATE");
        return async () => void file.close();
      }
      const connection = await createConnection({ uri: driverUrl(place().url) });
      await connection.beginTransaction();
      await connection.query(`SELECT 1 FROM ${table} WHERE ${where} FOR UPDATE`);
      return () => connection.end();
    };

    describe.each(IN_A_HURRY)("%s", (_, options, code) => {
      test.each(WRITES)(
        "in a %s, which has written nothing",
        async (_name, write, store) => {
          const database = openTestDatabase(place().url);
          onTestFinished(() => database.close());
          const images = new DistinctImageRepository(store(database), environment);
          const image = newImage({ name: "before" });
          await images.add(image);
          const before = images.versionOf(image);
          const letGo = await rival("images", `id = '${image.id}'`);
          image.name = "mine";
          await expect(write(images, image, options())).rejects.toMatchObject({ code });
          await letGo();
          expect(images.versionOf(await images.get(image.id))).toBe(before);
          expect(await images.save(image)).toMatchObject({ version: before + 1, retries: 0 });
        },
        20_000,
      );

      test("on a data source of theirs, whose own patience is as before", async () => {
        const dataSource = await openDataSource(place().url, { synchronize: true, ...{ poolSize: 1, timeout: 100 } });
        onTestFinished(() => dataSource.destroy());
        const members = distinct(dataSource, Membership);
        const member = members.create({ team: code.slice(0, 20), person: 1 });
        await members.add(member);
        const letGo = await rival("membership", `team = '${member.team}'`);
        member.logins++;
        await expect(members.save(member, options())).rejects.toMatchObject({ code });
        await letGo();
        if (backend === "server") {
          const [row] = await dataSource.query<{ wait: unknown }[]>("SELECT @@innodb_lock_wait_timeout AS wait");
          expect(Number(row!.wait)).toBe(50);
        }
        expect(await members.save(member)).toMatchObject({ written: true, retries: 0 });
      }, 20_000);
    });
  });
});
