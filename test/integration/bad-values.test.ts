import "reflect-metadata";
import { randomUUID } from "node:crypto";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { InvalidValueError } from "../../domain/distinction/errors.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onSqlBackends } from "./backends.js";
import { ENTITIES, Label, openDataSource, Photo } from "./entity-fixtures.js";

class Point {
  constructor(readonly x = 1) {}
}

/** A value that saving changes, so that every test needs one of its own. */
class Fresh {
  constructor(readonly make: () => unknown) {}
}

const label = (values: Partial<Label>): Label => Object.assign(new Label(), values);

const cyclic: Record<string, unknown> = {};
cyclic["again"] = { and: [cyclic] };

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < levels; level++) value = { in: value };
  return value;
}

const trap = (name: "ownKeys" | "get" | "getPrototypeOf"): unknown =>
  new Proxy({ a: 1 }, { [name]: () => { throw new Error("not for you"); } }); // prettier-ignore

/** What is put where; how messages name the place; the limit, and the value's type. */
type BadValue = readonly [put: string, value: unknown, path: string, limit: string, type: string];

const BAD_JSON: readonly (readonly [unknown, string, string])[] = [
  [cyclic, "100 levels deep and no cycle", "got Object"],
  [nested(101), "100 levels deep", "got an array"],
  [{ at: new Point() }, "plain JSON", "an instance of Point at .at"],
  [new Map([["a", 1]]), "plain JSON", "an instance of Map"],
  [{ list: [new Set()] }, "plain JSON", "an instance of Set at .list[0]"],
  [new Date(0), "plain JSON", "an instance of Date"],
  [{ a: 1n }, "JSON", "got bigint at .a"],
  [() => 1, "JSON", "got function"],
  [{ a: NaN }, "a finite number", "got NaN at .a"],
  [trap("ownKeys"), "JSON", "throws when it is read"],
  [trap("get"), "JSON", "throws when it is read"],
  [trap("getPrototypeOf"), "JSON", "throws when it is read"],
];

const OF_RECORDS: readonly BadValue[] = [
  ["title", "x".repeat(256), "title", "at most 255 characters", "a string of 256"],
  ["title", 5, "title", "text", "number"],
  ["views", 2 ** 53, "views", "an integer", "the number 9007199254740992"],
  ["views", 1.5, "views", "an integer", "the number 1.5"],
  ["views", "1", "views", "an integer", "string"],
  ["bytes", 2n ** 63n, "bytes", "9223372036854775807", "the bigint 9223372036854775808"],
  ["bytes", 1, "bytes", "a bigint", "number"],
  ["price", "123456789.00", "price", "at most 8 digits", 'the string "123456789.00"'],
  ["price", "1.005", "price", "2 after the point", 'the string "1.005"'],
  ["published", 1, "published", "true or false", "number"],
  ["publishedAt", new Date(NaN), "publishedAt", "a valid Date", "an invalid Date"],
  ["publishedAt", new Date(-8.64e15), "publishedAt", "the years 1000 to 9999", "the Date -271821"],
  ["digest", new Uint8Array(65), "digest", "at most 64 bytes", "65"],
  ["digest", [1, 2], "digest", "Uint8Array", "an array"],
  ["state", "sold", "state", "one of draft, review, live", 'the string "sold"'],
  ["labels", { a: "1" }, "labels", "a Map", "got Object"],
  ["labels", [["a", 1]], 'labels["a"]', "text", "number"],
  ["labels", [["k".repeat(256), "v"]], `labels["${"k".repeat(256)}"]`, "at most 255 characters", "a string of 256"],
  ["tags", "sea", "tags", "a Set", "string"],
  ["tags", [7], "tags", "text keys", "number"],
  ["files", [["f", new Map([["length", 1]])]], 'files["f"]', "length", "undefined"],
  ["files", [["f", null]], 'files["f"]', "an object of fields", "null"],
  ["files", [["f", trap("ownKeys")]], 'files["f"]', "an object of fields", "throws when it is read"],
  ["files", [["f", { length: -1, sha256: "" }]], 'files["f"]', "length: between 0", "the number -1"],
  ["metadat", 1, "metadat", "unknown attribute of article", ""],
  ...BAD_JSON.map(([value, limit, type]) => ["metadata", value, "metadata", limit, type] as const),
];

const OF_ENTITIES: readonly BadValue[] = [
  ["title", "x".repeat(21), "title", "at most 20 characters", "a string of 21"],
  ["title", null, "title", "text", "null"],
  ["size", "9223372036854775808", "size", "9223372036854775807", "9223372036854775808"],
  ["exposure", Infinity, "exposure", "number", "Infinity"],
  ["hidden", "yes", "hidden", "true or false", "string"],
  ["takenAt", new Date(NaN), "takenAt", "a valid Date", "an invalid Date"],
  ["day", "2026-02-30", "day", "a day from 0001-01-01", "2026-02-30"],
  ["state", "sold", "state", "draft, public", "sold"],
  ["thumbnail", "bytes", "thumbnail", "bytes", "string"],
  ["labels", new Map(), "labels", "an array", "Map"],
  ["labels", new Fresh(() => [label({ name: "n".repeat(41) })]), "labels[0]", "name: at most 40", "a string of 41"],
  ...BAD_JSON.map(([value, limit, type]) => ["metadata", value, "metadata", limit, type] as const),
]; // prettier-ignore

