import { createConnection } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { FakeClock } from "../support/fake-clock.js";
import { openTestDatabase } from "../support/open-store.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { driverUrl } from "../support/server/server-version.js";
import { environment, imagesIn, newImage, onServer, onSqlBackends } from "./backends.js";
import { interposed, type Step } from "./interposed.js";

describe("a unit of work over a connection that breaks", () => {
  onServer((place) => {
    let proxy: TcpProxy;
    let direct: Database;
    let breaking: Database;
    let plain: DistinctImageRepository;
    let images: DistinctImageRepository;
    let units: SqlUnitOfWork;
    let one: Image;
    let two: Image;

    beforeAll(async () => {
      const { hostname, port } = new URL(place().url);
      proxy = await TcpProxy.to(hostname, Number(port || 3306));
      direct = openTestDatabase(place().url);
      plain = imagesIn(direct);
    });
    afterAll(async () => {
      await direct.close();
      await proxy.close();
    });
    beforeEach(async () => {
      [one, two] = [newImage({ name: "one" }), newImage({ name: "two" })];
      await plain.add(one);
      await plain.add(two);
      // Of two, the one that is used is kept: the only one of a pool would be closed once it is idle, and prepare anew.
      breaking = openTestDatabase(proxy.through(place().url), { poolSize: 2 });
      images = imagesIn(breaking);
      units = new SqlUnitOfWork(breaking, environment);
      await images.get(one.id);
      proxy.mishaps = 0;
    });
    afterEach(async () => {
      proxy.onPacket = () => "pass";
      await breaking.close();
    });

    let runs = 0;
    let beforeRun: (run: number) => Promise<void> = () => Promise.resolve();
    const unit = (): Promise<void> =>
      units.run(async (tx) => {
        await beforeRun(++runs);
        const inside = tx.repository(images);
        const [first, second] = [await inside.get(one.id), await inside.get(two.id)];
        first.minDisk++;
        first.properties.set("k", "v");
        second.minDisk++;
        await inside.save(first);
        await inside.save(second);
      });
    const state = async (): Promise<readonly [number, number]> => [
      (await plain.get(one.id)).minDisk,
      (await plain.get(two.id)).minDisk,
    ];

    test("at any packet it sends: all or nothing, and success when it is tried again", async () => {
      // How many packets a unit takes, once its statements are prepared.
      let packets = 0;
      proxy.onPacket = () => (packets++, "pass");
      await unit();
      packets = 0;
      await unit();
      const needed = packets;
      expect(needed).toBeGreaterThan(10);
      let done = 2;
      const failures: number[] = [];
      for (let at = 1; at <= needed; at++) {
        proxy.onPacket = () => "pass";
        await images.get(one.id).catch(() => images.get(one.id)); // the pool has a whole connection again
        let sent = 0;
        proxy.onPacket = () => (++sent === at ? "cut" : "pass");
        try {
          await unit();
          done++;
        } catch (error) {
          expect(error, `packet ${at}`).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
          failures.push(at);
        }
        expect(await state(), `packet ${at}`).toEqual([done, done]);
        proxy.onPacket = () => "pass";
        await unit();
        expect(await state(), `after packet ${at}`).toEqual([++done, done]);
      }
      // A COMMIT that was not answered is cleared up: that unit succeeds.
      expect(failures.length).toBeLessThan(needed);
      expect(failures.length).toBeGreaterThan(5);
    }, 60_000);

    test.each([
      ["after the server has committed: its answer is lost, the unit is not run again", "drop reply", 1],
      ["before the server has it: the unit runs again", "cut before", 2],
    ] as const)("at COMMIT, %s", async (_, kind, expected) => {
      runs = 0;
      proxy.breakAt("COMMIT", kind);
      await unit();
      expect([runs, proxy.mishaps]).toEqual([expected, 1]);
      expect(await state()).toEqual([1, 1]);
      expect((await plain.get(one.id)).properties.get("k")).toBe("v");
    });

    test("at COMMIT, while that is still on its way: the look-up waits for it, and nothing is done twice", async () => {
      runs = 0;
      proxy.breakAt("COMMIT", "hold");
      const running = unit();
      // Long enough for a look-up that does not wait to find nothing.
      setTimeout(() => proxy.release(), 400);
      await running;
      expect([runs, proxy.mishaps]).toEqual([1, 1]);
      expect(await state()).toEqual([1, 1]);
    });

    test("at COMMIT, with the server gone for good: the outcome is told to be unknown", async () => {
      const clock = new FakeClock();
      const impatient = new SqlUnitOfWork(breaking, { clock, random: () => 0.5, retry: { deadline: 100 } });
      let gone = false;
      proxy.onPacket = (packet) => ((gone ||= packet.includes("COMMIT")), gone ? "cut" : "pass");
      const run = impatient.run((tx) => tx.repository(images).update(one.id, (image) => void image.minDisk++));
      await expect(run).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      expect(await state()).toEqual([0, 0]);
    });

    test("after nothing but reading, a lost COMMIT matters to nobody", async () => {
      proxy.breakAt("COMMIT", "drop reply");
      expect((await units.run((tx) => tx.repository(images).get(two.id))).name).toBe("two");
    });

    test("over a slow network is only slower", async () => {
      proxy.delay = 5;
      await unit();
      proxy.delay = 0;
      expect(await state()).toEqual([1, 1]);
    });

    test("where two deadlock, both are committed in the end", async () => {
      const other = new SqlUnitOfWork(direct, environment);
      const meet = barrier(2);
      const crossing = (through: SqlUnitOfWork, repository: DistinctImageRepository, ids: readonly string[]) =>
        through.run(async (tx) => {
          const inside = tx.repository(repository);
          await inside.update(ids[0]!, (image) => void image.minDisk++);
          if (tx.attempt === 1) await meet();
          await inside.update(ids[1]!, (image) => void image.minDisk++);
        });
      await Promise.all([crossing(units, images, [one.id, two.id]), crossing(other, plain, [two.id, one.id])]);
      expect(await state()).toEqual([2, 2]);
    });

    test("a lock timeout undoes the whole unit, not one statement of it", async () => {
      const rival = await createConnection({ uri: driverUrl(place().url) });
      await breaking.session((session) =>
        session.run({ sql: "SET SESSION innodb_lock_wait_timeout = 1", parameters: [] }),
      );
      await rival.beginTransaction();
      await rival.query("SELECT 1 FROM images WHERE id = ? FOR UPDATE", [two.id]);
      runs = 0;
      // The rival leaves once its patience has outlasted the unit's, however long that takes.
      beforeRun = async (run) => void (run === 2 && (await rival.rollback()));
      await unit();
      beforeRun = () => Promise.resolve();
      await rival.end();
      expect(runs).toBeGreaterThan(1);
      expect(await state()).toEqual([1, 1]);
    });
  });
});

