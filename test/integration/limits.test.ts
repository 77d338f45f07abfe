import "reflect-metadata";
import { randomUUID } from "node:crypto";
import { Column, Entity, PrimaryColumn, VersionColumn, type DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onServer, onSqlBackends } from "./backends.js";
import { ENTITIES, Note, openDataSource, Photo } from "./entity-fixtures.js";

const BIG = "12345678901234567891";

describe("the limits of the databases", () => {
  onSqlBackends((place, backend) => {
    let database: Database;
    let articles: DistinctRepository<typeof articleType>;
    const isMariaDb = () => backend === "server" && inject("serverVersion").includes("MariaDB");
    const sent: string[] = [];
    beforeAll(async () => {
      database = openTestDatabase(place().url, {
        onStatement: ({ kind, sql }) => void (kind === "statement" && sent.push(sql)),
      });
      await createTestTables(database, articleTable);
      articles = new DistinctRepository(articleType, new SqlRecordStore(database, articleTable), environment);
    });
    afterAll(() => database.close());

    async function metadataOf(id: string): Promise<string> {
      const [[text] = []] = await database.session((session) =>
        session.rows({ sql: "SELECT metadata FROM articles WHERE id = ?", parameters: [id] }),
      );
      return String(text).replaceAll(" ", "");
    }

    test("a record whose next version would be no safe integer is told of, not read", async () => {
      const id = randomUUID();
      await articles.add(articles.create({ id }));
      const raiseTo = (version: bigint): Promise<unknown> =>
        database.session((session) =>
          session.run({ sql: `UPDATE articles SET version = ${version} WHERE id = ?`, parameters: [id] }),
        );
      await raiseTo(2n ** 53n - 2n);
      const last = await articles.get(id);
      last.title = "last";
      await articles.save(last);
      const corrupt = { code: "CORRUPT_RECORD", message: expect.stringContaining(id) as string };
      for (const version of [2n ** 53n - 1n, 2n ** 53n + 1n]) {
        await raiseTo(version);
        await expect(articles.get(id)).rejects.toMatchObject(corrupt);
        await expect(articles.update(id, (one) => void (one.title = "x"))).rejects.toMatchObject(corrupt);
      }
    });

    test("JSON is stored as deep as the server takes it, and refused beyond, wherever it is", async () => {
      const deepest = isMariaDb() ? 31 : 100;
      const nested = (levels: number): JsonValue => {
        let value: JsonValue = {};
        for (let level = 1; level < levels; level++) value = level % 2 === 0 ? [value] : { '"[{': value };
        return value;
      };
      const id = randomUUID();
      await articles.add(articles.create({ id, metadata: nested(deepest) }));
      const article = await articles.get(id);
      expect(article.metadata).toEqual(nested(deepest));
      const file = { length: 1, sha256: "", custom: nested(deepest + 1) };
      const refusal = { code: "INVALID_VALUE", message: expect.stringContaining(`${deepest} levels`) as string };
      const writes = (path: string): (() => Promise<unknown>)[] => [
        () => articles.save(article),
        () => articles.saveAll([article]),
        () =>
          articles.update(
            id,
            (one) => void (path === "metadata" ? (one.metadata = nested(deepest + 1)) : one.files.set("f", file)),
          ),
      ];
      const expectRefused = async (path: string): Promise<void> => {
        for (const write of writes(path)) {
          const before = sent.length;
          const failure = write();
          await expect(failure).rejects.toMatchObject(refusal);
          await expect(failure).rejects.toThrow(id);
          await expect(failure).rejects.toThrow(path);
          expect(sent.slice(before).filter((sql) => !sql.startsWith("SELECT"))).toEqual([]);
        }
      };
      article.metadata = nested(deepest + 1);
      await expectRefused("metadata");
      article.metadata = {};
      article.files.set("f", file);
      await expectRefused('files["f"]');
      expect(articles.versionOf(await articles.get(id))).toBe(1);
      const added = randomUUID();
      for (const add of [
        async () => articles.add(articles.create({ id: added, metadata: nested(deepest + 1) })),
        async () => articles.addAll([articles.create({ id: added, files: [["f", file]] })]),
      ]) {
        const failure = add();
        await expect(failure).rejects.toMatchObject(refusal);
        await expect(failure).rejects.toThrow(added);
      }
    });

    test("a number of more digits than JavaScript keeps stays what it is beside a change, by path and as a whole", async () => {
      const id = randomUUID();
      await articles.add(articles.create({ id, files: [["f", { length: 1, sha256: "", custom: { a: 1 } }]] }));
      const padding = "so long that a path is the shorter statement to send for a single member of this document";
      const sql = "UPDATE articles SET metadata = ? WHERE id = ?";
      const text = `{"big":${BIG},"n":1,"text":"${padding}","inner":{"big":${BIG},"m":1}}`;
      await database.session((session) => session.run({ sql, parameters: [text, id] }));
      const fields = {
        sql: "UPDATE article_files SET custom = ? WHERE article_id = ?",
        parameters: [`{"big":${BIG}}`, id],
      };
      await database.session((session) => session.run(fields));

      const article = await articles.get(id);
      const document = article.metadata as { n: number; inner: Record<string, JsonValue> };
      for (let n = 2; n < 4; n++) {
        document.n = n;
        document.inner.m = n;
        await articles.save(article);
        article.metadata = { ...document, text: "short" };
        for (let key = 0; key < 12; key++) document.inner[`k${key}`] = `${padding}${n}`; // too many for paths
        article.metadata = document;
        await articles.save(article);
        article.files.get("f")!.length = n;
        await articles.save(article);
      }
      const stored = await metadataOf(id);
      expect(stored.match(/\d{15,}/g)).toEqual([BIG, BIG]);
      expect((JSON.parse(stored) as typeof document).inner.m).toBe(3);
      const [[custom] = []] = await database.session((session) =>
        session.rows({ sql: "SELECT custom FROM article_files WHERE article_id = ?", parameters: [id] }),
      );
      expect(String(custom)).toContain(BIG);
      article.files.get("f")!.custom = { big: Number(BIG), a: 2 };
      await expect(articles.save(article)).rejects.toMatchObject({ code: "INVALID_VALUE" });
    });
  });

  onServer((place) => {
    test("a statement larger than the server takes says so, writes nothing, and leaves a database that works", async () => {
      const database = openTestDatabase(place().url);
      await createTestTables(database, articleTable);
      const [[limit] = []] = await database.session((session) =>
        session.rows({ sql: "SELECT @@max_allowed_packet", parameters: [] }),
      );
      for (const store of [
        new SqlRecordStore(database, articleTable),
        new HistoryRecordStore(database, articleTable, environment),
      ]) {
        const articles = new DistinctRepository(articleType, store, environment);
        const article = articles.create({ id: randomUUID() });
        await articles.add(article);
        article.labels.set("l", "1");
        for (const size of [Number(limit) + 10, 3 * Number(limit)]) {
          article.metadata = "x".repeat(size);
          const refusal = { code: "STATEMENT_TOO_LARGE", message: expect.stringContaining(String(limit)) as string };
          await expect(articles.save(article)).rejects.toMatchObject(refusal);
        }
        expect((await articles.get(article.id)).labels.size).toBe(0);
        article.metadata = "small";
        await articles.save(article);
        expect((await articles.get(article.id)).labels.get("l")).toBe("1");
      }
      await database.close();
    }, 60_000);
  });
});

