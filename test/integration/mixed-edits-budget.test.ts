import "reflect-metadata";
import { type DataSource, EntitySchema } from "typeorm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { entries } from "../../domain/distinction/types/collection-type.js";
import { integer } from "../../domain/distinction/types/number-types.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { createTables } from "../../infrastructure/persistence/records/create-table.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { openTestDatabase } from "../support/open-store.js";
import { environment, onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

/** An entry has four fields: the number of one that is edited says, bit by bit, which of them. */
const FIELDS = ["a", "b", "c", "d"] as const;
const EDITED = 15;
const ADDED = 50;
type Fields = Record<(typeof FIELDS)[number], number>;

/** Keys that are one to whoever compares them as floating-point numbers. */
const keyOf = (number: number): string => String(9_007_199_254_740_992n + BigInt(number));

interface Part extends Fields {
  key: string;
}

interface Machine {
  id: string;
  version: number;
  title: string;
  parts: Part[];
}

const machineSchema = new EntitySchema<Machine>({
  name: "Machine",
  columns: {
    id: { type: String, primary: true, length: 36 },
    version: { type: Number, version: true },
    title: { type: String, length: 20, default: "" },
  },
  relations: { parts: { type: "one-to-many", target: "Part", inverseSide: "machine", cascade: true } },
});

const partSchema = new EntitySchema<Part & { machineId: string; machine: Machine }>({
  name: "Part",
  columns: {
    machineId: { type: String, primary: true, length: 36 },
    key: { type: "bigint", primary: true },
    a: { type: Number },
    b: { type: Number },
    c: { type: Number },
    d: { type: Number },
  },
  relations: {
    machine: {
      type: "many-to-one",
      target: "Machine",
      inverseSide: "parts",
      joinColumn: { name: "machineId" },
      onDelete: "CASCADE",
    },
  },
});

const machineType = recordType({
  name: "machine",
  key: "id",
  attributes: { id: text(36), title: text(20) },
  collections: { parts: entries(text(20), { a: integer(), b: integer(), c: integer(), d: integer() }) },
});

const zeros = (): Fields => ({ a: 0, b: 0, c: 0, d: 0 });

/** Edits every field in another set of entries, drops one entry and adds one. */
function expectedParts(): Map<string, Fields> {
  const parts = new Map<string, Fields>();
  for (let number = 0; number <= EDITED; number++) {
    const fields = zeros();
    for (const [bit, field] of FIELDS.entries()) if (number & (1 << bit)) fields[field] = number;
    parts.set(keyOf(number), fields);
  }
  parts.set(keyOf(ADDED), { a: 1, b: 2, c: 3, d: 4 });
  return parts;
}

describe("entries edited in different fields, added and dropped in one save", () => {
  onSqlBackends((place) => {
    const sent: string[] = [];
    const onStatement = ({ kind, sql }: StatementEvent): void => void (kind === "statement" && sent.push(sql));

    async function statements(work: () => Promise<unknown>): Promise<string[]> {
      sent.length = 0;
      await work();
      return sent.map((sql) => sql.slice(0, sql.indexOf(" ")));
    }

    /** Without those on the records' own rows, whose number `batches.test.ts` counts. */
    async function statementsOnParts(work: () => Promise<unknown>): Promise<string[]> {
      const kinds = await statements(work);
      return kinds.filter((_, index) => /part/.test(sent[index]!));
    }

    describe("of entities: 1 + three", () => {
      let dataSource: DataSource;
      let machines: EntityRepository<Machine>;
      beforeAll(async () => {
        dataSource = await openDataSource(place().url, { entities: [machineSchema, partSchema], synchronize: true });
        machines = distinct(dataSource, machineSchema, { random: () => 0, onStatement });
      });
      afterAll(() => dataSource.destroy());
      beforeEach(() => dataSource.query("DELETE FROM machine"));

      async function added(id: string): Promise<Machine> {
        const parts = Array.from({ length: EDITED + 2 }, (_, number) => ({ key: keyOf(number), ...zeros() }));
        await machines.add(machines.create({ id, parts }));
        return machines.get(id);
      }

      function edit(machine: Machine): void {
        machine.title = "new";
        machine.parts = machine.parts.filter(({ key }) => String(key) !== keyOf(EDITED + 1));
        for (const part of machine.parts) Object.assign(part, expectedParts().get(String(part.key)));
        machine.parts.push({ key: keyOf(ADDED), ...expectedParts().get(keyOf(ADDED))! });
      }

      async function partsOf(id: string): Promise<Map<string, Fields>> {
        const { parts } = await machines.get(id);
        return new Map(parts.map(({ key, a, b, c, d }) => [String(key), { a, b, c, d }]));
      }

      test("in a save", async () => {
        const machine = await added("one");
        edit(machine);
        expect(await statements(() => machines.save(machine))).toEqual(["UPDATE", "DELETE", "INSERT", "INSERT"]);
        expect(await partsOf("one")).toEqual(expectedParts());
      });

      test("in a saveAll", async () => {
        const some = [await added("one"), await added("two"), await added("three")];
        for (const machine of some) edit(machine);
        some[1]!.parts[2]!.a = 77;
        expect(await statementsOnParts(() => machines.saveAll(some))).toEqual(["DELETE", "INSERT", "INSERT"]);
        expect(await partsOf("one")).toEqual(expectedParts());
        expect(await partsOf("two")).toEqual(
          expectedParts().set(keyOf(2), { ...expectedParts().get(keyOf(2))!, a: 77 }),
        );
        expect(await partsOf("three")).toEqual(expectedParts());
      });

      test("in a saveAll of more records than a condition of SQLite nests deep", { timeout: 60_000 }, async () => {
        const ids = Array.from({ length: 2_400 }, (_, number) => `machine ${number}`);
        const parts = (): Part[] => [{ key: keyOf(1), ...zeros() }];
        await machines.addAll(ids.map((id) => machines.create({ id, parts: parts() })));
        const some = [...(await machines.getMany(ids.slice(0, 1_000)))];
        for (const from of [1_000, 2_000]) some.push(...(await machines.getMany(ids.slice(from, from + 1_000))));
        for (const [number, machine] of some.entries()) machine.parts[0]![number % 2 === 0 ? "a" : "b"] = number + 1;
        expect(await statementsOnParts(() => machines.saveAll(some))).not.toContain("UPDATE");
        expect(await partsOf("machine 2398")).toEqual(new Map([[keyOf(1), { ...zeros(), a: 2_399 }]]));
        expect(await partsOf("machine 2399")).toEqual(new Map([[keyOf(1), { ...zeros(), b: 2_400 }]]));
      });

      test("what somebody else writes meanwhile into fields that do not change stays, without a new version", async () => {
        const machine = await added("one");
        edit(machine);
        await dataSource.query("UPDATE part SET b = 9 WHERE machineId = 'one'");
        await machines.save(machine);
        for (const [key, { b }] of await partsOf("one")) {
          const expected = expectedParts().get(key)!.b;
          expect([key, b]).toEqual([key, expected === 0 ? 9 : expected]);
        }
      });
    });

    describe("of own tables: 1 + two", () => {
      let database: Database;
      let machines: DistinctRepository<typeof machineType>;
      beforeAll(async () => {
        database = openTestDatabase(place().url, { onStatement });
        const table = recordTable(machineType, {
          name: "own_machine",
          entries: { parts: { name: "own_part", keyColumn: "part" } },
        });
        for (const sql of createTables(table, await database.dialect())) {
          await database.session((session) => session.run({ sql, parameters: [] }));
        }
        machines = new DistinctRepository(machineType, new SqlRecordStore(database, table), environment);
      });
      afterAll(() => database.close());

      async function added(id: string) {
        const parts = Array.from({ length: EDITED + 2 }, (_, number) => [keyOf(number), zeros()] as const);
        await machines.add(machines.create({ id, title: "", parts }));
        const machine = await machines.get(id);
        machine.title = "new";
        machine.parts.delete(keyOf(EDITED + 1));
        for (const [key, fields] of expectedParts()) machine.parts.set(key, fields);
        return machine;
      }

      test("in a save, and in a saveAll", async () => {
        const [one, ...others] = [await added("one"), await added("two"), await added("three")];
        expect(await statements(() => machines.save(one))).toEqual(["UPDATE", "DELETE", "INSERT"]);
        expect(await statementsOnParts(() => machines.saveAll(others))).toEqual(["DELETE", "INSERT"]);
        for (const { id } of [one, ...others]) {
          const { parts } = await machines.get(id);
          expect(new Map([...parts].map(([key, fields]) => [key, { ...fields }]))).toEqual(expectedParts());
        }
      });
    });
  });
});
