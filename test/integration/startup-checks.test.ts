import "reflect-metadata";
import { DataSource, EntitySchema } from "typeorm";
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { newState } from "../../domain/distinction/record/new-record.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { MySqlConnector } from "../../infrastructure/persistence/connection/mysql-connector.js";
import { checkServer } from "../../infrastructure/persistence/connection/server-checks.js";
import type { Connection } from "../../infrastructure/persistence/connection/connection.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { distinct } from "../../src/composition/distinct.js";
import { joinTransaction } from "../../src/composition/existing-data-source.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { driverUrl } from "../support/server/server-version.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";
import { environment, onServer, onSqlBackends } from "./backends.js";
import { Label, Membership, openDataSource, Photo } from "./entity-fixtures.js";

const coded = (code: string, message: RegExp): object =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as object;

describe("a server is refused", () => {
  const withServer = async (
    work: (connection: Connection, connector: MySqlConnector) => Promise<void>,
    flags = {},
  ): Promise<void> => {
    const place = await createServerDatabase();
    const dataSource = await new DataSource({ type: "mysql", url: driverUrl(place.url), ...flags }).initialize();
    const connector = await MySqlConnector.over(dataSource, () => Promise.resolve(), {
      idleTransactionTimeout: 10_000,
    });
    try {
      await connector.withConnection((connection) => work(connection, connector));
    } finally {
      await connector.close();
      await place.drop();
    }
  };
  const withMode = (mode: string) =>
    withServer(async (connection, { dialect }) => {
      await connection.run({ sql: `SET SESSION sql_mode = '${mode}'`, parameters: [], varying: true });
      await checkServer(connection, dialect);
    });

  test("without a strict mode", async () => {
    await expect(withMode("NO_ENGINE_SUBSTITUTION")).rejects.toEqual(coded("UNSAFE_SQL_MODE", /STRICT_TRANS_TABLES/));
  });

  test("with NO_BACKSLASH_ESCAPES, under which escaped values could end a text early", async () => {
    const mode = "STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES";
    await expect(withMode(mode)).rejects.toEqual(coded("UNSAFE_SQL_MODE", /NO_BACKSLASH_ESCAPES/));
  });

  test("whose session reads what is not committed", async () => {
    const dirty = withServer(async (connection, { dialect }) => {
      const sql = "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED";
      await connection.run({ sql, parameters: [], varying: true });
      await checkServer(connection, dialect);
    });
    await expect(dirty).rejects.toEqual(coded("UNSAFE_ISOLATION", /the session's default level/));
  });

  test.each(["client", "connection", "results"])("whose character_set_%s lacks characters", async (what) => {
    const lacking = withServer(async (connection, { dialect }) => {
      await connection.run({ sql: `SET SESSION character_set_${what} = utf8mb3`, parameters: [], varying: true });
      await checkServer(connection, dialect);
    });
    await expect(lacking).rejects.toEqual(coded("UNSAFE_CHARACTER_SET", new RegExp(`character_set_${what} is utf8`)));
  });

  test("where the connection counts changed rows instead of matched ones", async () => {
    const counting = withServer((connection, { dialect }) => checkServer(connection, dialect), {
      flags: ["-FOUND_ROWS"],
    });
    await expect(counting).rejects.toEqual(coded("AFFECTED_ROWS_UNRELIABLE", /FOUND_ROWS/));
  });

  test("that is older than its statements", async () => {
    const old = (version: string) => ({ rows: () => Promise.resolve([[version, "", 1]]) }) as unknown as Connection;
    await withServer(async (_, { dialect }) => {
      const versions = { mysql: "8.0.18", mariadb: "10.5.29-MariaDB", sqlite: "" };
      await expect(checkServer(old(versions[dialect.name]), dialect)).rejects.toEqual(
        coded("UNSUPPORTED_SERVER", /needed/),
      );
    });
  });

  test("but not the one that the tests run on", () =>
    withServer((connection, { dialect }) => checkServer(connection, dialect)));
});

describe(`a table on ${inject("serverName")} is refused`, () => {
  let place: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    place = await createServerDatabase();
  });
  afterEach(() => database.close());
  afterAll(() => place.drop());

  const spoilt = async (alteration: string): Promise<void> => {
    database = openTestDatabase(place.url, { schema: "unmanaged" });
    const run = (sql: string) => database.session((session) => session.run({ sql, parameters: [], varying: true }));
    for (const name of ["article_labels", "article_tags", "article_files", "articles"])
      await run(`DROP TABLE IF EXISTS ${name}`);
    await createTestTables(database, articleTable);
    for (const statement of alteration.split("; ")) await run(statement);
    await new SqlRecordStore(database, articleTable).insert(newState(articleType, { id: "x" }));
  };

  test.each([
    [
      "whose version overflows within reach",
      "ALTER TABLE articles MODIFY version INT NOT NULL",
      "UNSAFE_VERSION_COLUMN",
      /articles\.version must be a BIGINT, but it is int/,
    ],
    ["without a version", "ALTER TABLE articles DROP COLUMN version", "UNSAFE_VERSION_COLUMN", /there is none/],
    [
      "whose entry keys ignore case",
      "ALTER TABLE article_labels MODIFY name VARCHAR(255) COLLATE utf8mb4_general_ci NOT NULL",
      "UNSAFE_KEY_COLLATION",
      /article_labels\.name .*utf8mb4_general_ci/,
    ],
    [
      "whose entry keys ignore trailing spaces",
      "ALTER TABLE article_tags MODIFY value VARCHAR(100) COLLATE utf8mb4_bin NOT NULL",
      "UNSAFE_KEY_COLLATION",
      /article_tags\.value/,
    ],
    [
      "whose time keeps fewer digits than its attribute",
      "ALTER TABLE articles MODIFY published_at DATETIME(2) NULL",
      "UNSAFE_TIME_COLUMN",
      /articles\.published_at keeps 2 digits of a second, and publishedAt has 3: make it DATETIME\(3\)/,
    ],
    [
      "whose entries' engine has no transactions",
      "DROP TABLE article_labels; CREATE TABLE article_labels (name INT) ENGINE = MyISAM",
      "UNSAFE_TABLE_ENGINE",
      /^article_labels is kept by MyISAM/,
    ],
    ["that is not there", "DROP TABLE article_files", "MISSING_TABLE", /article_files/],
    [
      "without a column of an attribute",
      "ALTER TABLE articles DROP COLUMN published_at",
      "MISSING_COLUMN",
      /^table articles has no column published_at, which article\.publishedAt is stored in: run the migration/,
    ],
    [
      "without a column of an entry",
      "ALTER TABLE article_files DROP COLUMN sha256",
      "MISSING_COLUMN",
      /^table article_files has no column sha256, which article\.files\.sha256 /,
    ],
  ])("%s", async (_, alteration, code, message) => {
    await expect(spoilt(alteration)).rejects.toEqual(coded(code, message));
  });

  test.each([
    ["the version's", "ALTER TABLE articles RENAME COLUMN version TO `VERSION`"],
    ["a key's", "ALTER TABLE article_tags RENAME COLUMN `value` TO `Value`"],
    ["any", "ALTER TABLE articles RENAME COLUMN title TO TITLE"],
    ["a finer time's", "ALTER TABLE articles MODIFY `day` DATETIME(6) NULL"],
  ])("but not for the case of %s name, nor for digits that it has more", async (_, alteration) => {
    await spoilt(alteration);
    const articles = new DistinctRepository(articleType, new SqlRecordStore(database, articleTable), environment);
    await articles.update("x", (article) => {
      article.title = "new";
      article.tags.add("t");
    });
    const now = await articles.get("x");
    expect([now.title, [...now.tags], articles.versionOf(now)]).toEqual(["new", ["t"], 2]);
  });
});

