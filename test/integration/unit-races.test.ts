import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { integer } from "../../domain/distinction/types/number-types.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import { text } from "../../domain/distinction/types/text-types.js";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { releaseTogether, startChild } from "../support/child.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, imagesIn, newImage, onServer, onSqlBackends } from "./backends.js";
import { interposed, type Step } from "./interposed.js";
import type { TransferOrder, TransfersDone } from "./unit-worker.child.js";

const WORKER = new URL("unit-worker.child.ts", import.meta.url);
const ROUNDS = 60;
const START = 1_000;

/** Without collections: where there are any, their entries tell of a change as well. */
const ticketType = recordType({
  name: "ticket",
  key: "id",
  attributes: { id: text(36), seat: withInitial(integer(), 0), price: withInitial(integer(), 0) },
});
const ticketTable = recordTable(ticketType, { name: "tickets" });

describe("units of work in several processes", () => {
  onSqlBackends((place) => {
    let database: Database;
    beforeAll(() => {
      database = openTestDatabase(place().url);
    });
    afterAll(() => database.close());

    test("that transfer between two records in opposite orders keep the sum and lose nothing", async () => {
      const images = imagesIn(database);
      const [one, two] = [newImage({ minDisk: START }), newImage({ minDisk: START })];
      await images.add(one);
      await images.add(two);
      const [before, beside] = [images.versionOf(one), images.versionOf(two)];
      const orders: TransferOrder[] = [
        { url: place().url, images: [one.id, two.id], rounds: ROUNDS },
        { url: place().url, images: [two.id, one.id], rounds: ROUNDS / 2 },
        { url: place().url, images: [two.id, one.id], rounds: ROUNDS / 3 },
      ];
      const children = orders.map((order) => startChild(WORKER, order));
      await releaseTogether(children);
      const done = (await Promise.all(children.map((child) => child.output))) as TransfersDone[];
      expect(done.map(({ acknowledged }) => acknowledged)).toEqual(orders.map(({ rounds }) => rounds));
      const [first, second] = [await images.get(one.id), await images.get(two.id)];
      const moved = ROUNDS - ROUNDS / 2 - ROUNDS / 3;
      expect([first.minDisk, second.minDisk]).toEqual([START - moved, START + moved]);
      expect([first.properties.get("moved"), second.properties.get("moved")]).toEqual([
        String(ROUNDS),
        String(ROUNDS / 2 + ROUNDS / 3),
      ]);
      const writes = ROUNDS + ROUNDS / 2 + ROUNDS / 3;
      expect([images.versionOf(first) - before, images.versionOf(second) - beside]).toEqual([writes, writes]);
    }, 120_000);
  });
});

describe("a unit of work that keeps losing", () => {
  onServer((place) => {
    test("locks what it loads, and so is committed while others go on writing", async () => {
      const [mine, theirs] = [openTestDatabase(place().url), openTestDatabase(place().url)];
      const [images, others] = [imagesIn(mine), imagesIn(theirs)];
      const image = newImage();
      await images.add(image);
      let rivals = 0;
      let stop = false;
      const rival = (async () => {
        while (!stop) {
          await others.update(image.id, (one) => void one.minRam++);
          rivals++;
        }
      })();
      const attempts: number[] = [];
      const units = new SqlUnitOfWork(mine, environment);
      for (let round = 0; round < 5; round++) {
        await units.run(async (tx) => {
          attempts.push(tx.attempt);
          const inside = tx.repository(images);
          const loaded = await inside.get(image.id);
          loaded.minDisk++;
          await new Promise((resolve) => setTimeout(resolve, 30)); // long enough to lose every race without a lock
          await inside.save(loaded);
        });
      }
      stop = true;
      await rival;
      const now = await images.get(image.id);
      expect([now.minDisk, now.minRam]).toEqual([5, rivals]);
      expect(Math.max(...attempts)).toBeLessThanOrEqual(5);
      expect(Math.max(...attempts)).toBeGreaterThan(3);
      await mine.close();
      await theirs.close();
    });

    test.each<[string, (images: DistinctImageRepository, id: string) => Promise<Image>]>([
      ["one by one", (images, id) => images.get(id)],
      ["several", async (images, id) => (await images.getMany([id]))[0]!],
    ])("locks what it loads: %s", async (_, load) => {
      const [mine, theirs] = [openTestDatabase(place().url), openTestDatabase(place().url)];
      const [images, others] = [imagesIn(mine), imagesIn(theirs)];
      const image = newImage();
      await images.add(image);
      await new SqlUnitOfWork(mine, environment).run(async (tx) => {
        const inside = tx.repository(images);
        const loaded = await load(inside, image.id);
        expect(await isLocked(theirs, "images", image.id)).toBe(tx.attempt > 3);
        if (tx.attempt <= 3) await others.update(image.id, (one) => void one.minRam++);
        loaded.minDisk++;
        await inside.save(loaded);
      });
      const now = await images.get(image.id);
      expect([now.minDisk, now.minRam]).toEqual([1, 3]);
      await mine.close();
      await theirs.close();
    });
  });
});

