import { EntitySchema, type DataSource, type DataSourceOptions, type EntitySchemaColumnOptions } from "typeorm";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { mariadbDialect, mysqlDialect } from "../../infrastructure/persistence/connection/mysql-dialect.js";
import { instantValue } from "../../infrastructure/persistence/entities/entity-instant.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

type Thing = Record<string, unknown>;
interface Column {
  readonly options: EntitySchemaColumnOptions;
  /** Stored, and read as they are, unless told otherwise by `readAs`. */
  readonly fit: readonly unknown[];
  /** Refused by name, limit and type. */
  readonly unfit: readonly (readonly [value: unknown, reason: RegExp])[];
}

class ReadAs {
  constructor(
    readonly given: unknown,
    readonly read: unknown,
  ) {}
}
const readAs = (given: unknown, read: unknown): ReadAs => new ReadAs(given, read);

const bytes = (limit: number): Pick<Column, "fit" | "unfit"> => ({
  fit: ["x".repeat(limit), "é".repeat(Math.floor(limit / 2)), "🙂".repeat(Math.floor(limit / 4))],
  unfit: [
    ["x".repeat(limit + 1), new RegExp(`at most ${limit} (characters|bytes in UTF-8), got a string of ${limit + 1}`)],
    [
      "é".repeat(Math.floor(limit / 2) + 1),
      new RegExp(`at most ${limit} bytes in UTF-8, got a string of ${limit + 1}`),
    ],
    ["🙂".repeat(Math.floor(limit / 4) + 1), new RegExp(`at most ${limit} bytes in UTF-8, got a string of`)],
  ],
});
const day = /a day from 0001-01-01 to 9999-12-31, got /;
const long = /between -838:59:59 and 838:59:59, got the string/;

