import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { moveTo } from "../../domain/image/image-steps.js";
import { openTestDatabase } from "../support/open-store.js";
import { closeAll, environment, imageStore, newImage, onSqlBackends, sqlClients, type Clients } from "./backends.js";
import { interposed } from "./interposed.js";
import { childRows, imageIn, storedRows } from "./two-writers.js";

describe("what the statements of an image's write hold to", () => {
  onSqlBackends((place) => {
    let clients: Clients;
    beforeAll(() => {
      clients = sqlClients(place().url);
    });
    afterAll(() => closeAll(clients.databases));

    test.each(["INSERT", "DELETE", "COMMIT"] as const)(
      "race 19: a failure at %s, behind the root's statement, leaves nothing, and the object saves again",
      async (failing) => {
        const image = newImage({ name: "old", properties: [["gone", "1"]] });
        await clients.a.add(image);
        let fails = true;
        const database = interposed(
          openTestDatabase(place().url),
          (step) => {
            if (fails && step === failing) throw new Error("out of order");
          },
          environment.clock,
        );
        const images = new DistinctImageRepository(imageStore(database), environment);
        const mine = await images.get(image.id);
        mine.name = "new";
        mine.properties.set("k", "v");
        mine.properties.delete("gone");
        const before = await storedRows(clients, image.id);
        await expect(images.save(mine)).rejects.toThrow("out of order");
        const between = await clients.b.get(image.id);
        expect([between.name, clients.b.versionOf(between)]).toEqual(["old", 1]);
        expect(await storedRows(clients, image.id)).toEqual(before);
        fails = false;
        expect(await images.save(mine)).toMatchObject({ version: 2, written: true });
        const now = await clients.b.get(image.id);
        expect([now.name, [...now.properties]]).toEqual(["new", [["k", "v"]]]);
        await database.close();
      },
    );

    test("guards stand in the statement: not even a writer who raises no version comes between", async () => {
      const image = imageIn("queued")();
      await clients.a.add(image);
      const mine = await clients.a.get(image.id);
      const [database] = clients.databases;
      await database!.session((session) =>
        session.run({ sql: "UPDATE images SET status = 'killed' WHERE id = ?", parameters: [image.id] }),
      );
      moveTo(mine, "saving");
      await expect(clients.a.save(mine)).rejects.toMatchObject({
        code: "CONFLICT",
        overlaps: [{ path: "status", policy: "guard", original: "queued", mine: "saving", theirs: "killed" }],
      });
    });

    test("so does that nobody protects what is about to be deleted", async () => {
      const image = imageIn("active")();
      await clients.a.add(image);
      const mine = await clients.a.get(image.id);
      await clients.databases[0]!.session((session) =>
        session.run({ sql: "UPDATE images SET protected = 1 WHERE id = ?", parameters: [image.id] }),
      );
      moveTo(mine, "pending_delete");
      await expect(clients.a.save(mine)).rejects.toMatchObject({
        code: "CONFLICT",
        message: `image ${image.id}: not as expected at version 1: protected`,
        overlaps: [{ path: "protected", policy: "guard", original: false, theirs: true }],
      });
    });

    test("a removed image is kept as deleted, with the time", async () => {
      const image = imageIn("active", { name: "gone", tags: ["t"] })();
      await clients.a.add(image);
      await clients.members[0].add(image.id, "guest");
      await clients.a.remove(await clients.a.get(image.id));
      expect(await childRows(clients, image.id)).toBe(0);
      const [row] = await clients.databases[0]!.session((session) =>
        session.rows({
          sql: "SELECT name, status, version, deleted_at FROM deleted_images WHERE id = ?",
          parameters: [image.id],
        }),
      );
      expect(row!.slice(0, 3).map(String)).toEqual(["gone", "deleted", "2"]);
      const at = row![3] instanceof Date ? row![3] : new Date(`${String(row![3]).replace(" ", "T")}Z`);
      expect(Math.abs(at.getTime() - Date.now())).toBeLessThan(600_000);
      expect(await clients.b.find(image.id)).toBeUndefined();
    });
  });
});
