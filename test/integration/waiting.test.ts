import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WaitOptions } from "../../domain/distinction/save/save-options.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { SqlHistory } from "../../infrastructure/persistence/history/sql-history.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { openTestDatabase } from "../support/open-store.js";
import { environment, imageStore, newImage, onSqlBackends } from "./backends.js";

/** What a caller works with, and one image that was loaded before anybody had to wait. */
interface Desk {
  readonly database: Database;
  readonly images: DistinctImageRepository;
  readonly image: Image;
}

type Call = (desk: Desk, options: WaitOptions) => Promise<unknown>;

const renamed = ({ image }: Desk): Image => Object.assign(image, { name: "renamed" });

const CALLS: [name: string, call: Call][] = [
  ["get", ({ images, image }, options) => images.get(image.id, undefined, options)],
  ["find", ({ images, image }, options) => images.find(image.id, undefined, options)],
  ["getMany", ({ images, image }, options) => images.getMany([image.id], undefined, options)],
  ["list", ({ images }, options) => images.list({}, options)],
  ["reload", ({ images, image }, options) => images.reload(image, options)],
  ["add", ({ images }, options) => images.add(newImage(), options)],
  ["addAll", ({ images }, options) => images.addAll([newImage(), newImage()], options)],
  ["save", (desk, options) => desk.images.save(renamed(desk), options)],
  ["save of entries", ({ images, image }, options) => (image.tags.add("t"), images.save(image, options))],
  ["save of guards", ({ images, image }, options) => images.save(image, { ...options, mode: "strict" })],
  ["saveAll", (desk, options) => desk.images.saveAll([renamed(desk)], options)],
  ["update", ({ images, image }, options) => images.update(image.id, (one) => void (one.name = "renamed"), options)],
  ["remove", ({ images, image }, options) => images.remove(image, options)],
  ["setPropertyAtomic", ({ images, image }, options) => images.setPropertyAtomic(image.id, "k", "v", options)],
  ["historyOf", ({ database, images, image }, options) => new SqlHistory(database).historyOf(images.type, image.id, options)],
  ["changesSince", ({ database }, options) => new SqlHistory(database).changesSince(0, 1000, options)],
  [
    "unit of work",
    (desk, options) =>
      new SqlUnitOfWork(desk.database, environment).run(
        (tx) => tx.repository(desk.images).update(desk.image.id, (one) => void (one.name = "renamed")),
        options,
      ),
  ],
]; // prettier-ignore

const STORES = [
  ["", imageStore],
  [" with history", (database: Database) => new HistoryRecordStore(database, imageTable, environment)],
] as const;

describe.each(STORES)("a caller who waits for the one connection to images%s", (_, store) => {
  onSqlBackends((place) => {
    let database: Database;
    let images: DistinctImageRepository;
    beforeAll(async () => {
      database = openTestDatabase(place().url, { poolSize: 1 });
      images = new DistinctImageRepository(store(database), environment);
      await stored(); // looks at the tables, as the first one does
    });
    afterAll(() => database.close());

    async function stored(): Promise<Desk> {
      const image = newImage({ name: "before" });
      await images.add(image);
      return { database, images, image };
    }

    async function written(): Promise<number> {
      const { entries } = await new SqlHistory(database).changesSince(0, 10_000);
      return (await images.list({ limit: 1_000 })).records.length + entries.length;
    }

    describe.each(CALLS)("%s", (_name, call) => {
      test("gets an answer when the signal aborts, and nothing is written after it", async () => {
        const desk = await stored();
        const before = [await written(), images.versionOf(desk.image)];
        const letGo = await holdTheConnection(database);
        const controller = new AbortController();
        const reason = new Error("the client hung up");
        const called = call(desk, { signal: controller.signal });
        const outcome = expect(called).rejects.toMatchObject({ code: "ABORTED", cause: reason });
        await new Promise((resolve) => setTimeout(resolve, 5)); // so that it is in the queue for the connection
        controller.abort(reason);
        await outcome;
        await letGo();
        // Whoever waits in the queue is served in turn: what is asked now comes after what was left there.
        expect([await written(), images.versionOf(await images.get(desk.image.id))]).toEqual(before);
      });

      test("gets an answer once the deadline has passed", async () => {
        const desk = await stored();
        const letGo = await holdTheConnection(database);
        await expect(call(desk, { deadline: 10 })).rejects.toMatchObject({ code: "RETRIES_EXHAUSTED" });
        await letGo();
        expect(await images.get(desk.image.id)).toMatchObject({ name: "before" });
      });

      test("does what it is for where the connection comes in time", async () => {
        const desk = await stored();
        const letGo = await holdTheConnection(database);
        const called = call(desk, { signal: new AbortController().signal, deadline: 20_000 });
        await letGo();
        await called;
      });
    });

    test("for its turn on an object: nothing of what it changed is written", async () => {
      const { image } = await stored();
      const letGo = await holdTheConnection(database);
      image.name = "first";
      const first = images.save(image);
      const controller = new AbortController();
      const { signal } = controller;
      const waiting = [
        images.save(image, { signal }),
        images.saveAll([image], { signal }),
        images.remove(image, { signal }),
      ];
      controller.abort();
      for (const one of await Promise.allSettled(waiting)) expect(one).toMatchObject({ reason: { code: "ABORTED" } });
      await letGo();
      await first;
      expect(await images.get(image.id)).toMatchObject({ name: "first" });
    });
  });
});

/** Takes the one connection, or the turn on the file; answers how to give it back. */
async function holdTheConnection(database: Database): Promise<() => Promise<void>> {
  let letGo!: () => void;
  const until = new Promise<void>((resolve) => (letGo = resolve));
  let holding!: Promise<void>;
  await new Promise<void>((held) => {
    holding = database.lend(() => {
      held();
      return until;
    });
  });
  return () => {
    letGo();
    return holding;
  };
}
