import { EntitySchema, type DataSource } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

type Odd = Record<string, unknown>;

/** Their names in a row say no more which of them are meant: `a,b` is one, and two. */
const SETS = [["a,b"], ["a", "b"], ["j,k+1-0"], ["j", "k+1-0"], ["j,k"], ["j", "k"]];

const OddSchema = new EntitySchema<Odd>({
  name: "Odd",
  columns: {
    id: { type: "varchar", length: 40, primary: true },
    version: { type: "int", version: true },
    a: { type: "int", default: 0 },
    b: { type: "int", default: 0 },
    "a,b": { type: "int", default: 0, name: "a_b" },
    j: { type: "int", default: 0 },
    k: { type: "int", default: 0 },
    "k+1-0": { type: "int", default: 0, name: "k_1" },
    "j,k": { type: "int", default: 0, name: "j_k" },
    "j,k+1-0": { type: "int", default: 0, name: "j_k_1" },
  },
});

onSqlBackends((place) => {
  let dataSource: DataSource;
  let odds: EntityRepository<Odd>;
  beforeAll(async () => {
    dataSource = await openDataSource(place().url, { entities: [OddSchema], synchronize: true });
    odds = distinct(dataSource, OddSchema, { random: () => 0 });
    await odds.addAll(["1", "2"].map((id) => odds.create({ id })));
  });
  afterAll(() => dataSource.destroy());

  test("attributes whose names hold what separates names are written to their own columns", async () => {
    let value = 0;
    for (const names of [...SETS, ...SETS.toReversed()]) {
      const [one, two] = (await odds.getMany(["1", "2"])) as [Odd, Odd];
      for (const name of names) one[name] = ++value;
      await odds.save(one);
      expect({ ...(await odds.get("1")) }).toEqual({ ...one });
      for (const odd of [one, two]) for (const name of names) odd[name] = ++value;
      await odds.saveAll([one, two]);
      expect((await odds.getMany(["1", "2"])).map((odd) => ({ ...odd }))).toEqual([{ ...one }, { ...two }]);
    }
  });

  test("a single key may be given by its name, as a composite one is", async () => {
    expect((await odds.get({ id: "1" }))["id"]).toBe("1");
    expect((await odds.getMany([{ id: "2" }, "1"])).map(({ id }) => id)).toEqual(["2", "1"]);
    for (const odd of [{ id: "1", a: 0 }, { a: 0 }, {}]) {
      await expect(odds.get(odd)).rejects.toMatchObject({ code: "INVALID_VALUE" });
    }
  });

  test("what a batch changes in one record is not taken for what it changes in another", async () => {
    for (const [index, names] of SETS.entries()) {
      const [one, two] = (await odds.getMany(["1", "2"])) as [Odd, Odd];
      for (const name of names) one[name] = 1_000 + index;
      for (const name of SETS[index ^ 1]!) two[name] = 2_000 + index;
      await odds.saveAll([one, two]);
      expect((await odds.getMany(["1", "2"])).map((odd) => ({ ...odd }))).toEqual([{ ...one }, { ...two }]);
    }
  });
});
