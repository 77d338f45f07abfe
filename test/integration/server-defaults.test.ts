import { createConnection } from "mysql2/promise";
import { describe, expect, onTestFinished, test } from "vitest";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { openTestDatabase } from "../support/open-store.js";
import { startLocalServer } from "../support/server/local-source.js";
import { findServerBinary, searchFolders } from "../support/server/server-binary.js";
import { driverUrl } from "../support/server/server-version.js";
import { closeAll, environment, imagesIn, newImage, onServer } from "./backends.js";

onServer((place) => {
  test("every connection says for itself how it commits, reads and waits", async () => {
    const database = openTestDatabase(place().url, { poolSize: 3 });
    onTestFinished(() => database.close());
    const sql = "SELECT CONNECTION_ID(), @@autocommit, @@transaction_isolation, @@innodb_lock_wait_timeout";
    const settings = await Promise.all(
      [1, 2, 3].map(() =>
        database.transaction(async (session) => {
          const [row] = await session.rows({ sql: sql.replace("@@transaction", await prefix()), parameters: [] });
          return row!.map(String);
        }),
      ),
    );
    for (const [, ...others] of settings) expect(others).toEqual(["1", "REPEATABLE-READ", "2"]);
    async function prefix(): Promise<string> {
      return (await database.dialect()).name === "mariadb" ? "@@tx" : "@@transaction";
    }
  });
});

/** Defaults are set for all clients of a server: only one that is ours can be spoiled. */
if ((await findServerBinary(searchFolders(process.env))) !== undefined) {
  describe("a server with autocommit off and READ UNCOMMITTED by default", () => {
    test("commits what it acknowledges, and shows nothing that is not committed", async () => {
      const server = (await startLocalServer(process.env, () => undefined))!;
      onTestFinished(() => server.stop());
      const admin = await createConnection({ uri: driverUrl(server.url) });
      await admin.query("CREATE DATABASE spoiled CHARACTER SET utf8mb4");
      await admin.query("SET GLOBAL autocommit = 0");
      await admin.query("SET GLOBAL TRANSACTION ISOLATION LEVEL READ UNCOMMITTED");
      await admin.end();
      const url = `${server.url}spoiled`;
      const [mine, theirs] = [openTestDatabase(url), openTestDatabase(url)];
      onTestFinished(() => closeAll([mine, theirs]));
      const [writing, reading] = [imagesIn(mine), imagesIn(theirs)];
      const [one, two] = [newImage({ name: "0", properties: [["same", "0"]] }), newImage({ name: "0" })];
      await writing.addAll([one, two]);

      // Written in a transaction of two statements: name and property are never seen apart.
      let isOver = false;
      const watching = (async () => {
        for (let seen = 0; !isOver || seen === 0; seen++) {
          const { name, properties } = await reading.get(one.id);
          expect(properties.get("same")).toBe(name);
        }
      })();
      for (let round = 1; round <= 100; round++) {
        one.name = String(round);
        one.properties.set("same", String(round));
        await writing.save(one);
      }
      isOver = true;
      await watching;

      two.name = "one statement";
      await writing.save(two);
      expect((await reading.get(two.id)).name).toBe("one statement");
      [one.minDisk, two.minDisk] = [7, 7];
      await writing.saveAll([one, two]);
      const undone = new SqlUnitOfWork(mine, environment).run(async (tx) => {
        const inside = tx.repository(writing);
        const image = await inside.get(two.id);
        image.name = "undone";
        await inside.save(image);
        expect((await reading.get(two.id)).name).toBe("one statement");
        throw new Error("undo");
      });
      await expect(undone).rejects.toThrow("undo");
      const fresh = openTestDatabase(url);
      onTestFinished(() => fresh.close());
      const now = await imagesIn(fresh).getMany([one.id, two.id]);
      expect(now.map(({ name, minDisk }) => [name, minDisk])).toEqual([
        ["100", 7],
        ["one statement", 7],
      ]);
    }, 60_000);
  });
}
