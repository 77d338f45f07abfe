import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { ApplyOutcome, RecordStore } from "../../domain/distinction/record-store.js";
import type { TransactionScope, UnitOfWork } from "../../domain/distinction/unit/unit-of-work.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { imageType } from "../../domain/image/image-type.js";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import { MemoryUnitOfWork } from "../../infrastructure/memory/memory-unit-of-work.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { environment, imagesIn, newImage, onSqlBackends } from "../integration/backends.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";

interface Place {
  readonly units: UnitOfWork;
  readonly images: DistinctImageRepository;
  readonly articles: DistinctRepository<typeof articleType>;
  /** Over connections of their own. */
  readonly others: DistinctRepository<typeof articleType>;
}

/** What the work of a unit may meet elsewhere, and looks as if our own connection had met it. */
const FOREIGN_ERRORS: [name: string, error: Error][] = [
  ["a missing file", Object.assign(new Error("no such file"), { code: "ENOENT", errno: -2, syscall: "open" })],
  ["an error of the application", Object.assign(new Error("coupon 77 has expired"), { code: "EXPIRED" })],
  ["another server's deadlock", Object.assign(new Error("Deadlock found"), { code: "ER_LOCK_DEADLOCK", errno: 1213 })],
  ["another server's end", Object.assign(new Error("closed"), { code: "PROTOCOL_CONNECTION_LOST", fatal: true })],
  ["another file's lock", Object.assign(new Error("locked"), { code: "SQLITE_BUSY" })],
];

const isSql = (place: Place): boolean => place.units instanceof SqlUnitOfWork;

describe("memory", () => {
  const stores = [new MemoryRecordStore(imageType), new MemoryRecordStore(articleType)] as const;
  const articles = articlesOver(stores[1]);
  const place: Place = {
    units: new MemoryUnitOfWork(environment),
    images: new DistinctImageRepository(stores[0], environment),
    articles,
    others: articlesOver(stores[1]),
  };
  unitContract(() => place);
});

onSqlBackends((url, backend) => {
  let place: Place;
  let databases: readonly Database[];
  beforeAll(async () => {
    const [database, other] = [openTestDatabase(url().url), openTestDatabase(url().url)];
    databases = [database, other];
    await createTestTables(database, articleTable);
    place = {
      units: new SqlUnitOfWork(database, environment),
      images: imagesIn(database),
      articles: articlesOver(new SqlRecordStore(database, articleTable)),
      others: articlesOver(new SqlRecordStore(other, articleTable)),
    };
  });
  afterAll(async () => {
    for (const database of databases) await database.close();
  });
  unitContract(() => place, backend);

  test.each(FOREIGN_ERRORS)(
    "passes on as it is, and does not run again for, %s, where an update meets it",
    async (_, error) => {
      const { articles, others } = place;
      const id = await stored(articles);
      class OvertakenStore extends SqlRecordStore {
        override async apply(...write: Parameters<SqlRecordStore["apply"]>): Promise<ApplyOutcome> {
          await others.update(id, (article) => void (article.title = "theirs"));
          return super.apply(...write);
        }
      }
      const store = new OvertakenStore(databases[0]!, articleTable);
      const losing = new DistinctRepository(articleType, store, { ...environment, retry: { optimisticAttempts: 1 } });
      let runs = 0;
      const update = losing.update(id, (article) => {
        if (++runs === 2) throw error; // under the lock by now
        article.title = "lost";
      });
      await expect(update).rejects.toBe(error);
      expect(runs).toBe(2);
      await expect(databases[0]!.session(() => Promise.reject(error))).rejects.toBe(error);
    },
  );

  test("refuses what would wait for the unit itself: nested units, and the database by another way", async () => {
    const { units, articles, others } = place;
    const id = await stored(articles);
    const attempts: [string, (tx: TransactionScope) => Promise<unknown>][] = [
      ["plain load", () => articles.get(id)],
      ["plain save", () => articles.update(id, (article) => void (article.title = "plain"))],
      ["nested", () => units.run(() => Promise.resolve())],
      ["late", async () => (await Promise.resolve(), articles.find(id))],
    ];
    if (backend === "SQLite") attempts.push(["same file", () => others.get(id)]);
    for (const [name, work] of attempts) {
      await expect(units.run(work), name).rejects.toMatchObject({ code: "UNIT_MISUSED" });
    }
    expect((await articles.get(id)).title).toBe("");
  });

  test("refuses repositories of other databases", async () => {
    const { units, others } = place;
    const foreign = new DistinctImageRepository(new MemoryRecordStore(imageType), environment);
    for (const member of [others, foreign] as const) {
      const run = units.run((tx) => Promise.resolve(tx.repository(member as DistinctImageRepository)));
      await expect(run).rejects.toMatchObject({ code: "UNIT_MISUSED" });
    }
  });

  test("remembers operations of units that wrote, and sends nothing for those that did not", async () => {
    const { units, articles } = place;
    const id = await stored(articles);
    const before = await operations(databases[0]!);
    await units.run((tx) => tx.repository(articles).get(id));
    expect(await operations(databases[0]!)).toBe(before);
    await units.run((tx) => tx.repository(articles).update(id, (article) => void article.views++));
    expect(await operations(databases[0]!)).toBe(before + 1);
  });

  test("a unit of one database may use another", async () => {
    const { units, articles } = place;
    const id = await stored(articles);
    const elsewhere = new DistinctImageRepository(new MemoryRecordStore(imageType), environment);
    await units.run(async (tx) => {
      await elsewhere.add(newImage());
      await tx.repository(articles).get(id);
    });
  });

  test("does not keep what a write half did, even where its error is caught", async () => {
    const database = databases[0]!;
    const id = await stored(place.articles, { labels: [["k", "old"]] });
    const rename = async (from: string, to: string): Promise<void> => {
      await database.session((session) =>
        session.run({ sql: `ALTER TABLE ${from} RENAME TO ${to}`, parameters: [], varying: true }),
      );
    };
    await rename("article_labels", "article_labels_away");
    const run = place.units.run(async (tx) => {
      await tx.repository(place.images).add(newImage());
      const articles = tx.repository(place.articles);
      // Its own row is written before the entries, whose table is away.
      await articles.add(articles.create({ id: randomUUID(), labels: [["a", "b"]] })).catch(() => undefined);
    });
    await expect(run).rejects.toMatchObject({ code: "DATABASE_ERROR" });
    await rename("article_labels_away", "article_labels");
    expect((await place.articles.get(id)).labels.get("k")).toBe("old");
  });
});

