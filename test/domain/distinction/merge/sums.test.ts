import fc from "../../../support/fast-check.js";
import { expect, test } from "vitest";
import { DistinctRepository } from "../../../../domain/distinction/distinct-repository.js";
import { nullable } from "../../../../domain/distinction/types/attribute-rules.js";
import type { AttributeType } from "../../../../domain/distinction/types/attribute-type.js";
import { entries, listOf } from "../../../../domain/distinction/types/collection-type.js";
import { json } from "../../../../domain/distinction/types/json-type.js";
import { bigint, decimal, integer } from "../../../../domain/distinction/types/number-types.js";
import { recordType } from "../../../../domain/distinction/types/record-type.js";
import { text } from "../../../../domain/distinction/types/text-types.js";
import { MemoryRecordStore } from "../../../../infrastructure/memory/memory-record-store.js";
import {
  bigintValue,
  decimalValue,
  floatValue,
} from "../../../../infrastructure/persistence/entities/entity-number.js";
import { transformedValue } from "../../../../infrastructure/persistence/entities/transformed-value.js";
import type { ColumnValue } from "../../../../infrastructure/persistence/records/column-value.js";
import { FakeClock } from "../../../support/fake-clock.js";

/** A kind of number that `sum` takes: what it starts with, and what some steps of one unit make of it. */
interface Kind {
  readonly type: AttributeType<any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- one step for all of them
  readonly start: unknown;
  readonly raised: (value: never, by: number) => unknown;
}

const number = (type: AttributeType<number>, start = 0): Kind => ({ type, start, raised: (n: number, by) => n + by });
const big = (value: number | bigint | string, by: number): bigint => BigInt(value) + BigInt(by);
const tenths = (value: string | number, by: number): string => (Number(value) + by / 10).toFixed(2);
const none = <T>(value: T | null, zero: T): T => value ?? zero;

function transformed(column: ColumnValue, from: (raw: unknown) => unknown): AttributeType<unknown> {
  return transformedValue(column, { to: (value: unknown) => value, from }).type;
}

const KINDS: Readonly<Record<string, Kind>> = {
  integer: number(integer()),
  bigint: { type: bigint(), start: 0n, raised: big },
  decimal: { type: decimal(20, 2), start: "0.00", raised: tenths },
  noInteger: { type: nullable(integer()), start: null, raised: (n: number | null, by) => none(n, 0) + by },
  noBigint: { type: nullable(bigint()), start: null, raised: (n: bigint | null, by) => big(none(n, 0n), by) },
  noDecimal: { type: nullable(decimal(9, 2)), start: null, raised: (n: string | null, by) => tenths(none(n, "0"), by) },
  json: number(json<number>()),
  member: { type: json(), start: { n: 0 }, raised: ({ n }: { n: number }, by) => ({ n: n + by }) },
  // Entities' columns. From where numbers end, SQLite's BIGINT is shown as text, until then as a number.
  serverBigint: { type: bigintValue(false, false).type, start: "9007199254740990", raised: big },
  fileBigint: { type: bigintValue(true, false).type, start: 9_007_199_254_740_990, raised: big },
  serverDecimal: { type: decimalValue(10, 2, false).type, start: "0.00", raised: tenths },
  float: { type: floatValue().type, start: 0, raised: (n: number, by) => Number(tenths(n, by)) },
  shownAsNumber: { type: transformed(bigintValue(false, false), Number), start: 0, raised: (n: number, by) => n + by },
  shownAsBigint: {
    type: transformed(bigintValue(false, false), (raw) => BigInt(raw as string)),
    start: 0n,
    raised: big,
  },
  decimalAsNumber: {
    type: transformed(decimalValue(10, 2, false), Number),
    start: 0,
    raised: (n: number, by) => Number(tenths(n, by)),
  },
};

const kinds = Object.entries(KINDS);
const key = text(20);
const POTS = {
  integers: [entries(key, integer()), KINDS["integer"]!],
  bigints: [entries(key, bigint()), KINDS["bigint"]!],
  decimals: [entries(key, decimal(9, 2)), KINDS["decimal"]!],
  values: [entries(key, json<number>()), KINDS["json"]!],
  listed: [listOf(key, json<number>()), KINDS["json"]!],
} as const;
const pots = Object.entries(POTS);

const sums = recordType({
  name: "sums",
  key: "id",
  attributes: { id: text(9), ...Object.fromEntries(kinds.map(([name, { type }]) => [name, type])) },
  collections: Object.fromEntries(pots.map(([name, [type]]) => [name, type])),
  policies: Object.fromEntries([...kinds, ...pots].map(([name]) => [name, "sum" as const])),
});
type Sums = Record<string, unknown>;

const start: Sums = {
  id: "1",
  ...Object.fromEntries(kinds.map(([name, { start }]) => [name, start])),
  ...Object.fromEntries(pots.map(([name, [, { start }]]) => [name, [["k", start]]])),
};

function raise(record: Sums, by: number): void {
  for (const [name, { raised }] of kinds) record[name] = raised(record[name] as never, by);
  for (const [name, [, { raised }]] of pots) {
    const pot = record[name] as Map<string, unknown>;
    pot.set("k", raised(pot.get("k") as never, by));
  }
}

function contents(record: Sums): Sums {
  const plain = Object.fromEntries(kinds.map(([name]) => [name, record[name]]));
  return {
    ...plain,
    ...Object.fromEntries(pots.map(([name]) => [name, (record[name] as Map<string, unknown>).get("k")])),
  };
}

test("increments add up whatever they are captured as: those of saves and of updates, equal ones and unequal ones", async () => {
  const action = fc.record({
    client: fc.nat(2),
    by: fc.constantFrom(1, 1, 1, 2, -1),
    way: fc.constantFrom("edit", "save", "update"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
      const environment = { clock: new FakeClock(), random: () => 0.5 };
      const store = new MemoryRecordStore(sums);
      const repository = new DistinctRepository(sums, store, environment);
      await repository.add(repository.create(start as never));
      const clients = await Promise.all([0, 1, 2].map(async () => (await repository.get("1")) as Sums));

      for (const { client, by, way } of actions) {
        const own = clients[client]!;
        if (way === "update") {
          let isFirst = true;
          await repository.update("1", async (record) => {
            raise(record, by);
            if (isFirst) await repository.save(own as never); // somebody comes first
            isFirst = false;
          });
        } else {
          raise(own, by);
          if (way === "save") await repository.save(own as never);
        }
      }
      for (const client of clients) await repository.save(client as never);

      const expected = repository.create(start as never) as Sums;
      for (const { by } of actions) raise(expected, by);
      const stored = (await repository.get("1")) as Sums;
      for (const [name, { type }] of kinds) expected[name] = type.expose(type.capture(expected[name]));
      expect(contents(stored)).toEqual(contents(expected));
    }),
    { numRuns: 60 },
  );
});
