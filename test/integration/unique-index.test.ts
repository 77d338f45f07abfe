import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { articleTable, articleType, type Article } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onSqlBackends } from "./backends.js";

/** The application's own index, of which the record type knows nothing. */
onSqlBackends((place) => {
  let database: Database;
  let articles: DistinctRepository<typeof articleType>;
  beforeAll(async () => {
    database = openTestDatabase(place().url);
    await createTestTables(database, articleTable);
    await database.session((session) =>
      session.run({ sql: "CREATE UNIQUE INDEX article_titles ON articles (title)", parameters: [], varying: true }),
    );
  });
  beforeEach(async () => {
    await database.session((session) => session.run({ sql: "DELETE FROM articles", parameters: [], varying: true }));
    articles = new DistinctRepository(articleType, new SqlRecordStore(database, articleTable), environment);
    await articles.add(articles.create({ id: "taken", title: "taken" }));
  });
  afterAll(() => database.close());

  const taken = expect.objectContaining({
    code: "UNIQUE_VALUE_TAKEN",
    message: expect.stringContaining("unique") as string,
  }) as object;
  const article = (id: string, title: string): Article =>
    articles.create({ id, title, labels: [["k", "v"]], tags: ["t"] });
  const stored = async (): Promise<string[]> => (await articles.list()).records.map(({ id }) => id);

  test("a new record that violates it does not exist already: the database refuses it, and nothing is stored", async () => {
    await expect(articles.add(article("new", "taken"))).rejects.toEqual(taken);
    await expect(articles.add(articles.create({ id: "plain", title: "taken" }))).rejects.toEqual(taken);
    await expect(articles.addAll([article("a", "free"), article("b", "taken")])).rejects.toEqual(taken);
    expect(await stored()).toEqual(["taken"]);
    await expect(articles.add(article("taken", "free"))).rejects.toMatchObject({ code: "RECORD_EXISTS" });
  });

  test("a save or batch that violates it writes nothing, and succeeds with another value", async () => {
    const [one, two] = [article("one", "1"), article("two", "2")];
    await articles.addAll([one, two]);
    one.title = "taken";
    one.labels.set("k", "new");
    await expect(articles.save(one)).rejects.toEqual(taken);
    two.views = 5;
    await expect(articles.saveAll([two, one])).rejects.toEqual(taken);
    const now = await articles.getMany(["one", "two"]);
    expect(now.map((each) => [each.title, each.labels.get("k"), each.views, articles.versionOf(each)])).toEqual([
      ["1", "v", 0, 1],
      ["2", "v", 0, 1],
    ]);
    one.title = "free";
    await articles.saveAll([two, one]);
    expect((await articles.get("one")).title).toBe("free");
  });

  test("a unit of work that violates it is undone as a whole", async () => {
    const unit = new SqlUnitOfWork(database, environment).run(async (tx) => {
      const inside = tx.repository(articles);
      await inside.add(inside.create({ id: "first", title: "first" }));
      await inside.add(inside.create({ id: "second", title: "taken" }));
    });
    await expect(unit).rejects.toEqual(taken);
    expect(await stored()).toEqual(["taken"]);
  });
});
