import { EntitySchema, type DataSource, type EntitySchemaColumnOptions } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

type Thing = Record<string, unknown>;
type Row = readonly [options: EntitySchemaColumnOptions, first: unknown, second: unknown, bad: unknown];

/** Each column with a value, another one, and one that it cannot hold. */
const EVERYWHERE: Readonly<Record<string, Row>> = {
  varchar: [{ type: "varchar", length: 10 }, "a", "ü 🙂", "x".repeat(11)],
  int: [{ type: "int" }, -1, 2 ** 31 - 1, 1.5],
  bigint: [{ type: "bigint" }, "12345678901234567", "-9223372036854775808", "9223372036854775808"],
  double: [{ type: "double" }, 0.1, -1e300, Number.NaN],
  boolean: [{ type: Boolean }, true, false, 1],
  datetime: [{ type: "datetime", precision: 3 }, new Date(1), new Date("2026-03-29T02:30:00.999Z"), "2026"],
  date: [{ type: "date" }, "2024-02-29", "1999-12-31", "2024-02"],
  time: [{ type: "time" }, "01:02:03", "23:59:59", "25"],
  json: [{ type: "json" }, { a: [1, { b: null }] }, [1, "x"], () => 1],
  simpleJson: [{ type: "simple-json" }, "text", { deep: { deep: 1 } }, new Map()],
  simpleArray: [{ type: "simple-array" }, [], ["a", "b"], ["a,b"]],
  simpleEnum: [{ type: "simple-enum", enum: ["a", "b"] }, "a", "b", "c"],
  blob: [{ type: "blob" }, Buffer.from([0]), Buffer.from("x".repeat(1000)), "bytes"],
};
/** What a server gives as text, a file gives as a number. */
const FILE: Readonly<Record<string, Row>> = {
  decimal: [{ type: "decimal", precision: 6, scale: 2 }, 1.5, 1000.25, "many"],
};
const SERVER: Readonly<Record<string, Row>> = {
  tinyint: [{ type: "tinyint", unsigned: true }, 0, 255, 256],
  smallint: [{ type: "smallint" }, -32768, 32767, 32768],
  mediumint: [{ type: "mediumint" }, -1, 8_388_607, 8_388_608],
  unsignedInt: [{ type: "int", unsigned: true }, 0, 2 ** 32 - 1, -1],
  unsignedBigint: [{ type: "bigint", unsigned: true }, "0", "18446744073709551615", "-1"],
  year: [{ type: "year" }, 1901, 2155, 1900],
  decimalText: [{ type: "decimal", precision: 20, scale: 4 }, "1234567890123456.7891", "-0.0001", "1.23456"],
  float: [{ type: "float" }, 1.5, 0.1, "1"],
  char: [{ type: "char", length: 4 }, "ab", "abcd", "abcde"],
  uuid: [{ type: "uuid" }, "b7a3a6b0-0000-4000-8000-000000000001", "b7a3a6b0-0000-4000-8000-000000000002", 1],
  tinytext: [{ type: "tinytext" }, "a", "b", "x".repeat(256)],
  mediumtext: [{ type: "mediumtext" }, "a", "x".repeat(70_000), null],
  varbinary: [{ type: "varbinary", length: 4 }, Buffer.from([1]), Buffer.from([1, 2, 3, 4]), Buffer.alloc(5)],
  longblob: [{ type: "longblob" }, Buffer.from([1]), Buffer.alloc(70_000, 7), "x"],
  wholeSeconds: [{ type: "datetime" }, new Date(1000), new Date("2026-03-29T01:00:00Z"), new Date(Number.NaN)],
  tenths: [{ type: "datetime", precision: 1 }, new Date(1100), new Date("2026-03-29T01:00:00.900Z"), 1],
  micro: [{ type: "datetime", precision: 6 }, new Date(1001), new Date("2026-03-29T01:00:00.999Z"), 1],
  timestamp: [
    { type: "timestamp", precision: 3 },
    new Date(86_400_000),
    new Date("2037-01-01T00:00:00.123Z"),
    new Date("2040-01-01"),
  ],
  enum: [{ type: "enum", enum: ["x", "y"] }, "x", "y", "z"],
  numericEnum: [{ type: "enum", enum: [1, 2] }, 1, 2, 3],
  set: [{ type: "set", enum: ["p", "q", "r"] }, ["p"], ["q", "r"], ["s"]],
};

onSqlBackends((place, backend) => {
  const rows = { ...EVERYWHERE, ...(backend === "server" ? SERVER : FILE) };
  const options = Object.entries(rows).map(([name, [column]]) => [name, column] as const);
  const schema = new EntitySchema<Thing>({
    name: "Thing",
    columns: {
      id: { type: String, primary: true, length: 36 },
      version: { type: Number, version: true },
      ...Object.fromEntries(options),
      ...Object.fromEntries(options.map(([name, column]) => [`${name}OrNull`, { ...column, nullable: true }])),
    },
  });
  let dataSource: DataSource;
  let things: EntityRepository<Thing>;
  beforeAll(async () => {
    dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true });
    things = distinct(dataSource, schema, { random: () => 0 });
    await dataSource.getRepository(schema).insert({ id: "typeorm", ...valuesAt(1) });
  });
  afterAll(() => dataSource.destroy());

  const valuesAt = (index: 1 | 2): Thing =>
    Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, row[index]]));

  test("every column reads as TypeORM reads it", async () => {
    const expected = await dataSource.getRepository(schema).findOneByOrFail({ id: "typeorm" });
    const thing = await things.get("typeorm");
    if (backend === "SQLite") expected.bigint = thing.bigint; // rounded by the driver
    expect({ ...thing }).toEqual({ ...expected });
    expect(things.changes(thing).changes).toEqual([]);
  });

  test.each(Object.keys(rows))("%s: written, read, cleared, refused", async (name) => {
    const [, first, second, bad] = rows[name]!;
    const id = `own ${name}`;
    await things.add({ id, ...valuesAt(1) });
    const thing = await things.get(id);
    expect(things.changes(thing).changes).toEqual([]);
    thing[name] = second;
    thing[`${name}OrNull`] = first;
    await things.save(thing);
    const again = await things.get(id);
    expect({ ...again }).toEqual({ ...thing, version: 2 });
    const stored = await dataSource.getRepository(schema).findOneByOrFail({ id });
    if (name !== "bigint" || backend === "server") {
      expect(stored[name]).toEqual(again[name]);
      expect(stored[`${name}OrNull`]).toEqual(again[`${name}OrNull`]);
    }
    thing[`${name}OrNull`] = null;
    expect(await things.save(thing)).toMatchObject({ written: true, version: 3 });
    thing[name] = bad;
    await expect(things.save(thing)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: name }] });
  });
});
