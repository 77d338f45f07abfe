import "reflect-metadata";
import { EntitySchema, type DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { articleTable, articleType, type Article } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onSqlBackends } from "./backends.js";
import { Label, Note, openDataSource, Photo } from "./entity-fixtures.js";

type Articles = DistinctRepository<typeof articleType>;

const readOnly = (object: object, name: string): object => Object.defineProperty(object, name, { writable: false });
const refusing = (object: object, name: string): object =>
  Object.defineProperty(object, name, {
    get: () => (name === "labels" ? new Map([["mine", "1"]]) : "old"),
    set: () => {
      throw new Error("no other value");
    },
  });

function refusal(path: string): object {
  return {
    code: "INVALID_VALUE",
    faults: [{ path, reason: expect.stringMatching(/load the record again/) as string }],
  };
}

describe("what was written and cannot be shown in the caller's object is not written again", () => {
  describe("memory", () => {
    const articles = new DistinctRepository(articleType, new MemoryRecordStore(articleType), environment);
    plainObjects(() => articles);
  });
  onSqlBackends((place) => {
    let database: Database;
    let articles: Articles;
    beforeAll(async () => {
      database = openTestDatabase(place().url);
      await createTestTables(database, articleTable);
      articles = new DistinctRepository(articleType, new SqlRecordStore(database, articleTable), environment);
    });
    afterAll(() => database.close());
    plainObjects(() => articles);
    entityObjects(() => place().url);
  });
});

function plainObjects(repository: () => Articles): void {
  test.each<[string, path: string, (article: Article) => void]>([
    ["an attribute whose setter throws", "title", (article) => refusing(article, "title")],
    ["a collection whose setter throws", "record", (article) => refusing(article, "labels")],
  ])("%s", async (id, path, prepare) => {
    const articles = repository();
    await articles.add(articles.create({ id, title: "old", labels: [["mine", "1"]] }));
    const article = await articles.get(id);
    prepare(article);
    await articles.update(id, (other) => {
      other.title = "new";
      other.labels.set("theirs", "2");
    });
    article.views += 1;
    expect(await articles.save(article)).toMatchObject({ written: true });
    for (const use of [
      () => articles.save(article),
      () => articles.saveAll([article]),
      () => articles.remove(article),
    ]) {
      await expect(use()).rejects.toMatchObject({ code: "INVALID_VALUE" });
    }
    await expect(articles.save(article)).rejects.toMatchObject(refusal(path));
    const stored = await articles.reload(article);
    expect(stored).toMatchObject({ title: "new", views: 1 });
    expect([...stored.labels.keys()].sort()).toEqual(["mine", "theirs"]);
  });

  test.each<[string, (article: Article) => void]>([
    ["read-only", (article) => readOnly(article, "title")],
    ["an accessor without setter", (article) => Object.defineProperty(article, "title", { get: () => "old" })],
  ])(
    "an attribute that is %s stops nothing until others change it, and is found then before any write",
    async (id, close) => {
      const articles = repository();
      await articles.add(articles.create({ id, title: "old" }));
      const article = await articles.get(id);
      close(article);
      article.views += 1;
      expect(await articles.save(article)).toMatchObject({ written: true, retries: 0 });
      await articles.update(id, (other) => void (other.title = "new"));
      article.views += 1;
      for (const save of [() => articles.save(article), () => articles.saveAll([article])]) {
        await expect(save()).rejects.toMatchObject({
          code: "INVALID_VALUE",
          id,
          faults: [{ path: "title", reason: expect.stringMatching(/read-only/) as string }],
        });
      }
      const stored = await articles.get(id);
      expect([stored.title, stored.views]).toEqual(["new", 1]);
      await articles.update(id, (other) => void (other.title = "old"));
      expect(await articles.save(article)).toMatchObject({ written: true });
      expect((await articles.get(id)).views).toBe(2);
    },
  );

  test("a collection of the caller's that nothing can be put in place of is found before any write", async () => {
    const articles = repository();
    const id = "own-labels";
    await articles.add(articles.create({ id }));
    const article = await articles.get(id);
    Object.defineProperty(article, "labels", { value: new Map([["mine", "1"]]), writable: false });
    article.views += 1;
    await expect(articles.save(article)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: "labels" }] });
    expect(await articles.get(id)).toMatchObject({ views: 0 });
  });

  test("a closed object is saved where it has a place for everything, and refused before any write where not", async () => {
    const articles = repository();
    const id = "closed";
    await expect(articles.add(Object.preventExtensions({ id }) as Article)).rejects.toMatchObject({
      code: "INVALID_VALUE",
      faults: expect.arrayContaining([{ path: "title", reason: expect.stringMatching(/closed/) as string }]) as unknown,
    });
    expect(await articles.find(id)).toBeUndefined();
    await articles.add(Object.seal(articles.create({ id })));
    const article = Object.seal(await articles.get(id));
    await articles.update(id, (other) => void (other.title = "new"));
    article.views += 1;
    await articles.save(article);
    expect(article).toMatchObject({ title: "new", views: 1 });
    readOnly(article, "title");
    article.views += 1;
    await expect(articles.save(article)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: "title" }] });
    expect(await articles.get(id)).toMatchObject({ views: 1 });
  });
}

