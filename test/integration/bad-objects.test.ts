import "reflect-metadata";
import { randomUUID } from "node:crypto";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { DistinctionError } from "../../domain/distinction/errors.js";
import { BatchRemovedError } from "../../domain/distinction/save/batch-errors.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { articleTable, articleType, type Article } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onServer, onSqlBackends } from "./backends.js";
import { ENTITIES, openDataSource, Photo, Unversioned } from "./entity-fixtures.js";

type Articles = DistinctRepository<typeof articleType>;

async function failure(work: () => unknown): Promise<DistinctionError> {
  return (await Promise.resolve()
    .then(work)
    .then(() => new Error("nothing was refused"), (reason: unknown) => reason)) as DistinctionError; // prettier-ignore
}

describe("objects that cannot be written are told by their records", () => {
  onSqlBackends((place) => {
    let database: Database;
    let dataSource: DataSource;
    let mine: Articles;
    let theirs: Articles;
    let photos: EntityRepository<Photo>;
    const writes: string[] = [];
    beforeAll(async () => {
      database = openTestDatabase(place().url, {
        onStatement: ({ kind, sql }) => void (kind === "statement" && !sql.startsWith("SELECT") && writes.push(sql)),
      });
      await createTestTables(database, articleTable);
      const store = new SqlRecordStore(database, articleTable);
      mine = new DistinctRepository(articleType, store, environment);
      theirs = new DistinctRepository(articleType, store, environment);
      dataSource = await openDataSource(place().url, { synchronize: true, entities: ENTITIES });
      photos = distinct(dataSource, Photo);
    });
    afterAll(async () => {
      await dataSource.destroy();
      await database.close();
    });

    async function stored(): Promise<Article> {
      const article = mine.create({ id: randomUUID(), labels: [["a", "1"], ["b", "2"]] }); // prettier-ignore
      await mine.add(article);
      return article;
    }

    async function expectRefused(work: () => unknown, code: string, ...parts: readonly string[]): Promise<void> {
      const before = writes.length;
      const error = await failure(work);
      expect(error).toMatchObject({ code });
      for (const part of parts) expect(error.message).toContain(part);
      expect(writes.slice(before)).toEqual([]);
    }

    test("a partial load: what was left out, and of which record", async () => {
      const { id } = await stored();
      const part = await mine.get(id, { labels: ["a"], tags: [] });
      const subject = `article ${id}: `;
      await expectRefused(() => part.labels.get("b"), "NOT_LOADED", subject, 'labels["b"]');
      await expectRefused(() => part.tags.has("t"), "NOT_LOADED", subject, 'tags["t"]');
      await expectRefused(() => part.labels.size, "NOT_LOADED", subject, "labels: only 1");
      part.title = "changed";
      part.labels = new Map([["a", "2"]]);
      for (const write of [() => mine.save(part), () => mine.saveAll([part]), () => mine.explain(part)]) {
        await expectRefused(write, "NOT_LOADED", subject, "cannot replace labels: only 1");
      }
    });

    test.each<[string, string, (article: Article) => object | Promise<object>]>([
      ["a copy", "", (article) => ({ ...article, title: "changed" })],
      ["an object of another repository", "", ({ id }) => theirs.get(id)],
      ["a new one that was never added", "", ({ id }) => mine.create({ id })],
      ["one whose key is none", "this article", (article) => ({ ...article, id: 5 })],
    ])("%s was not loaded here", async (_, subject, make) => {
      const article = await stored();
      const object = (await make(article)) as Article;
      const named = subject || `article ${article.id}`;
      for (const write of [
        () => mine.save(object),
        () => mine.saveAll([article, object]),
        () => mine.remove(object),
        () => mine.explain(object),
      ]) {
        await expectRefused(write, "UNTRACKED_RECORD", named);
      }
      expect(theirs.versionOf(await theirs.get(article.id))).toBe(mine.versionOf(article));
    });

    test("what TypeORM loaded, or nobody did, is nothing that `distinct` knows", async () => {
      const photo = photos.create({ title: "t" });
      await photos.add(photo);
      const strangers = [
        await dataSource.getRepository(Photo).findOneByOrFail({ id: photo.id }),
        Object.assign(new Photo(), { id: photo.id, title: "t" }),
      ];
      for (const stranger of strangers) {
        stranger.title = "changed";
        for (const write of [() => photos.save(stranger), () => photos.saveAll([photo, stranger])]) {
          await expectRefused(write, "UNTRACKED_RECORD", `Photo ${photo.id}`);
        }
      }
      expect(await photos.get(photo.id)).toMatchObject({ title: "t" });
    });

    test("an entity without a version names the entity and what to add", async () => {
      await expectRefused(() => distinct(dataSource, Unversioned), "UNVERSIONED_TABLE", "Unversioned", "version");
    });

    test("one that was removed here, or meanwhile, alone and among others", async () => {
      const [gone, also, there] = [await stored(), await stored(), await stored()];
      for (const one of [gone, also]) await theirs.remove(await theirs.get(one.id));
      for (const one of [gone, also, there]) one.title = "changed";
      const removed = `article ${gone.id}: removed since it was loaded at version ${mine.versionOf(gone)}`;
      expect((await failure(() => mine.save(gone))).message).toBe(removed);
      expect((await failure(() => mine.saveAll([there, gone]))).message).toBe(removed);
      const error = (await failure(() => mine.saveAll([there, also, gone]))) as BatchRemovedError;
      expect(error).toBeInstanceOf(BatchRemovedError);
      expect(error).toMatchObject({ code: "RECORD_NOT_FOUND", id: also.id });
      expect(error.removals.map(({ id, baseVersion }) => [id, baseVersion])).toEqual(
        [also, gone].map((one) => [one.id, mine.versionOf(one)]),
      );
      expect(error.message).toMatch(new RegExp(`^article ${also.id} .*, ${gone.id} .*: removed since`));
      expect((await theirs.get(there.id)).title).toBe("");

      await mine.remove(there);
      there.title = "again";
      for (const write of [() => mine.save(there), () => mine.saveAll([there]), () => mine.remove(there)]) {
        await expectRefused(write, "RECORD_REMOVED", `article ${there.id} was removed`);
      }
    });

    test("two objects of one record, and two new ones of one id, in one batch", async () => {
      const [one, other] = [await stored(), await stored()];
      const copy = await mine.get(other.id);
      for (const article of [one, other, copy]) article.title = "changed";
      await expectRefused(
        () => mine.saveAll([one, other, copy]),
        "INVALID_VALUE",
        "article",
        `[2]: is ${other.id} again`,
      );
      const id = randomUUID();
      const twice = [mine.create({ id }), mine.create({ id })];
      await expectRefused(() => mine.addAll(twice), "INVALID_VALUE", "article", `[1]: is ${id} again`);
      const taken = await failure(() => mine.addAll([mine.create({ id }), mine.create({ id: one.id })]));
      expect(taken).toMatchObject({ code: "RECORD_EXISTS", message: `article ${one.id}: the id is taken` });
      expect(await mine.find(id)).toBeUndefined();
    });
  });
});

