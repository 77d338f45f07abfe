import { EntitySchema, type DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

interface Account {
  id: string;
  version: number;
  /** As TypeORM gives it: text from a server, a number from SQLite. */
  plain: string | number;
  best: string | number;
  hits: number;
  price: number;
  cents: number;
}

const asNumber = { to: (value: unknown) => value, from: (raw: unknown) => Number(raw) };
const inCents = { to: (value: number) => Math.round(value * 100), from: (raw: number) => raw / 100 };

const schema = new EntitySchema<Account>({
  name: "Account",
  columns: {
    id: { type: String, primary: true, length: 36 },
    version: { type: Number, version: true },
    plain: { type: "bigint", default: 0 },
    best: { type: "bigint", default: 0 },
    hits: { type: "bigint", default: 0, transformer: asNumber },
    price: { type: "decimal", precision: 10, scale: 2, default: 0, transformer: asNumber },
    cents: { type: "int", default: 0, transformer: inCents },
  },
});

describe("columns that are added up, whatever callers see of them", () => {
  onSqlBackends((place) => {
    let dataSource: DataSource;
    beforeAll(async () => {
      dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true });
    });
    afterAll(() => dataSource.destroy());

    const repository = () =>
      distinct(dataSource, schema, {
        policies: { plain: "sum", best: "max", hits: "sum", price: "sum", cents: "sum" },
      });

    test("equal increments of two saves are two", async () => {
      const accounts = repository();
      const big = "9007199254740993";
      await accounts.add(accounts.create({ id: "saves", plain: big, best: big, hits: 5, price: 0, cents: 0.1 }));
      const [one, two] = [await accounts.get("saves"), await accounts.get("saves")];
      for (const account of [one, two]) {
        account.plain = String(BigInt(account.plain) + 1n);
        account.hits += 1;
        account.cents += 0.1;
      }
      Object.assign(one, { price: 0.1, best: "9007199254740995" });
      Object.assign(two, { price: 0.2, best: "9007199254740994" });
      await accounts.save(one);
      await accounts.save(two);
      const sums = { plain: "9007199254740995", best: "9007199254740995", hits: 7, price: 0.3, cents: 0.3 };
      expect(two).toMatchObject(sums);
      expect(await accounts.get("saves")).toMatchObject(sums);
    });

    test("increments of updates at once are as many, through one repository and through two", async () => {
      const [accounts, others] = [repository(), repository()];
      await accounts.add(accounts.create({ id: "updates" }));
      const raise = (account: Account): void => {
        account.plain = Number(account.plain) + 1;
        account.hits += 1;
        account.price = Number((account.price + 0.1).toFixed(2));
      };
      await Promise.all(
        Array.from({ length: 10 }, (_, index) => (index % 2 ? accounts : others).update("updates", raise)),
      );
      const stored = await accounts.get("updates");
      expect(stored).toMatchObject({ hits: 10, price: 1 });
      expect(Number(stored.plain)).toBe(10);
    });
  });
});
