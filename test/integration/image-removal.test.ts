import { describe, expect, test } from "vitest";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { MemoryUnitOfWork } from "../../infrastructure/memory/memory-unit-of-work.js";
import { newLocation } from "../../domain/image/location.js";
import type { UnitOfWork } from "../../domain/distinction/unit/unit-of-work.js";
import type { Image } from "../../domain/image/image-type.js";
import { code } from "../support/repository-outcomes.js";
import {
  environment,
  newImage,
  onEveryBackend,
  onSqlBackends,
  sqlClients,
  closeAll,
  type Clients,
} from "./backends.js";
import { SqlImageUpkeep } from "../../infrastructure/persistence/images/sql-image-upkeep.js";
import { openTestDatabase } from "../support/open-store.js";
import { interposed } from "./interposed.js";
import { childRows, settled } from "./two-writers.js";

const MISSING = code("RECORD_NOT_FOUND");

function full(owner: string): Image {
  return newImage({
    owner,
    properties: [["k", "v"]],
    tags: ["t"],
    locations: [["one", newLocation("file:///one")]],
  });
}

async function removed({ a, members }: Clients, owner: string): Promise<Image> {
  const image = full(owner);
  await a.add(image);
  await members[0].add(image.id, "guest");
  const accepted = await members[0].get(image.id, "guest");
  accepted.status = "accepted";
  await members[0].save(accepted);
  await a.remove(await a.get(image.id));
  return image;
}

describe.each(["not purged yet", "purged"])("an image that was removed, and is %s", (how) => {
  onEveryBackend((clients) => {
    const purge = async (): Promise<void> => {
      if (how === "purged") await clients().upkeep.purge(100);
    };

    test("is found by no read, and neither are its parts", async () => {
      const { a, b, members, gateways, upkeep } = clients();
      const owner = `owner ${Math.random()}`;
      const before = await upkeep.count();
      const { id } = await removed(clients(), owner);
      await purge();
      expect(await upkeep.count()).toBe(before);
      expect([await a.find(id), await b.find(id, { properties: ["k"] })]).toEqual([undefined, undefined]);
      expect((await b.list({ where: { owner: { eq: owner } } })).records).toEqual([]);
      expect((await b.list({ where: { id: { eq: id } } })).records).toEqual([]);
      await expect(b.list({ after: id })).rejects.toMatchObject(code("MARKER_NOT_FOUND"));
      for (const caller of ["guest", owner]) {
        const images = gateways[1].visibleTo({ owner: caller, isAdmin: false });
        expect(await images.find(id)).toBeUndefined();
        expect((await images.list()).records.map((image) => image.id)).not.toContain(id);
      }
      expect(await members[1].find(id, "guest")).toBeUndefined();
      expect(await members[1].list(id)).toEqual([]);
      expect(await members[1].imagesSharedWith("guest")).not.toContain(id);
      expect(await childRows(clients(), id)).toBe(0);
    });

    test("is written by nobody, and neither are its parts", async () => {
      const { a, b, members, stores } = clients();
      const image = full("owner");
      await a.add(image);
      await members[0].add(image.id, "guest");
      const member = await members[1].get(image.id, "guest");
      const [stale, twice] = [await b.get(image.id), await b.get(image.id)];
      await a.remove(await a.get(image.id));
      await purge();
      stale.name = "late";
      await expect(b.save(stale)).rejects.toMatchObject(MISSING);
      stale.properties.set("late", "entry");
      await expect(b.save(stale)).rejects.toMatchObject(MISSING);
      await expect(b.saveAll([stale])).rejects.toMatchObject(MISSING);
      await expect(b.remove(twice)).rejects.toMatchObject(MISSING);
      await expect(b.update(image.id, (one) => void (one.name = "late"))).rejects.toMatchObject(MISSING);
      await expect(b.setPropertyAtomic(image.id, "lock", "1")).rejects.toMatchObject(MISSING);
      await expect(b.reload(twice)).rejects.toMatchObject(MISSING);
      member.status = "accepted";
      await expect(members[1].save(member)).rejects.toMatchObject(MISSING);
      await expect(members[1].remove(member)).rejects.toMatchObject(MISSING);
      await expect(members[1].add(image.id, "late")).rejects.toMatchObject(MISSING);
      await expect(b.add(newImage({ id: image.id }))).rejects.toMatchObject(code("RECORD_EXISTS"));
      expect(await stores[0].load([[image.id]])).toEqual([undefined]);
      expect(await childRows(clients(), image.id)).toBe(0);
    });

    test("takes its members along inside a unit of work, too, and only where that is committed", async () => {
      const { a, members, databases } = clients();
      const units: UnitOfWork =
        databases[0] === undefined ? new MemoryUnitOfWork(environment) : new SqlUnitOfWork(databases[0], environment);
      const image = full("owner");
      await a.add(image);
      await members[0].add(image.id, "guest");
      const remove = (fails: boolean): Promise<void> =>
        units.run(async (tx) => {
          const images = tx.repository(a);
          await images.remove(await images.get(image.id));
          expect(await tx.repository(members[0]).find(image.id, "guest")).toBeUndefined();
          if (fails) throw new Error("given up");
        });
      await expect(remove(true)).rejects.toThrow("given up");
      expect((await members[1].list(image.id)).map(({ memberId }) => memberId)).toEqual(["guest"]);
      await remove(false);
      await purge();
      expect(await members[1].list(image.id)).toEqual([]);
      expect(await members[1].imagesSharedWith("guest", "pending")).not.toContain(image.id);
    });

    test("leaves no member behind that somebody adds while its unit of work is under way", async () => {
      const { a, members, databases } = clients();
      const units: UnitOfWork =
        databases[0] === undefined ? new MemoryUnitOfWork(environment) : new SqlUnitOfWork(databases[0], environment);
      const image = full("owner");
      await a.add(image);
      let late: Promise<unknown> | undefined;
      await units.run(async (tx) => {
        const images = tx.repository(a);
        await images.remove(await images.get(image.id));
        late ??= settled(members[1].add(image.id, "late"));
        for (let turn = 0; turn < 20; turn++) await images.find(image.id); // gives it time
      });
      await late;
      await purge();
      expect(await members[1].list(image.id)).toEqual([]);
      expect(await members[1].imagesSharedWith("late", "pending")).not.toContain(image.id);
    });
  });
});