describe.each([
  ["SQLite", createSqliteFile],
  [inject("serverName"), createServerDatabase],
] as const)("a schema on %s is refused", (_, create) => {
  test("behind the code, where this process may not migrate, and ahead of it", async () => {
    const place = await create();
    const use = async (schema: "check" | "migrate"): Promise<void> => {
      const database = openTestDatabase(place.url, { schema });
      try {
        await new SqlRecordStore(database, imageTable).load([["x"]]);
      } finally {
        await database.close();
      }
    };
    await expect(use("check")).rejects.toEqual(coded("SCHEMA_BEHIND", /CreateImages/));
    await use("migrate");
    await use("check");

    const database = openTestDatabase(place.url);
    const sql =
      "INSERT INTO distinction_migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')";
    await database.session((session) => session.run({ sql, parameters: [] }));
    await database.close();
    for (const schema of ["check", "migrate"] as const) {
      await expect(use(schema)).rejects.toEqual(coded("SCHEMA_AHEAD", /FromTheFuture/));
    }
    await place.drop();
  });
});

describe("a data source", () => {
  onServer((place) => {
    test.each(["latin1", "utf8", "UTF8_GENERAL_CI"])(
      "whose charset is %s is refused, joined or not",
      async (charset) => {
        const dataSource = await openDataSource(place().url, { synchronize: true, charset });
        onTestFinished(() => dataSource.destroy());
        const photos = distinct(dataSource, Photo);
        const refusal = coded("UNSAFE_CHARACTER_SET", /utf8mb4/);
        await expect(photos.add(photos.create({ title: "\u65e5\u672c \u{1f600}" }))).rejects.toEqual(refusal);
        const joined = dataSource.transaction((manager) => joinTransaction(manager).repository(photos).get("x"));
        await expect(joined).rejects.toEqual(refusal);
        expect(await dataSource.getRepository(Photo).count()).toBe(0);
      },
    );

    test.each([{}, { charset: "utf8mb4" }, { charset: "UTF8MB4_GENERAL_CI" }])(
      "with %j stores all characters",
      async (settings) => {
        const dataSource = await openDataSource(place().url, { synchronize: true, ...settings });
        onTestFinished(() => dataSource.destroy());
        const photos = distinct(dataSource, Photo);
        const photo = photos.create({ title: "\u65e5\u672c \u{1f600}" });
        await photos.add(photo);
        expect(await photos.get(photo.id)).toMatchObject({ title: photo.title });
      },
    );
  });
});