describe("a unit of work that the database gives up on", () => {
  const STEPS: readonly Step[] = ["BEGIN", "SELECT", "UPDATE", "INSERT", "COMMIT"];
  onSqlBackends((place, backend) => {
    const reasons: readonly object[] =
      backend === "server" ? [1213, 1205, 1020, 3101].map((errno) => ({ errno })) : [{ code: "SQLITE_BUSY" }];
    describe.each(STEPS)("at %s", (step) => {
      test.each(reasons)("for %o runs again as a whole", async (reason) => {
        const database = openTestDatabase(place().url);
        const image = newImage();
        await imagesIn(database).add(image);
        let unlucky = Infinity;
        const failing = interposed(
          database,
          (one) => {
            if (one === step && unlucky++ < 2) throw Object.assign(new Error("no luck"), reason);
          },
          systemClock,
        );
        const [images, units] = [imagesIn(failing), new SqlUnitOfWork(failing, environment)];
        await units.run((tx) => tx.repository(images).get(image.id)); // looks at the tables, as the first one does
        unlucky = 0;
        const { attempt } = await units.run(async (tx) => {
          await tx.repository(images).update(image.id, (one) => {
            one.minDisk++;
            one.properties.set("k", "v");
          });
          return { attempt: tx.attempt };
        });
        const now = await imagesIn(database).get(image.id);
        expect([attempt, now.minDisk, now.properties.get("k")]).toEqual([3, 1, "v"]);
        await failing.close();
      });
    });
  });
});

/** Everybody waits there until `count` have come. */
function barrier(count: number): () => Promise<void> {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return () => {
    if (--count === 0) open();
    return opened;
  };
}