/** SQLite stores them: there an INTEGER has 64 bits, and a DECIMAL any number of digits. */
const OF_ENTITIES_ON_SERVERS: readonly BadValue[] = [
  ["views", 2 ** 31, "views", "2147483647", "the number 2147483648"],
  ["price", "1234567.00", "price", "digits", "1234567.00"],
  ["labels", new Fresh(() => [label({ name: "n", weight: 2 ** 40 })]), 'labels["n"]', "weight: between", "the number 1099511627776"],
]; // prettier-ignore

function put(record: object, [name, value]: BadValue): void {
  Object.assign(record, { [name]: name === "labels" && value instanceof Fresh ? value.make() : value });
}

interface Repository<T extends object> {
  get(id: string): Promise<T>;
  find(id: string): Promise<T | undefined>;
  add(record: T): Promise<void>;
  addAll(records: readonly T[]): Promise<void>;
  save(record: T): Promise<unknown>;
  saveAll(records: readonly T[]): Promise<unknown>;
  explain(record: T): Promise<unknown>;
  versionOf(record: T): number;
}

interface Subject<T extends object> {
  readonly name: string;
  readonly repository: Repository<T>;
  make(id: string): T;
  /** A change that is fine. */
  touch(record: T): void;
  /** The writes that were sent. */
  readonly sent: string[];
}

function refusing<T extends object>(values: readonly BadValue[], subject: () => Subject<T>): void {
  /** Both records of a batch: one that is fine, and one that is not. */
  let ids: readonly [string, string];
  beforeEach(() => (ids = [randomUUID(), randomUUID()]));

  async function expectRefused(
    write: () => Promise<unknown>,
    [, , path, limit, type]: BadValue,
    index?: number,
  ): Promise<void> {
    const { name, sent } = subject();
    const before = sent.length;
    const error = (await write().then(() => undefined, (reason: unknown) => reason)) as InvalidValueError; // prettier-ignore
    expect(error).toMatchObject({ code: "INVALID_VALUE", record: name });
    const place = index === undefined ? `${name} ${ids[1]}: ${path}` : `${name}: [${index}].${path} of ${ids[1]}: `;
    expect(error.message).toContain(place);
    const { reason } = error.faults.find(
      (fault) => fault.path === (index === undefined ? path : `[${index}].${path}`),
    )!;
    expect(reason).toContain(limit);
    expect(reason).toContain(type);
    expect(sent.slice(before)).toEqual([]);
  }

  const named = values.map((bad) => [`${bad[0]}: ${bad[4] || bad[3]}`, bad] as const);

  test.each(named)("by add and addAll: %s", async (_, bad) => {
    const { repository, make } = subject();
    const record = make(ids[1]);
    put(record, bad);
    await expectRefused(() => repository.add(record), bad);
    await expectRefused(() => repository.addAll([make(ids[0]), record]), bad, 1);
    expect(await repository.find(ids[0])).toBeUndefined();
    expect(await repository.find(ids[1])).toBeUndefined();
  });

  test.each(named)("by save, saveAll and explain: %s", async (_, bad) => {
    const { repository, make, touch } = subject();
    await repository.addAll(ids.map(make));
    const [fine, record] = [await repository.get(ids[0]), await repository.get(ids[1])];
    const versions = [repository.versionOf(fine), repository.versionOf(record)];
    touch(fine);
    touch(record);
    put(record, bad);
    await expectRefused(() => repository.save(record), bad);
    await expectRefused(() => repository.saveAll([fine, record]), bad, 1);
    await expectRefused(() => repository.explain(record), bad);
    const stored = [await repository.get(ids[0]), await repository.get(ids[1])];
    expect(stored.map((one) => repository.versionOf(one))).toEqual(versions);
  });
}

onSqlBackends((place, backend) => {
  const sent: string[] = [];
  const onStatement = ({ kind, sql }: StatementEvent): void => {
    if (kind === "statement" && !sql.startsWith("SELECT")) sent.push(sql);
  };

  describe("values that a record type refuses", () => {
    let database: Database;
    let articles: DistinctRepository<typeof articleType>;
    beforeAll(async () => {
      database = openTestDatabase(place().url, { onStatement });
      await createTestTables(database, articleTable);
      articles = new DistinctRepository(articleType, new SqlRecordStore(database, articleTable), environment);
    });
    afterAll(() => database.close());

    refusing(OF_RECORDS, () => ({
      name: "article",
      repository: articles,
      make: (id) => articles.create({ id }),
      touch: (article) => (article.body = "changed"),
      sent,
    }));
  });

  describe("values that an entity refuses", () => {
    let dataSource: DataSource;
    let photos: EntityRepository<Photo>;
    beforeAll(async () => {
      dataSource = await openDataSource(place().url, { synchronize: true, entities: ENTITIES });
      photos = distinct(dataSource, Photo, { onStatement });
    });
    afterAll(() => dataSource.destroy());

    const values = backend === "server" ? [...OF_ENTITIES, ...OF_ENTITIES_ON_SERVERS] : OF_ENTITIES;
    refusing(values, () => ({
      name: "Photo",
      repository: photos,
      make: (id) => photos.create({ id, title: "t" }),
      touch: (photo) => (photo.caption = "changed"),
      sent,
    }));
  });
});