describe("a table of an entity", () => {
  onSqlBackends((place, backend) => {
    let dataSource: DataSource;
    beforeAll(async () => {
      dataSource = await openDataSource(place().url, { synchronize: true });
    });
    afterAll(() => dataSource.destroy());

    const withVersion = async (column: string): Promise<void> => {
      await dataSource.query("DROP TABLE IF EXISTS membership");
      await dataSource.query(
        "CREATE TABLE membership (team VARCHAR(20) NOT NULL, person INT NOT NULL, role VARCHAR(20) NOT NULL, " +
          `logins INT NOT NULL${column}, PRIMARY KEY (team, person))`,
      );
    };
    const used = async () => {
      const members = distinct(dataSource, Membership);
      await members.add(members.create({ team: "t", person: 1 }));
      return members.update({ team: "t", person: 1 }, (member) => void member.logins++);
    };

    const narrow: [string, string, RegExp] = [
      "whose version is narrower than the entity says",
      ", version SMALLINT NOT NULL",
      /but it is smallint/,
    ];
    const refused: [name: string, column: string, message: RegExp][] = [
      ["without the version", "", /membership\.version must be a whole number of 32 bits or more, but there is none/],
      ["whose version is text", ", version VARCHAR(20) NOT NULL", /but it is varchar/],
      ["whose version is a fraction", ", version DOUBLE NOT NULL", /but it is double/],
      // SQLite keeps every kind of integer in as many bits as it needs.
      ...(backend === "SQLite" ? [] : [narrow]),
    ];
    test.each(refused)("%s is refused", async (_, column, message) => {
      await withVersion(column);
      await expect(used()).rejects.toEqual(coded("UNSAFE_VERSION_COLUMN", message));
      expect(await dataSource.query("SELECT COUNT(*) AS count FROM membership")).toMatchObject([
        { count: expect.toSatisfy((count) => Number(count) === 0) as unknown },
      ]);
    });

    test.each(["INT", "BIGINT", ...(backend === "SQLite" ? [] : ["INT UNSIGNED"])])(
      "whose version is %s is accepted",
      async (type) => {
        await withVersion(`, version ${type} NOT NULL`);
        expect(await used()).toMatchObject({ written: true });
      },
    );

    if (backend === "server") {
      test.each(["MyISAM", "MEMORY", /mariadb/i.test(inject("serverName")) ? "Aria" : "CSV"])(
        "whose engine is %s, without transactions, is refused; mended, it is accepted",
        async (engine) => {
          await withVersion(", version INT NOT NULL");
          if (engine === "CSV") await dataSource.query("ALTER TABLE membership DROP PRIMARY KEY");
          await dataSource.query(`ALTER TABLE membership ENGINE = ${engine}`);
          const told = new RegExp(`^membership is kept by ${engine}, which has no transactions`);
          await expect(used()).rejects.toEqual(coded("UNSAFE_TABLE_ENGINE", told));
          await dataSource.query("ALTER TABLE membership ENGINE = InnoDB");
          expect(await used()).toMatchObject({ written: true });
        },
      );
    }

    test("without a column of the entity is refused; once it is there, it is accepted", async () => {
      await withVersion(", version INT NOT NULL");
      await dataSource.query("ALTER TABLE membership DROP COLUMN logins");
      const told = /^table membership has no column logins, which Membership\.logins is stored in/;
      await expect(distinct(dataSource, Membership).list()).rejects.toEqual(coded("MISSING_COLUMN", told));
      await withVersion(", version INT NOT NULL");
      expect(await used()).toMatchObject({ written: true });
    });

    test("that is not there is refused, or whose children's is not; mended, it is accepted", async () => {
      const photos = distinct(dataSource, Photo);
      await dataSource.query("DROP TABLE label");
      await expect(photos.find("nobody")).rejects.toEqual(coded("MISSING_TABLE", /label/));
      await dataSource.synchronize();
      expect(await photos.find("nobody")).toBeUndefined();
      await dataSource.query("DROP TABLE membership");
      await expect(distinct(dataSource, Membership).list()).rejects.toEqual(coded("MISSING_TABLE", /membership/));
    });

    test("is checked through a transaction that was joined, too", async () => {
      await withVersion(", version DOUBLE NOT NULL");
      const members = distinct(dataSource, Membership);
      const inside = dataSource.transaction((manager) => joinTransaction(manager).repository(members).list());
      await expect(inside).rejects.toEqual(coded("UNSAFE_VERSION_COLUMN", /double/));
    });
  });

  onServer((place) => {
    const keyed = (collation: string): EntitySchema<{ id: string; at: Date | null; version: number }> =>
      new EntitySchema<{ id: string; at: Date | null; version: number }>({
        name: "Keyed",
        columns: {
          id: { type: String, primary: true, length: 20, collation },
          at: { type: "datetime", precision: 3, nullable: true },
          version: { type: Number, version: true },
        },
      });

    test("is refused where a key has another collation than the entity states, or a time fewer digits", async () => {
      const made = await openDataSource(place().url, { entities: [keyed("utf8mb4_bin")], synchronize: true });
      onTestFinished(() => made.destroy());
      expect(await distinct(made, keyed("utf8mb4_bin").options.name).find("a")).toBeUndefined();
      await made.query("ALTER TABLE keyed MODIFY id VARCHAR(20) COLLATE utf8mb4_general_ci NOT NULL");
      const other = await openDataSource(place().url, { entities: [keyed("utf8mb4_bin")] });
      onTestFinished(() => other.destroy());
      await expect(distinct(other, "Keyed").find("a")).rejects.toEqual(
        coded("UNSAFE_KEY_COLLATION", /keyed\.id is a key with collation utf8mb4_general_ci, .* says utf8mb4_bin/),
      );
      await made.query("ALTER TABLE keyed MODIFY id VARCHAR(20) COLLATE utf8mb4_bin NOT NULL");
      await made.query("ALTER TABLE keyed MODIFY `at` DATETIME NULL");
      await expect(distinct(other, "Keyed").find("a")).rejects.toEqual(
        coded("UNSAFE_TIME_COLUMN", /keyed\.at keeps 0 digits of a second, and at has 3/),
      );
    });

    test("may have keys that ignore case: what is one key to the server alone is told, and nothing is overwritten", async () => {
      const dataSource = await openDataSource(place().url, { synchronize: true });
      onTestFinished(() => dataSource.destroy());
      const [members, photos] = [distinct(dataSource, Membership), distinct(dataSource, Photo)];
      await members.add(members.create({ team: "sea", person: 1, role: "first" }));
      expect(await members.find({ team: "SEA", person: 1 })).toBeUndefined();
      const again = members.create({ team: "SEA", person: 1, role: "second" });
      await expect(members.add(again)).rejects.toMatchObject({ code: "UNIQUE_VALUE_TAKEN" });
      await expect(members.addAll([again])).rejects.toMatchObject({ code: "UNIQUE_VALUE_TAKEN" });
      expect(await members.get({ team: "sea", person: 1 })).toMatchObject({ role: "first" });

      const photo = photos.create({ title: "p" });
      await photos.add(photo);
      const [first, second] = [await photos.get(photo.id), await photos.get(photo.id)];
      first.labels.push(Object.assign(new Label(), { name: "dusk", weight: 1 }));
      second.labels.push(Object.assign(new Label(), { name: "Dusk", weight: 2 }));
      second.title = "changed";
      await photos.save(first);
      await expect(photos.save(second)).rejects.toMatchObject({ code: "UNIQUE_VALUE_TAKEN" });
      const stored = await photos.get(photo.id);
      expect([stored.title, stored.labels]).toMatchObject(["p", [{ name: "dusk", weight: 1 }]]);
      second.labels.splice(0);
      expect(await photos.save(second)).toMatchObject({ written: true });
    });
  });
});
