import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { whoChanged, type History } from "../../domain/distinction/history.js";
import type { RecordStore } from "../../domain/distinction/record-store.js";
import type { UnitOfWork } from "../../domain/distinction/unit/unit-of-work.js";
import { MemoryHistory } from "../../infrastructure/memory/memory-history.js";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import { MemoryUnitOfWork } from "../../infrastructure/memory/memory-unit-of-work.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { SqlHistory } from "../../infrastructure/persistence/history/sql-history.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { environment, onSqlBackends } from "../integration/backends.js";
import { articleTable, articleType } from "../support/article.js";
import { entireHistory } from "../support/entire-history.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { photoType } from "../support/photo.js";

type Articles = DistinctRepository<typeof articleType>;

interface Place {
  readonly history: History;
  /** Another reader of the same history. */
  readonly reader: () => History;
  readonly articles: Articles;
  readonly units: UnitOfWork;
}

/** What the environments' `actor` answers. */
let answer: () => unknown = () => "ann";

const acting = { ...environment, actor: () => answer() as string | undefined };

describe("memory", () => {
  const history = new MemoryHistory(acting);
  const store = new MemoryRecordStore(articleType, history);
  const place = { history, reader: () => history, articles: articlesOver(store), units: new MemoryUnitOfWork(acting) };
  historyContract(() => place);

  test("keeps no value that is marked secret, and the order of what a unit wrote", async () => {
    const photos = new DistinctRepository(photoType, new MemoryRecordStore(photoType, history), acting);
    const { cursor } = await history.changesSince(0, 10_000);
    await place.units.run(async (tx) => {
      const [inside, articles] = [tx.repository(photos), tx.repository(place.articles)];
      const photo = inside.create({ id: "p", pin: 1 });
      await inside.add(photo);
      await articles.add(articles.create({ id: "between" }));
      photo.pin = 1234;
      await inside.save(photo);
    });
    const { entries } = await history.changesSince(cursor, 10);
    expect(entries.map(({ changeSet }) => changeSet.record)).toEqual(["photo", articleType.name, "photo"]);
    expect(new Set(entries.map(({ operation }) => operation)).size).toBe(1);
    expect(whoChanged(entries, "pin").map(({ change }) => "to" in change && change.to)).toEqual([
      "[secret]",
      "[secret]",
    ]);
  });
});

onSqlBackends((url) => {
  let database: Database;
  let place: Place;
  beforeAll(async () => {
    database = openTestDatabase(url().url);
    await createTestTables(database, articleTable);
    const reader = (): History => new SqlHistory(database);
    const articles = articlesOver(new HistoryRecordStore(database, articleTable, acting));
    place = { history: reader(), reader, articles, units: new SqlUnitOfWork(database, acting) };
  });
  afterAll(() => database.close());
  historyContract(() => place);

  test("a unit whose history cannot be written stores nothing, even where the error is caught", async () => {
    const nobody = {
      ...environment,
      actor: (): string => {
        throw new Error("who?");
      },
    };
    const articles = articlesOver(new HistoryRecordStore(database, articleTable, nobody));
    const id = await added(place.articles);
    const run = place.units.run(async (tx) => {
      await expect(tx.repository(articles).update(id, (one) => void (one.title = "whose"))).rejects.toThrow("who?");
    });
    await expect(run).rejects.toThrow("who?");
    expect((await place.articles.get(id)).title).toBe("");
  });
});

function articlesOver(store: RecordStore): Articles {
  return new DistinctRepository(articleType, store, acting);
}

async function added(articles: Articles, values: object = {}): Promise<string> {
  const id = randomUUID();
  await articles.add(articles.create({ ...values, id }));
  return id;
}