@Entity()
class Ticket {
  @PrimaryColumn({ type: "int" }) id!: number;
  @Column({ type: "simple-enum", enum: ["urgent", "low", "middle", "none"] }) priority!: string;
  @Column({ type: "varchar", length: 40, unique: true }) title!: string;
  @VersionColumn() version!: number;
}

describe("entities", () => {
  onSqlBackends((place) => {
    let dataSource: DataSource;
    let tickets: EntityRepository<Ticket>;
    beforeAll(async () => {
      dataSource = await openDataSource(place().url, { synchronize: true, entities: [Ticket, ...ENTITIES] });
      tickets = distinct(dataSource, Ticket);
    });
    afterAll(() => dataSource.destroy());

    test("are listed once each by an ENUM column, whatever the order of its words", async () => {
      const words = ["none", "urgent", "middle", "low"];
      for (let id = 1; id <= 12; id++) {
        await tickets.add(tickets.create({ id, priority: words[id % 4]!, title: `t${id}` }));
      }
      for (const order of ["asc", "desc"] as const) {
        const seen: Ticket[] = [];
        let after: number | undefined;
        for (;;) {
          const page = await tickets.list({
            sort: [{ by: "priority", order }],
            limit: 5,
            ...(after !== undefined && { after }),
          });
          seen.push(...page.records);
          if (page.next === undefined) break;
          after = page.next as number;
        }
        expect(seen.map(({ id }) => id).sort((left, right) => left - right)).toEqual(
          Array.from({ length: 12 }, (_, index) => index + 1),
        );
        const sorted = seen.map(({ priority }) => priority);
        const expected = [...sorted].sort();
        expect(sorted).toEqual(order === "asc" ? expected : expected.reverse());
      }
      const { records } = await tickets.list({ where: { priority: { gt: "middle" } } });
      expect(new Set(records.map(({ priority }) => priority))).toEqual(new Set(["none", "urgent"]));
    });

    test("say which unique index is taken, and RECORD_EXISTS of their own key alone", async () => {
      await tickets.add(tickets.create({ id: 101, priority: "low", title: "taken" }));
      const taken = { code: "UNIQUE_VALUE_TAKEN", message: expect.not.stringContaining("INSERT") as string };
      const index = (error: unknown): boolean => /title|IDX_|UQ_/.test((error as Error).message);
      const another = tickets.create({ id: 102, priority: "low", title: "taken" });
      await expect(tickets.add(another)).rejects.toMatchObject(taken);
      await expect(tickets.add(another)).rejects.toSatisfy(index);
      await expect(tickets.addAll([another])).rejects.toMatchObject(taken);
      another.title = "free";
      await tickets.add(another);
      another.title = "taken";
      await expect(tickets.save(another)).rejects.toMatchObject(taken);
      await expect(tickets.saveAll([another])).rejects.toMatchObject(taken);
      await expect(tickets.add(tickets.create({ id: 101, priority: "low", title: "taken" }))).rejects.toMatchObject({
        code: "RECORD_EXISTS",
      });
    });

    test("say so of a child's key, too, which is no RECORD_EXISTS of its owner", async () => {
      const photos = distinct(dataSource, Photo);
      const id = randomUUID();
      const withNote = (): Photo => {
        const photo = photos.create({ title: "t" });
        photo.notes = [Object.assign(new Note(), { id, body: "n" })];
        return photo;
      };
      await photos.add(withNote());
      const taken = { code: "UNIQUE_VALUE_TAKEN" };
      await expect(photos.add(withNote())).rejects.toMatchObject(taken);
      await expect(photos.addAll([withNote()])).rejects.toMatchObject(taken);
      expect((await photos.list()).records).toHaveLength(1);
    });
  });
});