class Account {
  id!: string;
  views!: number;
  version!: number;
  money!: { readonly cents: number } | null;
  #title = "";

  get title(): string {
    return this.#title;
  }

  set title(title: string) {
    if (title === "bad") throw new Error("no such title");
    this.#title = title;
  }
}

const AccountSchema = new EntitySchema<Account>({
  name: "Account",
  target: Account,
  columns: {
    id: { type: "varchar", length: 36, primary: true },
    title: { type: "varchar", length: 40 },
    views: { type: "int", default: 0 },
    money: {
      type: "varchar",
      length: 20,
      nullable: true,
      transformer: {
        to: (money: Account["money"] | undefined) => (money ? `m${money.cents}` : money),
        from: (stored: string | null) => {
          if (stored === "foreign") throw new Error(`cannot read ${stored}`);
          return stored === null ? null : { cents: Number(stored.slice(1)) };
        },
      },
    },
    version: { type: "int", version: true },
  },
});

function entityObjects(url: () => string): void {
  let dataSource: DataSource;
  let accounts: EntityRepository<Account>;
  beforeAll(async () => {
    dataSource = await openDataSource(url(), { entities: [AccountSchema, Photo, Label, Note], synchronize: true });
    accounts = distinct(dataSource, AccountSchema, { policies: { views: "sum" }, random: () => 0 });
  });
  afterAll(() => dataSource.destroy());

  test.each([
    ["a setter that throws on another writer's value", "title", "bad"],
    ["a transformer that throws on another writer's value", "money", "foreign"],
  ])("%s", async (what, column, value) => {
    const id = column;
    await accounts.add(accounts.create({ id, title: "t", money: { cents: 1 } }));
    const account = await accounts.get(id);
    await dataSource.query(`UPDATE account SET ${column} = '${value}', version = version + 1 WHERE id = '${id}'`);
    account.views += 1;
    expect(await accounts.save(account)).toMatchObject({ written: true });
    for (let again = 0; again < 2; again++) {
      await expect(accounts.save(account), what).rejects.toMatchObject(refusal(column));
    }
    const views: unknown = await dataSource.query(`SELECT views FROM account WHERE id = '${id}'`);
    expect(views).toEqual([{ views: 1 }]);
  });

  test("a property that the version, the time of the write or others' children have to go into", async () => {
    const photos = distinct(dataSource, Photo, { random: () => 0 });
    const sample = photos.create({ title: "t", labels: [{ name: "a", weight: 1 } as Label] });
    await photos.add(sample);
    const refused = async (photo: Photo, path: string): Promise<void> => {
      photo.views = 9;
      const fault = { path, reason: expect.stringMatching(/read-only/) as string };
      await expect(photos.save(photo), path).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [fault] });
      expect((await photos.get(photo.id)).views).toBe(0);
    };
    for (const name of ["version", "updatedAt"])
      await refused(readOnly(await photos.get(sample.id), name) as Photo, name);
    const photo = await photos.get(sample.id);
    readOnly(photo.labels[0]!, "weight");
    await photos.update(sample.id, (other) => void (other.labels[0]!.weight = 2));
    await refused(photo, "labels[0].weight");
  });

  test("a stored value that its transformer does not take is told by record and column", async () => {
    const failed = accounts.get("money");
    await expect(failed).rejects.toMatchObject({ code: "CORRUPT_RECORD" });
    await expect(failed).rejects.toThrow("Account money: a value that its transformer does not take, in money");
  });
}