function unitContract(place: () => Place, backend = "memory"): void {
  test("writes to several repositories at once", async () => {
    const { units, images, articles } = place();
    const [id, image] = [await stored(articles, { tags: ["old"] }), newImage()];
    const version = await units.run(async (tx) => {
      const article = await tx.repository(articles).get(id);
      article.title = "both";
      article.tags.add("new");
      await tx.repository(articles).save(article);
      await tx.repository(images).add(image);
      return tx.repository(articles).versionOf(article);
    });
    const now = await articles.get(id);
    expect([now.title, [...now.tags].sort(), articles.versionOf(now)]).toEqual(["both", ["new", "old"], version]);
    expect((await images.get(image.id)).id).toBe(image.id);
  });

  test("leaves nothing of a unit that fails, and passes on its error as it is", async () => {
    const { units, images, articles } = place();
    const [kept, gone, image] = [await stored(articles), await stored(articles), newImage()];
    const reason = new Error("no");
    let runs = 0;
    const run = units.run(async (tx) => {
      runs++;
      const inside = tx.repository(articles);
      await inside.update(kept, (article) => void (article.title = "changed"));
      await inside.remove(await inside.get(gone));
      await tx.repository(images).add(image);
      throw reason;
    });
    await expect(run).rejects.toBe(reason);
    expect(runs).toBe(1);
    expect((await articles.get(kept)).title).toBe("");
    expect((await articles.get(gone)).id).toBe(gone);
    expect(await images.find(image.id)).toBeUndefined();
  });

  test.each(FOREIGN_ERRORS)("passes on as it is, and does not run again for, %s", async (_, error) => {
    const { units, articles } = place();
    const id = await stored(articles);
    let runs = 0;
    const run = units.run(async (tx) => {
      runs++;
      await tx.repository(articles).update(id, (article) => void (article.title = "changed"));
      throw error;
    });
    await expect(run).rejects.toBe(error);
    expect([runs, (await articles.get(id)).title]).toEqual([1, ""]);
    const inside = units.run((tx) =>
      tx.repository(articles).update(id, () => {
        throw error;
      }),
    );
    await expect(inside).rejects.toBe(error);
  });

  test("sees what it wrote itself, and merges with that", async () => {
    const { units, articles } = place();
    const [id, fresh] = [await stored(articles, { labels: [["a", "1"]] }), randomUUID()];
    await units.run(async (tx) => {
      const inside = tx.repository(articles);
      const [one, two] = [await inside.get(id), await inside.get(id)];
      one.title = "one";
      await inside.save(one);
      two.body = "two";
      two.labels.set("b", "2");
      expect(await inside.save(two)).toMatchObject({ retries: 1, written: true });
      await inside.add(inside.create({ id: fresh, views: 1 }));
      await inside.update(fresh, (article) => void article.views++);
      const twin = await inside.get(fresh);
      await inside.remove(await inside.get(fresh));
      twin.views = 7;
      await expect(inside.save(twin)).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
      expect(await inside.find(fresh)).toBeUndefined();
    });
    const now = await articles.get(id);
    expect([now.title, now.body, Object.fromEntries(now.labels)]).toEqual(["one", "two", { a: "1", b: "2" }]);
    expect(await articles.find(fresh)).toBeUndefined();
  });

  test("answers what is wrong inside as outside, and goes on where it is caught", async () => {
    const { units, articles } = place();
    const id = await stored(articles);
    await units.run(async (tx) => {
      const inside = tx.repository(articles);
      await expect(inside.add(inside.create({ id }))).rejects.toMatchObject({ code: "RECORD_EXISTS" });
      await expect(inside.get(randomUUID())).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
      await inside.update(id, (article) => void (article.title = "went on"));
    });
    expect((await articles.get(id)).title).toBe("went on");
  });

  test("gives one repository however often it is asked, and one that knows nothing of objects from elsewhere", async () => {
    const { units, articles } = place();
    const id = await stored(articles);
    const outside = await articles.get(id);
    outside.title = "outside";
    const inside = await units.run(async (tx) => {
      expect(tx.repository(articles)).toBe(tx.repository(articles));
      await expect(tx.repository(articles).save(outside)).rejects.toMatchObject({ code: "UNTRACKED_RECORD" });
      return tx.repository(articles).get(id);
    });
    inside.title = "inside";
    await expect(articles.save(inside)).rejects.toMatchObject({ code: "UNTRACKED_RECORD" });
    expect((await articles.get(id)).title).toBe("");
  });

  test("ends with its work: nothing of it can be used afterwards", async () => {
    const { units, articles } = place();
    const id = await stored(articles);
    const [scope, inside, record] = await units.run(async (tx) => {
      const repository = tx.repository(articles);
      return [tx, repository, await repository.get(id)] as const;
    });
    record.title = "late";
    await expect(inside.save(record)).rejects.toMatchObject({ code: "UNIT_MISUSED" });
    await expect(inside.get(id)).rejects.toMatchObject({ code: "UNIT_MISUSED" });
    expect(() => scope.repository(articles)).toThrowError(expect.objectContaining({ code: "UNIT_MISUSED" }));
  });

  // On one SQLite file nobody can come between: a unit has the file to itself.
  // On SQLite a unit has the file to itself: nobody can come first.
  if (backend !== "SQLite")
    test("runs again as a whole where another writer came first", async () => {
      const { units, articles, others } = place();
      const [read, written] = [await stored(articles), await stored(articles, { views: 1, labels: [["k", "1"]] })];
      const seen: number[] = [];
      await units.run(async (tx) => {
        const inside = tx.repository(articles);
        const article = await inside.get(written);
        seen.push(article.views);
        await inside.update(read, (other) => void (other.title = `attempt ${tx.attempt}`));
        if (tx.attempt <= 2) {
          await outsideOfUnits(() => others.update(written, (theirs) => void (theirs.views += 10)));
        }
        article.views *= 2;
        article.labels.set("k", String(article.views));
        // Even where the work takes the error for something it can live with.
        await inside.save(article).catch((error: unknown) => expect(error).toMatchObject({ code: "UNIT_RERUN" }));
      });
      expect(seen).toEqual([1, 11, 21]);
      expect(await articles.get(written)).toMatchObject({ views: 42 });
      expect((await articles.get(read)).title).toBe("attempt 3");
    });

  // On SQLite a unit has the file to itself: nobody can come first.
  if (backend !== "SQLite")
    test("runs again where a record was added or removed meanwhile", async () => {
      const { units, articles, others } = place();
      const [added, removed] = [randomUUID(), await stored(articles)];
      const answers: string[] = [];
      await units.run(async (tx) => {
        const inside = tx.repository(articles);
        const [one, two] = [await inside.find(added), await inside.find(removed)];
        answers.push(`${one === undefined ? "add" : "edit"} ${two === undefined ? "nothing" : "remove"}`);
        if (tx.attempt === 1) {
          await outsideOfUnits(async () => {
            await others.add(others.create({ id: added, views: 5 }));
            await others.remove(await others.get(removed));
          });
        }
        if (two !== undefined) await inside.remove(two);
        if (one === undefined) await inside.add(inside.create({ id: added }));
        else await inside.update(added, (article) => void article.views++);
      });
      expect(answers).toEqual(["add remove", "edit nothing"]);
      expect((await articles.get(added)).views).toBe(6);
    });

  // On SQLite a unit has the file to itself: nobody can come first.
  if (backend !== "SQLite")
    test.each(["one by one", "as a batch"])(
      "runs again where what it did not find was added meanwhile, %s",
      async (how) => {
        const { units, articles, others } = place();
        const id = randomUUID();
        const answers: string[] = [];
        await units.run(async (tx) => {
          const inside = tx.repository(articles);
          const found = await inside.find(id);
          answers.push(found === undefined ? "add" : "edit");
          if (tx.attempt === 1) await outsideOfUnits(() => others.add(others.create({ id, views: 5 })));
          if (found !== undefined) await inside.update(id, (article) => void article.views++);
          else if (how === "one by one") await inside.add(inside.create({ id }));
          else await inside.addAll([inside.create({ id }), inside.create({ id: randomUUID() })]);
        });
        expect(answers).toEqual(["add", "edit"]);
        expect((await articles.get(id)).views).toBe(6);
      },
    );

  test("a removal of what another writer changed runs again, too", async () => {
    if (backend === "SQLite") return;
    const { units, articles, others } = place();
    const id = await stored(articles);
    let runs = 0;
    await units.run(async (tx) => {
      const article = await tx.repository(articles).get(id);
      if (++runs === 1) await outsideOfUnits(() => others.update(id, (theirs) => void (theirs.title = "theirs")));
      await tx.repository(articles).remove(article);
    });
    expect([runs, await articles.find(id)]).toEqual([2, undefined]);
  });

  test("is given up when its signal aborts, before or during the work", async () => {
    const { units, articles } = place();
    const id = await stored(articles);
    await expect(units.run(() => Promise.resolve(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "ABORTED",
    });
    const during = new AbortController();
    const run = units.run(
      async (tx) => {
        await tx.repository(articles).update(id, (article) => void (article.title = "aborted"));
        during.abort();
        if (isSql(place())) await new Promise(() => undefined); // never ends: the unit ends without it
      },
      { signal: during.signal },
    );
    await expect(run).rejects.toMatchObject({ code: "ABORTED" });
    expect((await articles.get(id)).title).toBe("");
  });

  test("gives up after a number of attempts, with nothing written", async () => {
    if (backend === "SQLite") return;
    const { articles, others, units } = place();
    const id = await stored(articles);
    const few = { ...environment, retry: { unitAttempts: 2, firstPause: 1 } };
    const impatient =
      units instanceof SqlUnitOfWork ? new SqlUnitOfWork(databaseOf(units), few) : new MemoryUnitOfWork(few);
    const run = impatient.run(async (tx) => {
      const article = await tx.repository(articles).get(id);
      await outsideOfUnits(() => others.update(id, (theirs) => void theirs.views++));
      article.title = "never";
      await tx.repository(articles).save(article);
    });
    await expect(run).rejects.toMatchObject({
      code: "RETRIES_EXHAUSTED",
      message: expect.stringContaining("2") as string,
    });
    expect(await articles.get(id)).toMatchObject({ title: "", views: 2 });
  });

  test("many at once, opposite ways, keep the sum", async () => {
    const { articles, units } = place();
    const ids = [await stored(articles, { views: 500 }), await stored(articles, { views: 500 })] as const;
    const transfer = (from: string, to: string): Promise<void> =>
      units.run(async (tx) => {
        const inside = tx.repository(articles);
        const [source, target] = [await inside.get(from), await inside.get(to)];
        source.views -= 1;
        target.views += 1;
        await inside.save(source);
        await inside.save(target);
      });
    const orders = Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? [ids[1], ids[0]] : [ids[0], ids[1]]));
    await Promise.all(orders.map(([from, to]) => transfer(from!, to!)));
    expect([(await articles.get(ids[0])).views, (await articles.get(ids[1])).views]).toEqual([490, 510]);
  });
}

function articlesOver(store: RecordStore): DistinctRepository<typeof articleType> {
  return new DistinctRepository(articleType, store, environment);
}

async function stored(
  articles: DistinctRepository<typeof articleType>,
  values: Partial<Parameters<(typeof articles)["create"]>[0]> = {},
): Promise<string> {
  const id = randomUUID();
  await articles.add(articles.create({ ...values, id }));
  return id;
}

/** Another client's doing, which only this process happens to do as well. */
async function outsideOfUnits(work: () => Promise<unknown>): Promise<void> {
  await work();
}

function databaseOf(units: SqlUnitOfWork): Database {
  return (units as unknown as { database: Database }).database;
}

async function operations(database: Database): Promise<number> {
  const sql = "SELECT COUNT(*) FROM distinction_operation";
  const [row] = await database.session((session) => session.rows({ sql, parameters: [] }));
  return Number(row![0]);
}
