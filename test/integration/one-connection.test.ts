import "reflect-metadata";
import type { Database as SqliteFile } from "better-sqlite3";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { TransactionScope } from "../../domain/distinction/unit/unit-of-work.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { existingDatabase } from "../../infrastructure/persistence/connection/existing-database.js";
import { unitOfWork } from "../../src/composition/existing-data-source.js";
import { openDataSource, Photo } from "./entity-fixtures.js";
import { labelled, photosOf } from "./two-services.js";

/** TypeORM has one connection to an SQLite file, which its own statements and ours share. */

const UNDO = new Error("undo");

let dataSource: DataSource;
beforeAll(async () => {
  dataSource = await openDataSource("sqlite::memory:", { synchronize: true });
});
afterAll(() => dataSource.destroy());

const rows = () => dataSource.getRepository(Photo);

async function added(...titles: string[]): Promise<string[]> {
  const photos = titles.map((title) => photosOf(dataSource).create({ title }));
  for (const photo of photos) await photosOf(dataSource).add(photo);
  return photos.map(({ id }) => id);
}

async function titles(...ids: string[]): Promise<(string | undefined)[]> {
  const found = await rows().find({ select: { id: true, title: true } });
  return ids.map((id) => found.find((row) => row.id === id)?.title);
}

const microtasks = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index++) await Promise.resolve();
};

function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** A unit that has written `title` to the first photo, and writes it to the second once it is let go on. */
async function heldUnit(ids: readonly [string, string], { title = "unit", end = () => Promise.resolve() } = {}) {
  const photos = photosOf(dataSource);
  const [begun, held] = [gate(), gate()];
  const rename = (tx: TransactionScope, id: string) =>
    tx.repository(photos).update(id, (photo) => void (photo.title = title));
  const outcome = unitOfWork(dataSource)
    .run(async (tx) => {
      await rename(tx, ids[0]);
      begun.open();
      await held.opened;
      await rename(tx, ids[1]);
      await end();
    })
    .then(() => "ok", String);
  await begun.opened;
  return { outcome, goOn: held.open };
}

const settled = (work: Promise<unknown>) =>
  work.then(
    () => "ok",
    (error: unknown) => (error instanceof Error ? error.message : "?"),
  );

