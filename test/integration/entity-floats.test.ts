import { EntitySchema, type DataSource } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

interface Reading {
  id: string;
  version: number;
  single: number | null;
  rounded: number;
  double: number;
}

const COLUMNS = ["single", "rounded", "double"] as const;

const schema = new EntitySchema<Reading>({
  name: "Reading",
  columns: {
    id: { type: String, primary: true, length: 36 },
    version: { type: Number, version: true },
    single: { type: "float", nullable: true },
    rounded: { type: "float", precision: 7, scale: 2 },
    double: { type: "double" },
  },
});

onSqlBackends((place) => {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true });
    const readings = distinct(dataSource, schema);
    for (const [index, value] of [0.1, 0.2, -0.1, 0, 16_777_217, 1 / 3].entries()) {
      await readings.add({ id: `own ${index}`, version: 1, single: value, rounded: value % 1e4, double: value });
    }
    await readings.add({ id: "null", version: 1, single: null, rounded: 0, double: 0 });
    // With all the bits that the columns have.
    await dataSource.query(
      "INSERT INTO reading (id, version, single, rounded, `double`) VALUES ('foreign', 1, 1e0 / 3e0, 12345.67, 1e0 / 3e0)",
    );
  });
  afterAll(() => dataSource.destroy());

  test.each([{ secret: [] }, { secret: [...COLUMNS] }])(
    "lists compare the numbers that are read: %j",
    async (options) => {
      const readings = distinct(dataSource, schema, options);
      const idsOf = async (where: Record<string, object>) =>
        (await readings.list({ where })).records.map(({ id }) => id);
      const all = (await readings.list()).records;
      expect(all).toHaveLength(8);
      for (const column of COLUMNS) {
        for (const { [column]: value } of all) {
          if (value === null) continue;
          const those = (fits: (other: number) => boolean) =>
            all.filter(({ [column]: other }) => other !== null && fits(other)).map(({ id }) => id);
          expect(await idsOf({ [column]: { eq: value } })).toEqual(those((other) => other === value));
          expect(await idsOf({ [column]: { in: [value] } })).toEqual(those((other) => other === value));
          expect(await idsOf({ [column]: { lte: value } })).toEqual(those((other) => other <= value));
          expect(await idsOf({ [column]: { gt: value } })).toEqual(those((other) => other > value));
          const others = all.filter(({ [column]: other }) => other !== value).map(({ id }) => id);
          expect(await idsOf({ [column]: { neq: value } })).toEqual(others);
        }
      }
    },
  );

  test.each(COLUMNS)("pages in the order of %s hold every record once", async (by) => {
    const readings = distinct(dataSource, schema);
    const seen: Reading[] = [];
    for (let after: string | undefined; ;) {
      const page = await readings.list({ sort: [{ by }], limit: 2, after });
      seen.push(...page.records);
      if (page.next === undefined) break;
      after = page.next as string;
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(8);
    const values = seen.map(({ [by]: value }) => value ?? -Infinity);
    expect(values).toEqual([...values].sort((left, right) => left - right));
  });
});
