import { expect, test } from "vitest";
import { globalLockArm, pessimisticArm } from "../../benchmarks/arms/locking.js";
import { counter, hotTable } from "../../benchmarks/model/hot.js";
import { CounterOracle } from "../../benchmarks/oracle.js";
import { benchPlace } from "./bench-place.js";

const place = benchPlace((tables) => tables.fill(hotTable, [{ id: "pessimistic" }, { id: "global lock" }]));

test.each([pessimisticArm, globalLockArm])("writers of one attribute lose nothing under: $guarantee", async (type) => {
  const arm = await type.open({ url: place.url, table: hotTable, poolSize: 8 });
  const oracle = new CounterOracle();
  const shared = counter(0);
  try {
    const writer = async (): Promise<void> => {
      for (let update = 0; update < 5; update++) {
        await arm.increment(type.name, shared);
        oracle.acknowledge(shared);
      }
    };
    await Promise.all(Array.from({ length: 8 }, writer));
    expect(await oracle.lost(place.tables, hotTable, type.name)).toBe(0);
    expect(await place.tables.row(hotTable, type.name)).toMatchObject({ [hotTable.columns[shared]!]: 40, version: 41 });
    oracle.acknowledge(shared);
    expect(await oracle.lost(place.tables, hotTable, type.name)).toBe(1);
  } finally {
    await arm.close();
  }
});