/** Whatever waits for nothing but a few statements has come to its end. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 20));

test("what we answered stays, whenever a transaction of TypeORM's begins that is undone", async () => {
  const photos = photosOf(dataSource);
  for (let between = 0; between < 12; between++) {
    const [id, other] = (await added("old", "other")) as [string, string];
    const photo = await photos.get(id);
    photo.title = "new";
    const extra = photos.create({ title: "added" });
    const saving = Promise.all([photos.save(photo), photos.add(extra)]);
    await microtasks(between);
    const theirs = dataSource.transaction(async (manager) => {
      await manager.update(Photo, other, { title: "undone" });
      throw UNDO;
    });
    await expect(theirs).rejects.toBe(UNDO);
    await saving;
    expect([between, ...(await titles(id, extra.id, other))]).toEqual([between, "new", "added", "other"]);
  }
});

test("each statement of ours is sent outside a transaction of TypeORM's, also where that began since the last one", async () => {
  const [id] = (await added("old")) as [string];
  const [read, begun] = [gate(), gate()];
  const ours = existingDatabase(dataSource, { clock: systemClock, random: Math.random }).session(async (session) => {
    await session.rows({ sql: "SELECT title FROM photo WHERE id = ?", parameters: [id] });
    read.open();
    await begun.opened;
    await session.run({ sql: "UPDATE photo SET title = 'new' WHERE id = ?", parameters: [id] });
  });
  await read.opened;
  const theirs = dataSource.transaction(async () => {
    begun.open();
    await aWhile();
    throw UNDO;
  });
  await expect(theirs).rejects.toBe(UNDO);
  await ours;
  expect(await titles(id)).toEqual(["new"]);
});

test("a unit is stored as a whole beside save() of TypeORM's, which waits for it", async () => {
  const [one, two, other] = (await added("a", "b", "c")) as [string, string, string];
  const unit = await heldUnit([one, two]);
  const saving = settled(rows().save({ id: other, title: "theirs" }));
  await aWhile();
  unit.goOn();
  expect([await unit.outcome, await saving]).toEqual(["ok", "ok"]);
  expect(await titles(one, two, other)).toEqual(["unit", "unit", "theirs"]);
});

test("of a unit that fails nothing is stored, and all that TypeORM was told beside it", async () => {
  const [one, two, saved, updated] = (await added("a", "b", "c", "d")) as [string, string, string, string];
  const unit = await heldUnit([one, two], { end: () => Promise.reject(UNDO) });
  const theirs = Promise.all([
    settled(rows().save({ id: saved, title: "saved" })),
    settled(rows().update(updated, { title: "updated" })),
    titles(one),
  ]);
  await aWhile();
  unit.goOn();
  expect(await unit.outcome).toBe(String(UNDO));
  expect(await theirs).toEqual(["ok", "ok", ["a"]]); // nor do they read what is not committed
  expect(await titles(one, two, saved, updated)).toEqual(["a", "b", "saved", "updated"]);
  const later = dataSource.transaction(async (manager) => {
    await manager.update(Photo, one, { title: "undone" });
    throw UNDO;
  });
  await expect(later).rejects.toBe(UNDO); // TypeORM counts its transactions still
  expect(await titles(one)).toEqual(["a"]);
});

test("those that waited for a unit do not become part of one another", async () => {
  const [one, two, kept, undone, updated] = (await added("a", "b", "c", "d", "e")) as [string, string, string, string, string]; // prettier-ignore
  const unit = await heldUnit([one, two]);
  const change = (id: string, end: () => void) =>
    settled(
      dataSource.transaction(async (manager) => {
        await manager.update(Photo, id, { title: "theirs" });
        await aWhile();
        end();
      }),
    );
  const fail = (): never => {
    throw UNDO;
  };
  const theirs = Promise.all([
    change(undone, fail),
    settled(rows().update(updated, { title: "theirs" })),
    change(kept, () => undefined),
  ]);
  await aWhile();
  unit.goOn();
  expect([await unit.outcome, await theirs]).toEqual(["ok", ["undo", "ok", "ok"]]);
  expect(await titles(undone, updated, kept)).toEqual(["d", "theirs", "theirs"]);
});

test("saves of children and save() of TypeORM's run side by side", async () => {
  const [id] = (await added("a")) as [string];
  const photos = photosOf(dataSource);
  const ours = async (): Promise<void> => {
    for (let index = 0; index < 100; index++) {
      await photos.update(id, (photo) => {
        photo.labels = [...photo.labels, labelled(`l${index}`)].slice(-3);
      });
      await microtasks(index % 17);
    }
  };
  const saved: string[] = [];
  const theirs = async (): Promise<void> => {
    for (let index = 0; index < 100; index++) {
      saved.push((await rows().save(rows().create({ title: "theirs" }))).id);
      await microtasks(index % 13);
    }
  };
  await Promise.all([ours(), theirs()]);
  expect((await photos.get(id)).labels.map(({ name }) => name)).toEqual(["l97", "l98", "l99"]);
  expect(new Set(await titles(...saved))).toEqual(new Set(["theirs"]));
});

test("TypeORM gets its turn, however many units are waiting", async () => {
  const [one, two] = (await added("a", "b")) as [string, string];
  const unit = await heldUnit([one, two]);
  const order: string[] = [];
  const briefly = async (name: string): Promise<void> => {
    await unitOfWork(dataSource).run((tx) => tx.repository(photosOf(dataSource)).get(one));
    order.push(name);
  };
  const theirs = async (): Promise<void> => {
    await rows().count();
    order.push("theirs");
  };
  const all = [briefly("1"), briefly("2"), theirs(), briefly("3"), briefly("4"), briefly("5")];
  await aWhile();
  unit.goOn();
  await Promise.all(all);
  expect(order.indexOf("theirs")).toBeLessThan(order.indexOf("5"));
});

test("within a unit TypeORM's statements are part of it, and its transactions are refused", async () => {
  const [one, two] = (await added("a", "b")) as [string, string];
  const photos = photosOf(dataSource);
  const seen: unknown[] = [];
  const unit = unitOfWork(dataSource).run(async (tx) => {
    await tx.repository(photos).update(one, (photo) => void (photo.title = "unit"));
    seen.push(...(await titles(one)));
    await rows().update(two, { title: "beside" });
    const refused = [
      rows().save({ id: two, title: "saved" }),
      dataSource.transaction(() => Promise.resolve()),
      dataSource.query("COMMIT"),
    ];
    for (const work of refused) seen.push(await settled(work));
    throw UNDO;
  });
  await expect(unit).rejects.toBe(UNDO);
  const message = expect.stringContaining("TypeORM can neither begin nor end a transaction") as unknown;
  expect(seen).toEqual(["unit", message, message, message]);
  expect(await titles(one, two)).toEqual(["a", "b"]);
  await rows().save({ id: two, title: "later" });
  expect(await titles(two)).toEqual(["later"]);
});

test("a unit whose transaction is gone writes nothing more", async () => {
  const [one, two] = (await added("a", "b")) as [string, string];
  const { databaseConnection: file } = dataSource.driver as unknown as { databaseConnection: SqliteFile };
  const photos = photosOf(dataSource);
  const codes: unknown[] = [];
  const unit = unitOfWork(dataSource).run(async (tx) => {
    const inside = tx.repository(photos);
    await inside.update(one, (photo) => void (photo.title = "unit"));
    file.exec("ROLLBACK"); // past TypeORM
    await inside.update(two, (photo) => void (photo.title = "unit")).catch((error: unknown) => codes.push(error));
  });
  await expect(unit).rejects.toMatchObject({ code: "TRANSACTION_LOST" });
  expect(codes).toEqual([expect.objectContaining({ code: "TRANSACTION_LOST" })]);
  expect(await titles(one, two)).toEqual(["a", "b"]);
  await photos.update(two, (photo) => void (photo.title = "later"));
  expect(await titles(two)).toEqual(["later"]);
});

test("TypeORM waits for a unit no longer than 5 seconds, and nothing is written then", async () => {
  const [one, two, other] = (await added("a", "b", "c")) as [string, string, string];
  const unit = await heldUnit([one, two]);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const theirs = [rows().update(other, { title: "late" }), rows().save(rows().create({ title: "late" }))].map(settled);
  await vi.advanceTimersByTimeAsync(4_999);
  expect(await Promise.race([...theirs, Promise.resolve("waits")])).toBe("waits");
  await vi.advanceTimersByTimeAsync(1);
  const message = expect.stringContaining("a unit of work has been open for 5000 ms") as unknown;
  expect(await Promise.all(theirs)).toEqual([message, message]);
  vi.useRealTimers();
  unit.goOn();
  expect(await unit.outcome).toBe("ok");
  expect(await titles(one, two, other)).toEqual(["unit", "unit", "c"]);
  expect(await rows().countBy({ title: "late" })).toBe(0);
});