describe("a list in a unit of work that locks", () => {
  onServer((place) => {
    let mine: Database;
    let theirs: Database;
    let others: DistinctRepository<typeof ticketType>;
    beforeAll(async () => {
      [mine, theirs] = [openTestDatabase(place().url), openTestDatabase(place().url)];
      await createTestTables(theirs, ticketTable);
      others = ticketsIn(theirs);
    });
    afterAll(async () => {
      await mine.close();
      await theirs.close();
    });

    /** Looks for a ticket in the runs that lock, of which none loaded it before. */
    async function underLock(
      database: Database,
      look: (tickets: typeof others, id: string, attempt: number) => Promise<void>,
    ): Promise<void> {
      const tickets = ticketsIn(database);
      const [lost, listed] = [others.create({ id: randomUUID() }), others.create({ id: randomUUID() })];
      await others.addAll([lost, listed]);
      await new SqlUnitOfWork(database, environment).run(async (tx) => {
        const inside = tx.repository(tickets);
        if (tx.attempt > 3) return look(inside, listed.id, tx.attempt);
        const loaded = await inside.get(lost.id);
        await others.update(lost.id, (one) => void one.price++);
        loaded.seat++;
        await inside.save(loaded);
      });
    }

    test("locks what it gives", async () => {
      const locked: boolean[] = [];
      await underLock(mine, async (tickets, id) => {
        const { records } = await tickets.list({ where: { id: { eq: id } } });
        locked.push(await isLocked(theirs, "tickets", records[0]!.id));
      });
      expect(locked).toEqual([true]);
    });

    test("gives nothing that another writer changed after the page was read and before it was locked", async () => {
      let comeBetween: (() => Promise<unknown>) | undefined;
      let selects = 0;
      const before = async (step: Step): Promise<void> => {
        if (comeBetween !== undefined && step === "SELECT" && ++selects === 2) await comeBetween();
      };
      const given: [attempt: number, price: number][] = [];
      await underLock(interposed(mine, before, systemClock), async (tickets, id, attempt) => {
        comeBetween ??= () => others.update(id, (one) => void (one.price = 7));
        const { records } = await tickets.list({ where: { id: { eq: id } } });
        given.push([attempt, records[0]!.price]);
      });
      expect(given).toEqual([[5, 7]]);
    });
  });
});

function ticketsIn(database: Database): DistinctRepository<typeof ticketType> {
  return new DistinctRepository(ticketType, new SqlRecordStore(database, ticketTable), environment);
}

async function isLocked(database: Database, table: string, id: string): Promise<boolean> {
  const lock = { sql: `SELECT 1 FROM ${table} WHERE id = ? FOR UPDATE NOWAIT`, parameters: [id] };
  const locking = database.lend((connection) => connection.rows(lock));
  return locking.then(
    () => false,
    () => true,
  );
}
