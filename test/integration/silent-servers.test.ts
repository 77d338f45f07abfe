import { DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { WaitOptions } from "../../domain/distinction/save/save-options.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { imageType, type Image } from "../../domain/image/image-type.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { existingDatabase } from "../../infrastructure/persistence/connection/existing-database.js";
import { LAST_WAIT } from "../../infrastructure/persistence/connection/hurried-connection.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { SqlHistory } from "../../infrastructure/persistence/history/sql-history.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { joinTransaction } from "../../src/composition/existing-data-source.js";
import { FakeClock } from "../support/fake-clock.js";
import { openTestDatabase } from "../support/open-store.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { imagesIn, imageStore, newImage, onServer } from "./backends.js";

const DEADLINE = 1_000;

const NOT_WRITTEN = { code: "RETRIES_EXHAUSTED" };
const UNKNOWN = { code: "DATABASE_UNAVAILABLE" };

/** One connection to a server that stops answering on it. What is stored is seen past that. */
interface Desk {
  readonly database: Database;
  readonly clock: FakeClock;
  readonly images: DistinctImageRepository;
  readonly remembered: DistinctImageRepository;
}

type Call = (desk: Desk, image: Image, options: WaitOptions) => Promise<unknown>;

const renamed: Call = ({ images }, image, options) => images.save(Object.assign(image, { name: "frozen" }), options);
const tagged: Call = ({ images }, image, options) => (image.tags.add("frozen"), images.save(image, options));
const unit: Call = ({ database, images, clock }, { id }, options) =>
  new SqlUnitOfWork(database, { clock, random: () => 0.5 }).run(
    (tx) => tx.repository(images).update(id, (image) => void (image.name = "frozen")),
    options,
  );

/**
 * The text that is frozen at; the id of the image where there is none. A unit knows what became of its COMMIT, by the operation that it wrote: over another connection.
 */
const CALLS: [name: string, call: Call, at: string, outcome: object | "done", isStored: boolean][] = [
  ["a read", ({ images }, { id }, options) => images.get(id, undefined, options), "", NOT_WRITTEN, false],
  ["a page", ({ images }, _image, options) => images.list({}, options), "SELECT", NOT_WRITTEN, false],
  ["a history", ({ database }, { id }, options) => {
    return new SqlHistory(database).historyOf(imageType, id, options);
  }, "distinction_history", NOT_WRITTEN, false],
  ["the writes of a history", ({ database }, _image, options) => {
    return new SqlHistory(database).changesSince(0, 10, options);
  }, "distinction_history", NOT_WRITTEN, false],
  ["the one statement of a save", renamed, "frozen", UNKNOWN, true],
  ["BEGIN", tagged, "START TRANSACTION", NOT_WRITTEN, false],
  ["a later statement of a save", tagged, "frozen", NOT_WRITTEN, false],
  ["the COMMIT of a save", tagged, "COMMIT", UNKNOWN, true],
  ["a statement of a unit", unit, "frozen", NOT_WRITTEN, false],
  ["the COMMIT of a unit", unit, "COMMIT", "done", true],
  ["the COMMIT of a save with history", ({ remembered }, image, options) => {
    return remembered.update(image.id, (one) => void (one.name = "frozen"), options);
  }, "COMMIT", "done", true],
]; // prettier-ignore

describe("a server that stops answering", () => {
  onServer((place) => {
    let proxy: TcpProxy;
    let plain: Database;
    let others: DistinctImageRepository;
    let dataSource: DataSource;
    beforeAll(async () => {
      const { hostname, port, pathname } = new URL(place().url);
      proxy = await TcpProxy.to(hostname, Number(port || 3306));
      plain = openTestDatabase(place().url);
      others = imagesIn(plain);
      await others.list();
      const through = new URL(proxy.through(place().url));
      dataSource = new DataSource({
        type: "mysql",
        host: through.hostname,
        port: Number(through.port),
        username: decodeURIComponent(through.username),
        password: decodeURIComponent(through.password),
        database: pathname.slice(1),
        poolSize: 1,
      });
      await dataSource.initialize();
    });
    afterAll(async () => {
      await dataSource.destroy();
      await plain.close();
      await proxy.close();
    });

    async function plainImage(): Promise<Image> {
      const image = newImage({ name: "before" });
      await others.add(image);
      return image;
    }

    test("at the look for the history's tables: a unit, or a write with history, that is first asks again", async () => {
      const { id } = await plainImage();
      const rename = (image: Image): void => void (image.name = "frozen");
      const firsts: ((database: Database, clock: FakeClock, options: WaitOptions) => Promise<unknown>)[] = [
        (database, clock, options) =>
          new SqlUnitOfWork(database, { clock, random: () => 0.5 }).run(
            (tx) => tx.repository(imagesIn(database)).update(id, rename),
            options,
          ),
        (database, clock, options) => {
          const environment = { clock, random: () => 0.5 };
          const history = new HistoryRecordStore(database, imageTable, environment);
          return new DistinctImageRepository(history, environment).update(id, rename, options);
        },
      ];
      for (const first of firsts) {
        const clock = new FakeClock();
        const database = openTestDatabase(proxy.through(place().url), { poolSize: 1, clock });
        await imagesIn(database).get(id); // looks at the image's tables
        proxy.breakAt("information_schema.TABLES", "freeze");
        const { mishaps } = proxy;
        const outcome = expect(first(database, clock, { deadline: DEADLINE })).rejects.toMatchObject(NOT_WRITTEN);
        await vi.waitFor(() => expect(proxy.mishaps).toBe(mishaps + 1), 20_000);
        clock.advance(DEADLINE + 1);
        await outcome;
        clock.advance(LAST_WAIT);
        await first(database, clock, {});
        await others.update(id, (image) => void (image.name = "before"));
        await database.close();
      }
    });

    test("in a transaction that was joined: its owner ends the connection, and nothing is stored", async () => {
      const { id } = await plainImage();
      const clock = new FakeClock();
      const images = new DistinctImageRepository(
        imageStore(existingDatabase(dataSource, { clock, random: () => 0.5 })),
        {
          clock,
          random: () => 0.5,
        },
      );
      const { mishaps } = proxy;
      let isAnswered = false;
      const whole = dataSource.transaction(async (manager) => {
        const inside = joinTransaction(manager).repository(images);
        const image = await inside.get(id);
        image.name = "frozen";
        proxy.breakAt("frozen", "freeze");
        try {
          await inside.save(image, { deadline: DEADLINE });
        } finally {
          isAnswered = true;
        }
      });
      const outcome = expect(whole).rejects.toMatchObject({ code: "TRANSACTION_LOST" });
      await vi.waitFor(() => expect(proxy.mishaps).toBe(mishaps + 1), 20_000);
      clock.advance(DEADLINE + 1);
      clock.advance(LAST_WAIT);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(isAnswered).toBe(false);
      proxy.cut();
      await outcome;
      expect(await others.get(id)).toMatchObject({ name: "before" });
    });

    const PLACES: [name: string, open: (clock: FakeClock) => Database][] = [
      ["of ours", (clock) => openTestDatabase(proxy.through(place().url), { poolSize: 1, clock })],
      ["of a data source of others", (clock) => existingDatabase(dataSource, { clock, random: () => 0.5 })],
    ];

    describe.each(PLACES)("on a connection %s", (_, open) => {
      async function desk() {
        const clock = new FakeClock();
        const database = open(clock);
        const environment = { clock, random: () => 0.5 };
        const images = new DistinctImageRepository(imageStore(database), environment);
        const history = new HistoryRecordStore(database, imageTable, environment);
        const remembered = new DistinctImageRepository(history, environment);
        const image = newImage({ name: "before" });
        await images.add(image); // looks at the tables, as the first one does
        await remembered.update(image.id, (one) => void one.minDisk++);
        return { clock, database, images, remembered, image: await images.get(image.id) };
      }

      /** What the call ends in, where its server freezes `at` a text; the connection is of no more use then. */
      async function frozen(at: string, { clock }: Pick<Desk, "clock">, call: () => Promise<unknown>) {
        const { mishaps } = proxy;
        proxy.breakAt(at, "freeze");
        const called = call();
        const outcome = Promise.allSettled([called]);
        await vi.waitFor(() => expect(proxy.mishaps).toBe(mishaps + 1), 20_000);
        clock.advance(DEADLINE + 1);
        clock.advance(LAST_WAIT);
        return (await outcome)[0];
      }

      async function isStored({ id }: Image): Promise<boolean> {
        const { name, tags } = await others.get(id);
        return name === "frozen" || tags.has("frozen");
      }

      test.each(CALLS)(
        "at %s: a deadline ends the wait, and says what is known",
        async (_name, call, at, end, stored) => {
          const { image, ...given } = await desk();
          const result = await frozen(at === "" ? image.id : at, given, () =>
            call(given, image, { deadline: DEADLINE }),
          );
          expect(result).toMatchObject(end === "done" ? { status: "fulfilled" } : { status: "rejected", reason: end });
          expect(await isStored(image)).toBe(stored);
          // The pool has room for one connection, and that is no longer the silent one.
          expect(await given.images.get(image.id)).toMatchObject({ id: image.id });
          if (given.database.identity !== dataSource) await given.database.close();
        },
      );

      /** A parameter: the statement itself may be prepared already. */
      const LOOKED_AT = imageTable.entryTables.tags!.name;

      const FIRST_USES: [what: string, call: (images: DistinctImageRepository, id: string, options: WaitOptions) => Promise<unknown>][] = [
        ["a read", (images, id, options) => images.get(id, undefined, options)],
        ["a write", (images, _id, options) => images.add(newImage(), options)],
        ["an update", (images, id, options) => images.update(id, (image) => void image.minDisk++, options)],
      ]; // prettier-ignore

      test.each(FIRST_USES)(
        "at the look at a table that %s is first to use: it is looked at again",
        async (_, call) => {
          const { id } = await plainImage();
          const clock = new FakeClock();
          const database = open(clock);
          await database.connect();
          const images = new DistinctImageRepository(imageStore(database), { clock, random: () => 0.5 });
          const result = await frozen(LOOKED_AT, { clock }, () => call(images, id, { deadline: DEADLINE }));
          expect(result).toMatchObject({ status: "rejected", reason: NOT_WRITTEN });
          expect(await images.get(id)).toMatchObject({ id, minDisk: 0 });
          if (database.identity !== dataSource) await database.close();
        },
      );

      test("at a COMMIT, and everywhere from then on: what cannot be looked up is unknown", async () => {
        const { image, ...given } = await desk();
        let isDone = false;
        const called = given.remembered
          .update(image.id, (one) => void (one.name = "frozen"), { deadline: DEADLINE })
          .finally(() => (isDone = true));
        const outcome = expect(called).rejects.toMatchObject(UNKNOWN);
        proxy.onPacket = (packet) => ((proxy.isFrozen ||= packet.includes("COMMIT")), "pass");
        await vi.waitFor(() => expect(proxy.isFrozen).toBe(true), 20_000);
        const startedAt = given.clock.now();
        await vi.waitFor(() => {
          given.clock.advance(500);
          expect(isDone).toBe(true);
        }, 20_000);
        await outcome;
        // One answer to the COMMIT and one to the look-up; the rest is how coarse this clock is.
        expect(given.clock.now() - startedAt).toBeLessThan(DEADLINE + 3 * LAST_WAIT);
        proxy.onPacket = () => "pass";
        proxy.isFrozen = false;
        proxy.cut();
        expect(await isStored(image)).toBe(true);
        if (given.database.identity !== dataSource) await given.database.close();
      });

      test("a signal ends it like a deadline", async () => {
        const { image, ...given } = await desk();
        const controller = new AbortController();
        const { mishaps } = proxy;
        proxy.breakAt("frozen", "freeze");
        const called = expect(tagged(given, image, { signal: controller.signal })).rejects.toMatchObject({
          code: "ABORTED",
        });
        await vi.waitFor(() => expect(proxy.mishaps).toBe(mishaps + 1), 20_000);
        controller.abort();
        given.clock.advance(LAST_WAIT);
        await called;
        expect(await isStored(image)).toBe(false);
        if (given.database.identity !== dataSource) await given.database.close();
      });
    });
  });
});
