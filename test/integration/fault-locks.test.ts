import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../domain/distinction/clock.js";
import type { SaveResult } from "../../domain/distinction/save/save-options.js";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { OpenOptions } from "../../infrastructure/persistence/connection/open-database.js";
import { startChild } from "../support/child.js";
import { FakeClock } from "../support/fake-clock.js";
import { openTestDatabase } from "../support/open-store.js";
import { driverUrl } from "../support/server/server-version.js";
import { closeAll, imagesIn, onServer, onSqlite } from "./backends.js";
import { edit, expectEdited, expectUnchanged, failureOf, stored } from "./faulty-save.js";

describe("locks on a server", () => {
  onServer((place) => {
    let rival: Connection;
    beforeAll(async () => {
      rival = await createConnection({ uri: driverUrl(place().url) });
    });
    afterAll(() => rival.end());

    test("a deadlock with another client is resolved by running the save again, and both changes stand", async () => {
      const { images, connectionId } = await onOneConnection(place().url);
      const [image, ballast] = [await stored(images), await stored(images)];
      edit(image);
      await rival.beginTransaction();
      // The server gives up on the transaction that has done less: let it not be this one.
      for (let row = 0; row < 50; row++) {
        await rival.query("INSERT INTO image_tags VALUES (?, ?)", [ballast.id, `ballast ${row}`]);
      }
      await rival.query("SELECT 1 FROM image_properties WHERE image_id = ? AND name = 'changed' FOR UPDATE", [
        image.id,
      ]);
      const saving = images.save(image);
      await untilInserting(rival, connectionId);
      await rival.query("UPDATE images SET name = 'theirs', version = version + 1 WHERE id = ?", [image.id]);
      await rival.commit();
      expect(await saving).toEqual({ version: 3, written: true, retries: 1 });
      const now = await images.get(image.id);
      expect([now.name, now.properties.get("changed")]).toEqual(["theirs", "new"]);
    });

    test("a lock timeout is waited out: the save runs again and takes nothing of the first attempt along", async () => {
      const pauses: number[] = [];
      const clock: Clock = {
        ...systemClock,
        sleep: async (milliseconds) => {
          pauses.push(milliseconds);
          await rival.rollback();
        },
      };
      const { images, database } = await onOneConnection(place().url, { clock });
      const image = await stored(images);
      await database.session((session) =>
        session.run({ sql: "SET SESSION innodb_lock_wait_timeout = 1", parameters: [] }),
      );
      edit(image);
      await rival.beginTransaction();
      await rival.query("SELECT 1 FROM image_properties WHERE image_id = ? AND name = 'changed' FOR UPDATE", [
        image.id,
      ]);
      expect(await images.save(image)).toEqual({ version: 2, written: true, retries: 0 });
      expect(pauses).toHaveLength(1);
      await expectEdited(images, image.id);
    });

    test("a save killed while it waits for a lock fails as a whole, and saves over a fresh connection", async () => {
      const { images, connectionId } = await onOneConnection(place().url);
      const image = await stored(images);
      edit(image);
      await rival.beginTransaction();
      await rival.query("SELECT 1 FROM image_properties WHERE image_id = ? AND name = 'changed' FOR UPDATE", [
        image.id,
      ]);
      const saving = failureOf(images.save(image));
      await untilInserting(rival, connectionId);
      await rival.query(`KILL ${connectionId}`);
      expect(await saving).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      await rival.rollback();
      await expectUnchanged(images, image.id);
      expect(await images.save(image)).toMatchObject({ version: 2, written: true });
      await expectEdited(images, image.id);
    });
  });
});

describe("an SQLite file that others are writing to", () => {
  onSqlite((place) => {
    test("makes clients of one process take turns, for a wait would block the one that is waited for", async () => {
      const clock = new FakeClock();
      const clients = [1, 2, 3, 4].map(() => openTestDatabase(place().url, { clock }));
      onTestFinished(() => closeAll(clients));
      const ready: (() => Promise<SaveResult>)[] = [];
      for (const database of clients) {
        const images = imagesIn(database);
        const image = await stored(images);
        await database.session((session) => session.rows({ sql: "PRAGMA busy_timeout = 0", parameters: [] }));
        edit(image);
        ready.push(() => images.save(image));
      }
      const saves = await Promise.all(ready.map((save) => save()));
      expect(saves.map(({ version }) => version)).toEqual([2, 2, 2, 2]);
      expect(clock.slept).toEqual([]);
    });

    test("is tried again until the other process is done", async () => {
      const { url } = place();
      const holder = startChild(new URL("file-holder.child.ts", import.meta.url), {
        path: url.slice("sqlite:".length),
      });
      let pauses = 0;
      const clock: Clock = {
        ...systemClock,
        sleep: async () => {
          if (pauses++ > 0) return;
          holder.send("let go");
          await holder.output;
        },
      };
      // The file must be there, and migrated, before it is locked.
      const database = openTestDatabase(url, { clock });
      onTestFinished(() => database.close());
      const images = imagesIn(database);
      const image = await stored(images);
      await database.session((session) => session.rows({ sql: "PRAGMA busy_timeout = 0", parameters: [] }));
      expect(await holder.next()).toBe("holding");
      edit(image);
      expect(await images.save(image)).toEqual({ version: 2, written: true, retries: 0 });
      expect(pauses).toBe(1);
      await expectEdited(images, image.id);
    });
  });
});

/** A repository whose every statement goes over one connection, known to the server by `connectionId`. */
async function onOneConnection(
  url: string,
  options: Partial<OpenOptions> = {},
): Promise<{ database: Database; images: DistinctImageRepository; connectionId: number }> {
  const database = openTestDatabase(url, { poolSize: 1, ...options });
  onTestFinished(() => database.close());
  const [row] = await database.session((session) => session.rows({ sql: "SELECT CONNECTION_ID()", parameters: [] }));
  return { database, images: imagesIn(database), connectionId: Number(row![0]) };
}

/** Returns once the connection is at an INSERT, hence holds the lock on the record's row. */
async function untilInserting(observer: Connection, connectionId: number): Promise<void> {
  for (;;) {
    const [rows] = await observer.query<RowDataPacket[]>("SHOW FULL PROCESSLIST");
    const current = rows.find((row) => row["Id"] === connectionId)?.["Info"] as string | null | undefined;
    if (current?.startsWith("INSERT") === true) return;
  }
}
