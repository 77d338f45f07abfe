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
import { openDataSource } from "./entity-fixtures.js";

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
    ["a read-only attribute", "title", (article) => readOnly(article, "title")],
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
    dataSource = await openDataSource(url(), { entities: [AccountSchema], synchronize: true });
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

  test("a stored value that its transformer does not take is told by record and column", async () => {
    const failed = accounts.get("money");
    await expect(failed).rejects.toMatchObject({ code: "CORRUPT_RECORD" });
    await expect(failed).rejects.toThrow("Account money: a value that its transformer does not take, in money");
  });
}
