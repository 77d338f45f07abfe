import { DataSource } from "typeorm";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { newState } from "../../domain/distinction/new-record.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { MySqlConnector } from "../../infrastructure/persistence/connection/mysql-connector.js";
import { checkServer } from "../../infrastructure/persistence/connection/server-checks.js";
import type { Connection } from "../../infrastructure/persistence/connection/connection.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { driverUrl } from "../support/server/server-version.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";

const coded = (code: string, message: RegExp): object =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as object;

describe("a server is refused", () => {
  const onServer = async (
    work: (connection: Connection, connector: MySqlConnector) => Promise<void>,
    flags = {},
  ): Promise<void> => {
    const place = await createServerDatabase();
    const dataSource = await new DataSource({ type: "mysql", url: driverUrl(place.url), ...flags }).initialize();
    const connector = await MySqlConnector.over(dataSource, { idleTransactionTimeout: 10_000 });
    try {
      await connector.withConnection((connection) => work(connection, connector));
    } finally {
      await connector.close();
      await place.drop();
    }
  };
  const withMode = (mode: string) =>
    onServer(async (connection, { dialect }) => {
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

  test("where the connection counts changed rows instead of matched ones", async () => {
    const counting = onServer((connection, { dialect }) => checkServer(connection, dialect), {
      flags: ["-FOUND_ROWS"],
    });
    await expect(counting).rejects.toEqual(coded("AFFECTED_ROWS_UNRELIABLE", /FOUND_ROWS/));
  });

  test("that is older than its statements", async () => {
    const old = (version: string) => ({ rows: () => Promise.resolve([[version, "", 1]]) }) as unknown as Connection;
    await onServer(async (_, { dialect }) => {
      const versions = { mysql: "8.0.18", mariadb: "10.5.29-MariaDB", sqlite: "" };
      await expect(checkServer(old(versions[dialect.name]), dialect)).rejects.toEqual(
        coded("UNSUPPORTED_SERVER", /needed/),
      );
    });
  });

  test("but not the one that the tests run on", () =>
    onServer((connection, { dialect }) => checkServer(connection, dialect)));
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
    await run(alteration);
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
    ["that is not there", "DROP TABLE article_files", "MISSING_TABLE", /article_files/],
  ])("%s", async (_, alteration, code, message) => {
    await expect(spoilt(alteration)).rejects.toEqual(coded(code, message));
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