function historyContract(place: () => Place): void {
  test("has an entry for every effective write, with its author, versions and changes", async () => {
    const { history, articles, units } = place();
    const id = await added(articles, { bytes: 2n ** 60n, labels: [["k", "1"]] });
    const article = await articles.get(id);
    await articles.save(article);
    article.title = "new";
    article.labels.set("k", "2");
    await articles.save(article);
    await units.run(
      async (tx) => {
        const inside = tx.repository(articles);
        await inside.update(id, (one) => void (one.title = "newer"));
        await inside.remove(await inside.get(id));
      },
      { actor: "bob" },
    );
    const entries = await history.historyOf(articleType, id);
    const first = entries[0]!.versionTo!;
    expect(entries.map(({ actor, versionFrom, versionTo }) => [actor, versionFrom, versionTo])).toEqual([
      ["ann", undefined, first],
      ["ann", first, first + 1],
      ["bob", first + 1, first + 2],
      ["bob", first + 2, undefined],
    ]);
    expect(entries[0]!.changeSet.changes).toContainEqual({
      kind: "attribute.set",
      attribute: "bytes",
      from: undefined,
      to: 2n ** 60n,
    });
    expect(entries[2]!.operation).toBe(entries[3]!.operation);
    expect(new Set(entries.map(({ operation }) => operation)).size).toBe(3);
    expect(whoChanged(entries, "title").map(({ entry, change }) => [entry.actor, "to" in change && change.to])).toEqual(
      [
        ["bob", "newer"],
        ["ann", "new"],
        ["ann", ""],
      ],
    );
    expect(whoChanged(entries, 'labels["k"]')).toHaveLength(2);
  });

  test("has nothing of what failed or was undone", async () => {
    const { history, articles, units } = place();
    const id = await added(articles);
    await expect(articles.add(articles.create({ id }))).rejects.toMatchObject({ code: "RECORD_EXISTS" });
    const run = units.run(async (tx) => {
      await tx.repository(articles).update(id, (one) => void (one.title = "undone"));
      throw new Error("no");
    });
    await expect(run).rejects.toThrow("no");
    const [one, two] = [await articles.get(id), await articles.get(id)];
    one.title = "one";
    two.title = "two";
    await articles.save(one);
    await expect(articles.save(two)).rejects.toMatchObject({ code: "CONFLICT" });
    two.title = "";
    two.body = "two";
    await articles.save(two);
    expect((await history.historyOf(articleType, id)).map((entry) => entry.changeSet.changes.length)).toEqual([
      Object.keys(articleType.attributes).length,
      1,
      1,
    ]);
  });

  test.each([0, 1, 2, 4, 8, 16, 32])(
    "of a save that its unit does not wait for, record and history are stored, or neither (%i ticks)",
    async (ticks) => {
      const { history, articles, units } = place();
      const id = await added(articles);
      let save: Promise<boolean> | undefined;
      await units.run(async (tx) => {
        const inside = tx.repository(articles);
        const one = await inside.get(id);
        one.title = "late";
        one.labels.set("k", "late");
        one.tags.add("late");
        save = inside.save(one).then(
          () => true,
          () => false,
        );
        for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      });
      const isSaved = await save!;
      const now = await articles.get(id);
      expect([now.title, now.labels.get("k"), now.tags.has("late")]).toEqual(
        isSaved ? ["late", "late", true] : ["", undefined, false],
      );
      expect(await history.historyOf(articleType, id)).toHaveLength(isSaved ? 2 : 1);
    },
  );

  test("is read page by page, each write once", async () => {
    const { history, articles } = place();
    const ids = await Promise.all(Array.from({ length: 12 }, () => added(articles)));
    await Promise.all(ids.map((id) => articles.update(id, (one) => void one.views++)));
    const all = await entireHistory(history);
    expect(new Set(all.map(({ position }) => position)).size).toBe(all.length);
    const mine = all.filter(({ changeSet }) => ids.includes(changeSet.id[0] as string));
    expect(mine).toHaveLength(24);
    for (const id of ids) {
      const [add, edit] = mine.filter(({ changeSet }) => changeSet.id[0] === id);
      expect([add!.versionFrom, edit!.versionFrom]).toEqual([undefined, add!.versionTo]);
    }
    const { cursor } = await history.changesSince(all.at(-1)!.position!, 10);
    expect(cursor).toBe(all.at(-1)!.position);
  });

  test("a page has all that was committed before, up to its limit", async () => {
    const { history, articles } = place();
    const start = (await entireHistory(history)).at(-1)?.position ?? 0;
    await articles.addAll(Array.from({ length: 600 }, () => articles.create({ id: randomUUID() })));
    const first = await history.changesSince(start, 550);
    const second = await history.changesSince(first.cursor, 550);
    expect([first.entries.length, second.entries.length]).toEqual([550, 50]);
  });

  test("several readers at once see the same", async () => {
    const { reader, articles } = place();
    const readers = Array.from({ length: 4 }, reader);
    for (let round = 0; round < 5; round++) await added(articles);
    const [first, ...others] = await Promise.all(readers.map((reader) => entireHistory(reader)));
    const positions = first!.map(({ position, operation }) => [position, operation]);
    for (const other of others) {
      expect(other.map(({ position, operation }) => [position, operation])).toEqual(positions);
    }
  });

  test("names the actor of a save before that of its unit, and that before the environment's", async () => {
    const { history, articles, units } = place();
    const id = randomUUID();
    await articles.add(articles.create({ id }), { actor: "creator" });
    const retitle = (title: string) => (one: { title: string }) => void (one.title = title);
    await articles.update(id, retitle("1"));
    await articles.update(id, retitle("2"), { actor: "option" });
    await units.run(
      async (tx) => {
        const inside = tx.repository(articles);
        await inside.update(id, retitle("3"));
        await inside.update(id, retitle("4"), { actor: "option in unit" });
        const [article] = await inside.getMany([id]);
        article!.title = "5";
        await inside.saveAll([article!], { actor: "batch in unit" });
      },
      { actor: "unit" },
    );
    const article = await articles.get(id);
    article.title = "6";
    await articles.saveAll([article], { actor: "batch" });
    await articles.remove(article, { actor: "remover" });
    await articles.addAll([articles.create({ id: `${id}+` })], { actor: "adder" });
    const actors = (await history.historyOf(articleType, id)).map(({ actor }) => actor);
    expect(actors).toEqual(
      ["creator", "ann", "option", "unit", "option in unit", "batch in unit", "batch", "remover"], // prettier-ignore
    );
    expect((await history.historyOf(articleType, `${id}+`)).map(({ actor }) => actor)).toEqual(["adder"]);
  });

  test.each<[string, () => unknown]>([
    ["a number", () => 5],
    ["null", () => null],
    ["no name", () => ""],
    ["a name that is too long", () => "x".repeat(300)],
    ["a promise", () => Promise.resolve("ann")],
    ["an error", () => { throw new Error("s3cret"); }], // prettier-ignore
  ])("an environment whose actor answers %s writes nothing", async (_, odd) => {
    const { history, articles, units } = place();
    const [id, other] = [randomUUID(), randomUUID()];
    await articles.add(articles.create({ id }));
    const article = await articles.get(id);
    article.title = "new";
    const refused = {
      code: "INVALID_VALUE",
      message: expect.not.stringContaining("s3cret") as string,
      faults: [{ path: "actor" }],
    };
    answer = odd;
    try {
      await expect(articles.add(articles.create({ id: other }))).rejects.toMatchObject(refused);
      await expect(articles.addAll([articles.create({ id: other })])).rejects.toMatchObject(refused);
      await expect(articles.save(article)).rejects.toMatchObject(refused);
      await expect(articles.saveAll([article])).rejects.toMatchObject(refused);
      await expect(articles.remove(article)).rejects.toMatchObject(refused);
      const unit = units.run(async (tx) => {
        const inside = tx.repository(articles);
        await inside.update(id, (one) => void (one.title = "new"));
      });
      await expect(unit).rejects.toMatchObject(refused);
    } finally {
      answer = () => "ann";
    }
    expect((await articles.get(id)).title).not.toBe("new");
    expect(await articles.find(other)).toBeUndefined();
    expect(await history.historyOf(articleType, id)).toHaveLength(1);
    expect(await history.historyOf(articleType, other)).toEqual([]);
    await articles.save(article);
    expect((await articles.get(id)).title).toBe("new");
  });

  test("has batches record by record, and nothing of those that failed", async () => {
    const { history, articles } = place();
    const ids = [randomUUID(), randomUUID()];
    await articles.addAll(ids.map((id) => articles.create({ id })));
    const [one, two] = await articles.getMany(ids);
    await articles.update(ids[0]!, (article) => void (article.title = "theirs"));
    one!.body = "mine";
    two!.body = "mine";
    await articles.saveAll([one!, two!]);
    one!.title = "lost";
    two!.title = "lost";
    await articles.update(ids[0]!, (article) => void (article.title = "theirs again"));
    await expect(articles.saveAll([one!, two!])).rejects.toMatchObject({ code: "CONFLICT" });
    const [first, second] = await Promise.all(ids.map((id) => history.historyOf(articleType, id)));
    expect(first!.slice(1).map(({ changeSet }) => changeSet.changes.map((each) => "to" in each && each.to))).toEqual([
      ["theirs"],
      ["mine"],
      ["theirs again"],
    ]);
    expect(first!.map(({ versionFrom }) => versionFrom)).toEqual([undefined, 1, 2, 3]);
    expect(second).toHaveLength(2);
    expect(second![1]!.operation).toBe(first![2]!.operation);
  });

  test.each([
    [-1, 1],
    [0.5, 1],
    [0, 0],
    [0, Infinity],
  ])("refuses the cursor %d with the limit %d", async (cursor, limit) => {
    await expect(place().history.changesSince(cursor, limit)).rejects.toMatchObject({ code: "INVALID_VALUE" });
  });
}
