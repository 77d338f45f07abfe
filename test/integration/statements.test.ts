import "reflect-metadata";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DataSource, Logger } from "typeorm";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { sqliteDialect } from "../../infrastructure/persistence/connection/sqlite-dialect.js";
import { cachedText } from "../../infrastructure/persistence/records/record-statements.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { tableLayout } from "../../infrastructure/persistence/records/table-layout.js";
import { distinct } from "../../src/composition/distinct.js";
import { joinTransaction } from "../../src/composition/existing-data-source.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { SHOWS_SECRET, vaultTable, vaultType } from "../support/vault.js";
import { environment, onSqlBackends } from "./backends.js";
import { Label, openDataSource, Photo } from "./entity-fixtures.js";

describe("statements as they are told", () => {
  onSqlBackends((place) => {
    let sent: StatementEvent[] = [];
    let database: Database;
    let vaults: DistinctRepository<typeof vaultType>;
    beforeAll(async () => {
      database = openTestDatabase(place().url, { onStatement: (event) => void sent.push(event) });
      await createTestTables(database, vaultTable);
      vaults = new DistinctRepository(vaultType, new SqlRecordStore(database, vaultTable), environment);
    });
    afterAll(() => database.close());
    beforeEach(() => {
      sent = [];
    });

    test("have their time, rows and transaction", async () => {
      const vault = vaults.create({ id: randomUUID(), properties: [["p", "1"]] });
      await vaults.add(vault);
      await vaults.get(vault.id);
      const [begin, own, entries, commit, ...reads] = sent.filter(({ sql }) => !sql.includes("information_schema"));
      expect(own).toMatchObject({ kind: "statement", rows: 1, error: undefined });
      expect(own!.transaction).toBeDefined();
      for (const one of [begin, entries, commit]) expect(one!.transaction).toBe(own!.transaction);
      expect([begin, commit]).toMatchObject([
        { kind: "begin", sql: expect.stringMatching(/^(START TRANSACTION|BEGIN IMMEDIATE)$/) as string, rows: 0 },
        { kind: "commit", sql: "COMMIT", parameters: [], prepared: false },
      ]);
      expect(reads.map(({ transaction }) => transaction)).toEqual(reads.map(() => undefined));
      expect(reads[0]).toMatchObject({ rows: 1 });
      for (const { duration } of sent) expect(duration).toBeGreaterThan(0);
      sent = [];
      await vaults.add(vaults.create({ id: randomUUID(), properties: [["p", "1"]] }));
      expect(sent[0]!.transaction).toBeGreaterThan(own!.transaction!);
    });

    test("of a transaction end in its COMMIT, or in its ROLLBACK where it fails", async () => {
      const vault = vaults.create({ id: randomUUID(), properties: [["p", "1"]] });
      await vaults.add(vault);
      const stale = await vaults.get(vault.id);
      vault.name = "theirs";
      await vaults.save(vault);
      stale.properties.set("q", "2");
      sent = [];
      await vaults.save(stale);
      const write = ["begin", "UPDATE", "commit"]; // the first one finds nothing to update, so there is nothing to undo
      const told = sent.map(({ kind, sql }) => (kind === "statement" ? sql.slice(0, sql.indexOf(" ")) : kind));
      expect(told.filter((word) => word !== "SELECT")).toEqual([...write, "begin", "UPDATE", "INSERT", "commit"]);
      sent = [];
      await expect(vaults.addAll([vaults.create({ id: vault.id })])).rejects.toMatchObject({ code: "RECORD_EXISTS" });
      expect(sent.slice(0, 3).map(({ kind }) => kind)).toEqual(["begin", "statement", "rollback"]);
    });

    test("that fail are told with the driver's code", async () => {
      const vault = vaults.create({ id: randomUUID() });
      await vaults.add(vault);
      sent = [];
      await expect(vaults.add(vaults.create({ id: vault.id }))).rejects.toMatchObject({ code: "RECORD_EXISTS" });
      expect(sent[0]).toMatchObject({ rows: undefined, error: expect.stringMatching(/DUP|CONSTRAINT/) as string });
    });

    test("show no secret, whichever way it takes: rows, entries, batches, keys, conditions", async () => {
      const vault = vaults.create({ id: randomUUID(), ...secrets() });
      const other = vaults.create({ id: randomUUID(), ...secrets() });
      await vaults.add(vault);
      await vaults.addAll([other]);
      const loaded = await vaults.getMany([vault.id, other.id], { codes: ["SECRET code", "SECRET none"] });
      for (const one of loaded) {
        one.password = "SECRET again";
        one.pin = 770_077_005;
        one.codes.delete("SECRET code");
      }
      await vaults.saveAll(loaded);
      const { records } = await vaults.list({
        where: {
          password: { eq: "SECRET again" },
          pin: { in: [770_077_005] },
          balance: { eq: 77_007_700n },
          price: { gte: "77007700.77" },
        },
        sort: [{ by: "price" }],
      });
      expect(records.map(({ id }) => id).sort()).toEqual([vault.id, other.id].sort());
      await vaults.remove(records[0]!);
      expect(sent.length).toBeGreaterThan(8);
      const shown = printed(sent);
      expect(shown).not.toMatch(SHOWS_SECRET);
      expect(shown).toContain("[secret]");
    });
  });

  onSqlBackends((place) => {
    const logged: unknown[] = [];
    let dataSource: DataSource;
    beforeAll(async () => {
      const ignore = () => undefined;
      const log = (...message: unknown[]) => void logged.push(message.slice(0, 2));
      const logger: Logger = { log: ignore, logMigration: ignore, logQuery: log, logQueryError: (_error, ...message) => log(...message), logQuerySlow: ignore, logSchemaBuild: ignore }; // prettier-ignore
      dataSource = await openDataSource(place().url, { synchronize: true, logger, logging: true });
    });
    afterAll(() => dataSource.destroy());

    test("of a transaction that is joined are told with their savepoints", async () => {
      const sent: StatementEvent[] = [];
      const options = { random: () => 0, onStatement: (event: StatementEvent) => void sent.push(event) };
      const photos = distinct(dataSource, Photo, options);
      const photo = photos.create({ title: "one" });
      await photos.add(photo);
      await dataSource.transaction(async (manager) => {
        const inside = joinTransaction(manager).repository(photos);
        const one = await inside.get(photo.id);
        one.title = "two";
        one.labels.push(Object.assign(new Label(), { name: "new" }));
        sent.length = 0;
        await inside.save(one);
      });
      expect(sent.map(({ kind, sql }) => (kind === "statement" ? sql.slice(0, 6) : sql))).toEqual([
        "SAVEPOINT distinction_9f2c61e0",
        "UPDATE",
        "INSERT",
        "RELEASE SAVEPOINT distinction_9f2c61e0",
      ]);
    });

    test("reach TypeORM's logger, without what the entity's options call secret", async () => {
      const photos = distinct(dataSource, Photo, { secret: ["title"], random: () => 0 });
      const photo = photos.create({ title: "SECRET" });
      await photos.add(photo);
      photo.title = "another SECRET";
      await photos.save(photo);
      const shown = printed(logged);
      expect(shown).toContain("UPDATE");
      expect(shown).toContain("[secret]");
      expect(shown).not.toMatch(/SECRET/);
      expect(await dataSource.getRepository(Photo).findOneByOrFail({ title: "another SECRET" })).toMatchObject({
        version: 2,
      });
    });
  });
});

function printed(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
}

function secrets() {
  return {
    password: "SECRET",
    pin: 77_007_700,
    balance: 77_007_700n,
    price: "77007700.77",
    keys: { a: "SECRET" },
    accounts: [["a1", { user: "u", token: "SECRET" }] as const],
    codes: ["SECRET code"],
  };
}

describe("texts of statements", () => {
  test("are made once for each shape of a table, and a thousand shapes are kept", () => {
    const layout = tableLayout(vaultTable, sqliteDialect);
    let made = 0;
    const text = (shape: number): string => cachedText(layout, `shape ${shape}`, () => `text ${shape}, ${++made}`);
    const first = Array.from({ length: 1_100 }, (_, shape) => text(shape));
    const second = Array.from({ length: 1_100 }, (_, shape) => text(shape));
    expect(second.slice(0, 1_000)).toEqual(first.slice(0, 1_000));
    expect(second.slice(1_000)).not.toEqual(first.slice(1_000));
    expect(made).toBe(1_200);
    expect(cachedText(tableLayout(vaultTable, sqliteDialect), "shape 0", () => "another table's")).toBe(
      "another table's",
    );
  });
});