describe("what the database refuses is told by record and attribute", () => {
  onSqlBackends((place, backend) => {
    let database: Database;
    const stores: Record<string, Articles> = {};
    beforeAll(async () => {
      database = openTestDatabase(place().url);
      await createTestTables(database, articleTable);
      const run = (sql: string) => database.session((session) => session.run({ sql, parameters: [], varying: true }));
      await run("CREATE UNIQUE INDEX article_bytes ON articles (bytes)");
      if (backend === "server") {
        await run("ALTER TABLE articles MODIFY title VARCHAR(10) NOT NULL, MODIFY views SMALLINT NOT NULL");
        await run("ALTER TABLE article_files MODIFY sha256 VARCHAR(5) NOT NULL");
      }
      const of = (store: SqlRecordStore): Articles => new DistinctRepository(articleType, store, environment);
      stores["plain"] = of(new SqlRecordStore(database, articleTable));
      stores["with a history"] = of(new HistoryRecordStore(database, articleTable, environment));
    });
    afterAll(() => database.close());

    /** Every way to write `edit` to a record, or to one among two. */
    async function expectRefused(
      articles: Articles,
      edit: (article: Article) => void,
      code: string,
      reason: string,
    ): Promise<void> {
      const [one, other] = [articles.create({ id: randomUUID() }), articles.create({ id: randomUUID() })];
      await articles.addAll([one, other]);
      edit(one);
      other.body = "changed";
      const added = articles.create({ id: randomUUID() });
      const beside = articles.create({ id: randomUUID() });
      edit(added);
      const alone = (id: string): string => `article ${id}: `;
      const among = (...ids: string[]): string => `one of article ${ids.join(", ")}: `;
      const unit = new SqlUnitOfWork(database, environment);
      const ways: readonly (readonly [() => Promise<unknown>, string])[] = [
        [() => articles.add(added), alone(added.id)],
        [() => articles.addAll([beside, added]), among(beside.id, added.id)],
        [() => articles.save(one), alone(one.id)],
        [() => articles.saveAll([other, one]), among(other.id, one.id)],
        [() => articles.update(other.id, edit), alone(other.id)],
        [() => unit.run((tx) => tx.repository(articles).add(added)), alone(added.id)],
        [() => unit.run((tx) => tx.repository(articles).update(other.id, edit)), alone(other.id)],
      ];
      for (const [write, subject] of ways) {
        const error = await failure(write);
        expect(error).toMatchObject({ code });
        expect(error.message).toContain(subject);
        expect(error.message).toContain(reason);
        expect(error.stack).toContain(error.message);
      }
      for (const { id } of [added, beside]) expect(await articles.find(id)).toBeUndefined();
      for (const { id } of [one, other]) expect(articles.versionOf(await articles.get(id))).toBe(1);
    }

    test.each(["plain", "with a history"])("a value of another row's in a unique index: %s", async (kind) => {
      const articles = stores[kind]!;
      await articles.add(articles.create({ id: randomUUID(), bytes: kind === "plain" ? 1n : 2n }));
      const take = (article: Article): void => void (article.bytes = kind === "plain" ? 1n : 2n);
      await expectRefused(articles, take, "UNIQUE_VALUE_TAKEN", "bytes");
    });

    if (backend === "server") {
      test.each<[string, string, (article: Article) => void]>([
        ["too long", "title, declared as well-formed text of at most 255 characters", (one) => (one.title = "x".repeat(11))],
        ["out of range", "views, declared as an integer between", (one) => (one.views = 40_000)],
        ["in an entry", "sha256 in files, declared as well-formed text", (one) => void one.files.set("f", { length: 1, sha256: "123456", custom: null })],
      ])("a value that a column of others' making does not hold: %s", async (_, place, edit) => {
        for (const articles of Object.values(stores)) await expectRefused(articles, edit, "DATABASE_ERROR", place);
      }); // prettier-ignore
    }
  });

  onServer((place) => {
    test("a statement that is too large names its record", async () => {
      const database = openTestDatabase(place().url);
      await createTestTables(database, articleTable);
      const articles = new DistinctRepository(articleType, new SqlRecordStore(database, articleTable), environment);
      const article = articles.create({ id: randomUUID() });
      await articles.add(article);
      const [[limit] = []] = await database.session((session) =>
        session.rows({ sql: "SELECT @@max_allowed_packet", parameters: [] }),
      );
      article.metadata = "x".repeat(Number(limit) + 10);
      const error = await failure(() => articles.save(article));
      expect(error).toMatchObject({ code: "STATEMENT_TOO_LARGE" });
      expect(error.message).toContain(`article ${article.id}: a statement of`);
      await database.close();
    });
  });
});
