import { EntitySchema, type DataSource } from "typeorm";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { nullable } from "../../domain/distinction/types/attribute-rules.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { instant } from "../../domain/distinction/types/instant-type.js";
import { integer } from "../../domain/distinction/types/number-types.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { createTables } from "../../infrastructure/persistence/records/create-table.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { openTestDatabase } from "../support/open-store.js";
import { environment, onServer, onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

type Thing = Record<string, unknown>;

/** What another writer stored outside the rules of the column's entity, as the server shows it again. */
const EVERYWHERE = {
  finerTime: ["at", "2026-01-01 10:00:00.123456"],
  earlyTime: ["at", "0500-01-01 00:00:00.000000"],
  nullDocument: ["doc", "null"],
  emptyWord: ["words", "a,,b"],
  numberOfManyDigits: ["simple", '{"a":12345678901234567890.123}'],
  infiniteNumber: ["simple", '{"a":1e999}'],
  loneSurrogate: ["simple", '["\\ud800"]'],
  spaces: ["simple", ' { "b" : 1 , "a" : 1.0 } '],
} as const;
const SERVER = {
  zeroTime: ["at", "0000-00-00 00:00:00.000000"],
  zeroMonth: ["at", "2026-00-00 00:00:00.000000"],
  zeroStamp: ["stamp", "0000-00-00 00:00:00"],
  zeroDate: ["day", "0000-00-00"],
  unknownWord: ["picked", "x,z"],
  longBytes: ["bytes", "longer than four"],
} as const;

onSqlBackends((place, backend) => {
  const isServer = backend === "server";
  const serverColumns = {
    stamp: { type: "timestamp", nullable: true },
    day: { type: "date", nullable: true },
    picked: { type: "set", enum: ["x", "y"], nullable: true },
    bytes: { type: "varbinary", length: 4, nullable: true },
  } as const;
  const schema = new EntitySchema<Thing>({
    name: "Thing",
    columns: {
      id: { type: String, primary: true, length: 36 },
      version: { type: Number, version: true },
      views: { type: Number, default: 0 },
      at: { type: "datetime", nullable: true },
      doc: { type: "json", nullable: true },
      simple: { type: "simple-json", nullable: true },
      words: { type: "simple-array", nullable: true },
      ...(isServer ? serverColumns : {}),
    },
  });
  const rows = { ...EVERYWHERE, ...(isServer ? SERVER : {}) };
  let dataSource: DataSource;
  let things: EntityRepository<Thing>;
  beforeAll(async () => {
    dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true });
    things = distinct(dataSource, schema, { random: () => 0 });
    const writer = dataSource.createQueryRunner();
    if (isServer) {
      await writer.query(
        "ALTER TABLE thing MODIFY at DATETIME(6) NULL, MODIFY picked SET('x','y','z') NULL, MODIFY bytes VARBINARY(40) NULL",
      );
      await writer.query("SET SESSION sql_mode = ''");
    }
    for (const [id, [column, value]] of Object.entries(rows))
      await writer.query(`INSERT INTO thing (id, version, views, ${column}) VALUES (?, 1, 0, ?)`, [id, value]);
    if (isServer) await writer.query("SET SESSION sql_mode = DEFAULT");
    await writer.release();
  });
  afterAll(() => dataSource.destroy());

  test.each(Object.entries(rows))(
    "%s: what was read is no change, and a save of something else leaves it as it is stored",
    async (id, [column, value]) => {
      const stored = async () => {
        const shown = isServer ? `CAST(${column} AS CHAR)` : column;
        const [row] = await dataSource.query<Thing[]>(`SELECT ${shown} AS shown, views FROM thing WHERE id = ?`, [id]);
        return row;
      };
      const before = await stored();
      expect(before!.shown).toBe(value);
      const thing = await things.get(id);
      expect(things.changes(thing).changes).toEqual([]);
      expect(await things.save(thing)).toMatchObject({ written: false });
      thing.views = 1;
      expect(await things.save(thing)).toMatchObject({ written: true });
      await things.saveAll([Object.assign(thing, { views: 2 })]);
      expect(await stored()).toEqual({ ...before, views: 2 });
    },
  );

  if (isServer)
    test("a day that is in no calendar is an invalid Date, and can be mended", async () => {
      for (const id of ["zeroTime", "zeroMonth"]) {
        const thing = await things.get(id);
        expect((thing.at as Date).getTime()).toBeNaN();
        thing.at = new Date("2026-01-01T10:00:00Z");
        await things.save(thing);
        expect((await things.get(id)).at).toEqual(new Date("2026-01-01T10:00:00Z"));
      }
    });

  test("a value that somebody touches obeys the rules, and is rounded by them", async () => {
    const thing = await things.get("finerTime");
    thing.at = new Date("2026-01-01T10:00:01.999Z");
    expect(things.changes(thing).changes).toMatchObject([
      { attribute: "at", to: Date.parse("2026-01-01T10:00:01Z") + (isServer ? 0 : 999) },
    ]);
    thing.at = new Date(Number.NaN);
    expect(() => things.changes(thing)).toThrow(expect.objectContaining({ code: "INVALID_VALUE" }) as Error);
    const surrogate = await things.get("loneSurrogate");
    (surrogate.simple as string[]).push("\ud801");
    expect(() => things.changes(surrogate)).toThrow(expect.objectContaining({ code: "INVALID_VALUE" }) as Error);
  });
});

onServer((place) => {
  test("an own type of whole seconds leaves the milliseconds of a finer column", async () => {
    const type = recordType({
      name: "event",
      key: "id",
      attributes: { id: text(36), at: nullable(instant(0)), views: integer() },
    });
    const database = openTestDatabase(place().url);
    onTestFinished(() => database.close());
    const table = recordTable(type, { name: "event" });
    const statements = [
      ...createTables(table, await database.dialect()),
      "ALTER TABLE event MODIFY at DATETIME(3)",
      "INSERT INTO event (id, at, views, version) VALUES ('one', '2026-01-01 00:00:00.123', 5, 1)",
    ];
    await database.session(async (session) => {
      for (const sql of statements) await session.run({ sql, parameters: [] });
    });
    const events = new DistinctRepository(type, new SqlRecordStore(database, table), environment);
    const event = await events.get("one");
    expect(events.changes(event).changes).toEqual([]);
    event.views = 6;
    await events.save(event);
    expect((await events.get("one")).at).toEqual(new Date("2026-01-01T00:00:00.123Z"));
  });
});
