import { EntitySchema, type DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

interface Stock {
  readonly name: string;
  count: number;
}

interface Shelf {
  readonly hall: string;
  readonly row: number;
  width: number;
  height: number;
  least: number;
  most: number;
  label: string;
  details: object;
  version: number;
  stocks: Stock[];
}

/** Keyed by two columns, as are the rows that belong to it. */
const shelfSchema = new EntitySchema<Shelf>({
  name: "Shelf",
  columns: {
    hall: { type: String, length: 20, primary: true },
    row: { type: "int", primary: true },
    width: { type: "int", default: 0 },
    height: { type: "int", default: 0 },
    least: { type: "int", default: 0 },
    most: { type: "int", default: 10 },
    label: { type: String, length: 40, default: "" },
    details: { type: "json" },
    version: { type: Number, version: true },
  },
  relations: { stocks: { type: "one-to-many", target: "Stock", inverseSide: "shelf", cascade: true } },
});
const stockSchema = new EntitySchema<Stock & { hall: string; row: number; shelf: Shelf }>({
  name: "Stock",
  columns: {
    hall: { type: String, length: 20, primary: true },
    row: { type: "int", primary: true },
    name: { type: String, length: 40, primary: true },
    count: { type: "int" },
  },
  relations: {
    shelf: {
      type: "many-to-one",
      target: "Shelf",
      inverseSide: "stocks",
      joinColumn: [
        { name: "hall", referencedColumnName: "hall" },
        { name: "row", referencedColumnName: "row" },
      ],
      onDelete: "CASCADE",
    },
  },
});

onSqlBackends((place) => {
  let dataSource: DataSource;
  const sent: string[] = [];
  beforeAll(async () => {
    dataSource = await openDataSource(place().url, { entities: [shelfSchema, stockSchema], synchronize: true });
  });
  afterAll(() => dataSource.destroy());

  const shelvesOf = () =>
    distinct<Shelf>(dataSource, shelfSchema, {
      groups: [["width", "height"]],
      validate: ({ least, most }) => (least > most ? [{ path: "least", reason: `at most ${most}, got ${least}` }] : []),
      onStatement: ({ kind, sql }) => void (kind === "statement" && sent.push(sql)),
    });

  let rows = 0;
  /** A shelf as two clients have loaded it. */
  async function loadedTwice(values: Partial<Shelf> = {}) {
    const [mine, theirs] = [shelvesOf(), shelvesOf()];
    const row = ++rows;
    const stocks = [{ name: "a", count: 1 }, { name: "b", count: 2 }]; // prettier-ignore
    await mine.add(mine.create({ hall: "a/b", row, stocks, details: {}, ...values }));
    const id = { hall: "a/b", row };
    return { mine, theirs, id, one: await mine.get(id), other: await theirs.get(id) };
  }

  describe("an owner with a key of two columns, and its children", () => {
    test("both are loaded, merged, listed and removed, each owner's by itself", async () => {
      const { mine, theirs, id, one, other } = await loadedTwice();
      const neighbour = await loadedTwice();
      one.stocks[0]!.count = 10;
      one.stocks.push({ name: "c", count: 3 });
      other.stocks.splice(1, 1);
      other.label = "theirs";
      await theirs.save(other);
      await mine.save(one);
      const expected = [{ name: "a", count: 10 }, { name: "c", count: 3 }]; // prettier-ignore
      expect(await mine.get(id)).toMatchObject({ label: "theirs", stocks: expected });
      expect(one.stocks.map(({ name }) => name).sort()).toEqual(["a", "c"]);
      const stored = await dataSource.getRepository(stockSchema).find({ where: id, order: { name: "ASC" } });
      expect(stored).toMatchObject(expected);
      const [again, also] = await mine.getMany([id, neighbour.id]);
      expect([again!.stocks.length, also!.stocks.length]).toEqual([2, 2]);
      again!.stocks[0]!.count++;
      also!.stocks[0]!.count++;
      await mine.saveAll([again!, also!]);
      await mine.remove(again!);
      expect(await mine.find(id)).toBeUndefined();
      expect(await dataSource.getRepository(stockSchema).countBy(id)).toBe(0);
      expect((await mine.get(neighbour.id)).stocks).toMatchObject([{ count: 2 }, { count: 2 }]);
    });

    test("a conflict over a child names the owner by both parts of its key", async () => {
      const { mine, theirs, id, one, other } = await loadedTwice();
      one.stocks[0]!.count = 10;
      other.stocks[0]!.count = 20;
      await theirs.save(other);
      await expect(mine.save(one)).rejects.toMatchObject({
        code: "CONFLICT",
        id: `a%2Fb/${id.row}`,
        overlaps: [{ path: 'stocks["a"]' }],
      });
    });
  });

  describe("options of `distinct`", () => {
    test("groups: properties that conflict together, and those outside that do not", async () => {
      const { mine, theirs, id, one, other } = await loadedTwice();
      one.width = 10;
      other.height = 20;
      await theirs.save(other);
      const failure = mine.save(one);
      await expect(failure).rejects.toMatchObject({ code: "CONFLICT" });
      one.width = 0;
      one.label = "mine";
      await mine.save(one);
      expect(await theirs.get(id)).toMatchObject({ width: 0, height: 20, label: "mine" });
    });

    test("validate: before a write, and again after a merge of two edits that are valid each", async () => {
      const { mine, theirs, id, one, other } = await loadedTwice();
      one.least = 11;
      const refusal = { code: "INVALID_VALUE", faults: [{ path: "least", reason: "at most 10, got 11" }] };
      for (const write of [() => mine.save(one), () => mine.saveAll([one]), () => mine.explain(one)]) {
        const before = sent.length;
        await expect(write()).rejects.toMatchObject({ code: refusal.code });
        expect(sent.slice(before)).toEqual([]);
      }
      await expect(mine.save(one)).rejects.toMatchObject(refusal);
      await expect(mine.add(mine.create({ hall: "h", row: 0, details: {}, least: 20 }))).rejects.toMatchObject({
        code: "INVALID_VALUE",
      });
      one.least = 8;
      other.most = 5;
      await theirs.save(other);
      await expect(mine.save(one)).rejects.toMatchObject({ faults: [{ path: "least", reason: "at most 5, got 8" }] });
      expect(await theirs.get(id)).toMatchObject({ least: 0, most: 5 });
    });
  });

  test("a member of a JSON column is written by its path, beside what others wrote in it", async () => {
    const padding = "so long that a path is the shorter statement to send for a single member";
    const { mine, theirs, id, one, other } = await loadedTwice({ details: { a: { n: 1 }, b: 1, padding } });
    (other.details as { b: number }).b = 2;
    await theirs.save(other);
    (one.details as { a: { n: number } }).a.n = 5;
    sent.length = 0;
    await mine.save(one);
    const updates = sent.filter((sql) => sql.startsWith("UPDATE"));
    for (const sql of updates) expect(sql).toMatch(/JSON_SET\(.details., \?/);
    expect(updates).toHaveLength(2); // one that was stale, and one on top of theirs
    expect(await theirs.get(id)).toMatchObject({ details: { a: { n: 5 }, b: 2, padding } });
  });
});