describe("a purge", () => {
  onSqlBackends((place) => {
    test("takes as many as it is asked for, by several at once, and never again", async () => {
      const clients = sqlClients(place().url);
      const images = Array.from({ length: 130 }, () => full("purged"));
      await clients.a.addAll(images);
      for (const image of images) await clients.a.remove(image);
      expect(await clients.upkeep.purge(7)).toBe(7);
      const others = Array.from({ length: 3 }, () => clients.upkeep.purge(1_000));
      const counts = await Promise.all([...others, ...Array.from({ length: 3 }, () => clients.upkeep.purge(60))]);
      expect(Math.max(...counts)).toBeGreaterThan(0);
      expect(await clients.upkeep.purge(1_000)).toBe(0);
      const [row] = await clients.databases[0]!.session((session) =>
        session.rows({ sql: "SELECT COUNT(*), COUNT(DISTINCT id) FROM deleted_images", parameters: [] }),
      );
      expect(row!.map(Number)).toEqual([130, 130]);
      for (const { id } of images.slice(0, 3)) expect(await childRows(clients, id)).toBe(0);
      await closeAll(clients.databases);
    });

    test.each(["INSERT", "COMMIT", "DELETE"] as const)(
      "that fails at %s is gone on with, and leaves no id to be had",
      async (failing) => {
        const clients = sqlClients(place().url);
        const image = full("half purged");
        await clients.a.add(image);
        await clients.a.remove(image);
        const database = interposed(
          openTestDatabase(place().url),
          (step) => {
            if (step === failing) throw new Error("out of order");
          },
          environment.clock,
        );
        await expect(new SqlImageUpkeep(database).purge(1_000)).rejects.toThrow("out of order");
        expect(await clients.b.find(image.id)).toBeUndefined();
        await expect(clients.b.add(newImage({ id: image.id }))).rejects.toMatchObject(code("RECORD_EXISTS"));
        expect(await clients.upkeep.purge(1_000)).toBe(1);
        await expect(clients.b.add(newImage({ id: image.id }))).rejects.toMatchObject(code("RECORD_EXISTS"));
        expect(await childRows(clients, image.id)).toBe(0);
        const [row] = await clients.databases[0]!.session((session) =>
          session.rows({ sql: "SELECT COUNT(*) FROM deleted_images WHERE id = ?", parameters: [image.id] }),
        );
        expect(Number(row![0])).toBe(1);
        await closeAll([database, ...clients.databases]);
      },
    );

    test.each([0, -1, 1.5, Number.NaN])("refuses to take %d", async (most) => {
      const clients = sqlClients(place().url);
      await expect(clients.upkeep.purge(most)).rejects.toMatchObject({ code: "INVALID_VALUE" });
      await closeAll(clients.databases);
    });
  });
});