const EVERYWHERE: Readonly<Record<string, Column>> = {
  varchar: {
    options: { type: "varchar", length: 5 },
    fit: ["", "🙂".repeat(5), "a    "],
    unfit: [
      ["🙂".repeat(6), /at most 5 characters, got a string of 6/],
      ["a\0b", /NUL/],
      ["\ud800", /surrogate/],
    ],
  },
  date: {
    options: { type: "date" },
    fit: ["0001-01-01", "2024-02-29", "9999-12-31", readAs(new Date(2026, 0, 31, 12), "2026-01-31")],
    unfit: [
      ["2026-02-30", day],
      ["1900-02-29", day],
      ["2026-04-31", day],
      ["2026-13-01", day],
      ["2026-00-10", day],
      ["0000-01-01", day],
      ["0000-00-00", day],
      ["10000-01-01", day],
      [new Date(Date.UTC(12_000, 0, 1)), day],
      [new Date(Date.UTC(-5, 0, 1)), day],
      [new Date(NaN), /an invalid Date/],
      [20_260_131, /a day as text, got number/],
    ],
  },
  json: {
    options: { type: "json" },
    fit: [{ ["k".repeat(65_535)]: 1 }, ["\0", { "\0": 5e-324 }, Number.MAX_VALUE]],
    unfit: [
      [{ a: { ["k".repeat(65_536)]: 1 } }, /keys of at most 65535 bytes in UTF-8, got a string of 65536 at .a/],
      [{ ["é".repeat(32_768)]: 1 }, /got a string of 65536/],
    ],
  },
  simpleArray: {
    options: { type: "simple-array" },
    fit: [[], ["", ""], ["a", "b"], readAs([1, 2], ["1", "2"]), ["x".repeat(65_535)]],
    unfit: [
      [[""], /one empty word/],
      [["a,b"], /without commas, got one with the string "a,b"/],
      [[undefined], /got one with undefined/],
      [["é".repeat(32_768)], /at most 65535 bytes in UTF-8, got a string of 65536/],
    ],
  },
  double: {
    options: { type: "double" },
    fit: [5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, readAs(-0, 0)],
    unfit: [
      [Infinity, /a finite number, got the number Infinity/],
      [NaN, /got the number NaN/],
      ["1", /got the string "1"/],
    ],
  },
  datetime: {
    options: { type: "datetime", precision: 3 },
    fit: [new Date("1000-01-02T00:00:00.001Z"), new Date("9999-12-30T23:59:59.999Z")],
    unfit: [
      [new Date("0999-12-30T00:00:00Z"), /1000 to 9999, got the Date 0999-12-30/],
      [new Date(Date.UTC(10_000, 0, 2)), /1000 to 9999, got the Date \+010000/],
    ],
  },
};
const FILE: Readonly<Record<string, Column>> = {
  decimal: {
    options: { type: "decimal", precision: 20, scale: 6 },
    fit: [
      readAs("99999999999999.9", 99999999999999.9),
      readAs("-0.000001", -0.000001),
      readAs("0123.4500", 123.45),
      readAs("-0.00", 0),
      readAs("1000000000000000000000000", 1e24),
      readAs(`0.${"0".repeat(300)}5`, 5e-301),
      readAs("9007199254740992", 2 ** 53),
      0.1,
      1 / 3,
      Number.MAX_VALUE,
    ],
    unfit: [
      ["99999999999999.999999", /digits that SQLite's .*15.*, got the string "99999999999999.999999"/],
      ["-12345678901234567.5", /15/],
      ["9007199254740993", /15/],
      [`0.${"0".repeat(400)}1`, /15/],
      [`1${"0".repeat(400)}`, /a finite number/],
      ["many", /a finite number/],
    ],
  },
  numeric: { options: { type: "numeric" }, fit: [readAs("0.3", 0.3)], unfit: [["0.12345678901234567890", /15/]] },
  time: {
    options: { type: "time" },
    fit: ["838:59:59", "-838:59:59", readAs("5:00", "05:00:00"), readAs("12:00:00.500", "12:00:00.5")],
    unfit: [
      ["839:00:00", long],
      ["838:59:59.1", long],
      ["24", /such as 12:00:00, got the string "24"/],
    ],
  },
};
const SERVER: Readonly<Record<string, Column>> = {
  tinytext: { options: { type: "tinytext" }, ...bytes(255) },
  text: { options: { type: "text" }, ...bytes(65_535) },
  simpleJson: {
    options: { type: "simple-json" },
    fit: ["x".repeat(65_533), { a: "é".repeat(32_000) }],
    unfit: [["é".repeat(32_767), /at most 65535 bytes in UTF-8, got JSON of 65536/]],
  },
  blob: {
    options: { type: "tinyblob" },
    fit: [Buffer.alloc(255)],
    unfit: [[Buffer.alloc(256), /at most 255 bytes, got a Buffer of 256/]],
  },
  tinyint: {
    options: { type: "tinyint" },
    fit: [-128, 127],
    unfit: [
      [-129, /between -128 and 127, got the number -129/],
      [128, /between/],
      ["1", /an integer, got string/],
    ],
  },
  unsignedInt: { options: { type: "int", unsigned: true }, fit: [0, 4294967295], unfit: [[-1, /between 0 and/]] },
  bigint: {
    options: { type: "bigint" },
    fit: ["-9223372036854775808", "9223372036854775807"],
    unfit: [
      ["9223372036854775808", /between .*, got the string "9223372036854775808"/],
      [1.5, /a whole number/],
    ],
  },
  unsignedDecimal: {
    options: { type: "decimal", precision: 6, scale: 2, unsigned: true },
    fit: ["0.01", "9999.99", readAs("-0.00", "0.00"), readAs(1.5, "1.50")],
    unfit: [
      ["-0.01", /0 or more, got the string "-0.01"/],
      [-5, /0 or more, got the number -5/],
      ["10000", /at most 4 digits/],
    ],
  },
  decimal: {
    options: { type: "decimal", precision: 65, scale: 30 },
    fit: [`-${"9".repeat(35)}.${"9".repeat(30)}`],
    unfit: [
      ["1".repeat(36), /at most 35 digits/],
      ["1e5", /decimal text/],
    ],
  },
  float: {
    options: { type: "float" },
    fit: [3.40282e38, -3.40282e38, readAs(1e-50, 0), 1.17549e-38, readAs(1.23456789, 1.23457)],
    unfit: [
      [3.40283e38, /between -3.40282e\+38 and 3.40282e\+38, got the number 3.40283e\+38/],
      [1e39, /between/],
    ],
  },
  unsignedDouble: { options: { type: "double", unsigned: true }, fit: [0, 1e300], unfit: [[-1e-9, /between 0 and/]] },
  digits: {
    options: { type: "double", precision: 7, scale: 2 },
    fit: [99999.99, -99999.99, readAs(12345.678, 12345.68)],
    unfit: [
      [100000, /between -99999.99 and 99999.99/],
      [99999.996, /between/],
    ],
  },
  year: {
    options: { type: "year" },
    fit: [1901, 2155],
    unfit: [
      [1900, /between 1901 and 2155/],
      [2156, /between/],
      [99, /between/],
    ],
  },
  time: {
    options: { type: "time" },
    fit: [
      "838:59:59",
      "-838:59:59",
      readAs("5:00", "05:00:00"),
      readAs("12:00:00.9", "12:00:00"),
      readAs("838:59:59.9", "838:59:59"),
    ],
    unfit: [
      ["839:00:00", long],
      ["-839:00:00", long],
      ["12:60:00", /such as 12:00:00/],
    ],
  },
  timeWithDigits: {
    options: { type: "time", precision: 3 },
    fit: [
      "12:00:00.500",
      readAs("12:00:00.1239", "12:00:00.123"),
      readAs("12:00", "12:00:00.000"),
      readAs("-0:00", "00:00:00.000"),
    ],
    unfit: [
      ["838:59:59.001", long],
      ["-838:59:59.5", long],
    ],
  },
  timestamp: {
    options: { type: "timestamp", precision: 3 },
    fit: [new Date(1000), new Date("2038-01-19T03:14:07.999Z")],
    unfit: [
      [new Date(999), /between 1970-01-01 and 2038-01-19, got the Date 1970-01-01T00:00:00.999Z/],
      [new Date("2038-01-19T03:14:08Z"), /between/],
    ],
  },
  char: {
    options: { type: "char", length: 4 },
    fit: ["abcd", readAs("ab  ", "ab")],
    unfit: [["abcde", /at most 4 characters/]],
  },
  set: {
    options: { type: "set", enum: ["p", "q"] },
    fit: [[], readAs(["q", "p"], ["p", "q"])],
    unfit: [[["z"], /an array of p, q, got one with the string "z"/]],
  },
  enum: {
    options: { type: "enum", enum: ["a", "b"] },
    fit: ["a"],
    unfit: [
      ["A", /one of a, b, got the string "A"/],
      [null, /got null/],
    ],
  },
};
const MARIADB: Readonly<Record<string, Column>> = {
  uuid: {
    options: { type: "uuid" },
    fit: [
      "b7a3a6b0-0000-4000-8000-00000000000f",
      readAs("B7A3A6B0-0000-4000-8000-00000000000F", "b7a3a6b0-0000-4000-8000-00000000000f"),
    ],
    unfit: [
      ["nope", /a UUID, got the string "nope"/],
      ["{b7a3a6b0-0000-4000-8000-00000000000f}", /at most 36/],
    ],
  },
  inet4: {
    options: { type: "inet4" },
    fit: ["1.2.3.4"],
    unfit: [
      ["1.2.3", /an IPv4 address/],
      ["256.1.1.1", /IPv4/],
    ],
  },
  inet6: {
    options: { type: "inet6" },
    fit: ["::1", readAs("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), "::ffff:1.2.3.4"],
    unfit: [
      ["1.2.3.4", /an IPv6 address, got the string "1.2.3.4"/],
      ["fe80::1%eth0", /IPv6/],
    ],
  },
};

describe("every column takes what it can hold, and refuses the rest before any statement", () => {
  onSqlBackends((place, backend) => {
    const isMariaDb = backend === "server" && inject("serverVersion").includes("MariaDB");
    const columns = {
      ...EVERYWHERE,
      ...(backend === "server" ? SERVER : FILE),
      ...(isMariaDb ? MARIADB : {}),
    };
    const schema = new EntitySchema<Thing>({
      name: "Thing",
      columns: {
        id: { type: String, primary: true, length: 36 },
        version: { type: Number, version: true },
        ...Object.fromEntries(
          Object.entries(columns).map(([name, { options }]) => [name, { ...options, nullable: name !== "enum" }]),
        ),
      },
    });
    const statements: StatementEvent[] = [];
    let dataSource: DataSource;
    let things: EntityRepository<Thing>;
    beforeAll(async () => {
      const server = { timezone: "Z", ...(isMariaDb && { type: "mariadb" }) } as Partial<DataSourceOptions>;
      const settings = { entities: [schema], synchronize: true, ...(backend === "server" && server) };
      dataSource = await openDataSource(place().url, settings);
      things = distinct(dataSource, schema, { random: () => 0, onStatement: (event) => statements.push(event) });
      await things.add(things.create({ id: "one", enum: "b", ...(backend === "SQLite" && { enum: undefined }) }));
    });
    afterAll(() => dataSource.destroy());

    describe.each(Object.entries(columns))("%s", (name, { fit, unfit }) => {
      test("holds", async () => {
        for (const value of fit) {
          const { given, read } = value instanceof ReadAs ? value : readAs(value, value);
          const thing = await things.get("one");
          thing[name] = given;
          await things.save(thing);
          expect((await things.get("one"))[name]).toEqual(read);
          expect(await things.save(thing)).toMatchObject({ written: false });
        }
      });

      test.each(unfit)("refuses %o", async (value, reason) => {
        const thing = await things.get("one");
        const { version } = thing;
        thing[name] = value;
        const refusal = {
          code: "INVALID_VALUE",
          record: "Thing",
          id: "one",
          faults: [{ path: name, reason: expect.stringMatching(reason) as string }],
        };
        statements.length = 0;
        await expect(things.save(thing)).rejects.toMatchObject(refusal);
        await expect(things.saveAll([thing])).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ id: "one" }] });
        const added = { ...thing, id: "two", version: undefined };
        await expect((async () => things.add(added))()).rejects.toMatchObject({ ...refusal, id: "two" });
        expect(statements).toEqual([]);
        expect(await things.get("one")).toMatchObject({ version });
      });
    });
  });
});

test("a time is refused that a clock of the data source's zone would show in the year 10000 or 999", () => {
  const { type } = instantValue("+05:30", 3);
  expect(type.fault(new Date("9999-12-31T18:29:59.999Z"))).toBeUndefined();
  expect(type.fault(new Date("9999-12-31T18:30:00.000Z"))).toMatch(/got the Date 9999-12-31T18:30/);
  expect(instantValue("-01:00", 3).type.fault(new Date("1000-01-01T00:30:00Z"))).toMatch(/got the Date 1000-01-01/);
});

test("the tables of own record types hold as many characters of four bytes as their attributes", () => {
  for (const { columnType } of [mysqlDialect, mariadbDialect]) {
    expect(columnType({ kind: "text", max: 1024 })).toMatch(/^VARCHAR\(1024\)/);
    expect(columnType({ kind: "text", max: 4_194_303 })).toMatch(/^MEDIUMTEXT/);
    expect(columnType({ kind: "text", max: 4_194_304 })).toMatch(/^LONGTEXT/);
  }
});
