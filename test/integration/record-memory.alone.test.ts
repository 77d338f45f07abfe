import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { schemaOf } from "../../benchmarks/arms/typeorm.js";
import { asset, assetTable, assetType } from "../../benchmarks/model/asset.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { distinct } from "../../src/composition/distinct.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onServer } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

const schema = schemaOf(assetTable);
const RECORDS = Array.from({ length: 10_000 }, (_, index) => asset(index));

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

onServer((place) => {
  test("10,000 loaded records or entities of 22 columns keep at most twice the memory of plain row objects", async () => {
    const database = openTestDatabase(place().url);
    try {
      await createTestTables(database, assetTable);
      const assets = new DistinctRepository(assetType, new SqlRecordStore(database, assetTable), environment);
      await assets.addAll(RECORDS.map((record) => assets.create(record)));
      const dataSource = await openDataSource(place().url, { entities: [schema] });
      try {
        const ids = RECORDS.map(({ id }) => id);
        const entities = distinct(dataSource, schema);
        const rows = await keptBy(() => dataSource.query(`SELECT * FROM ${assetTable.name}`));
        expect((await keptBy(() => assets.getMany(ids))) / rows).toBeLessThanOrEqual(2);
        expect((await keptBy(() => entities.getMany(ids))) / rows).toBeLessThanOrEqual(2);
      } finally {
        await dataSource.destroy();
      }
    } finally {
      await database.close();
    }
  });
});

/** Bytes of heap that what `load` answers keeps alive; the first load, which makes what stays for the next, does not count. */
async function keptBy(load: () => Promise<readonly unknown[]>): Promise<number> {
  await kept(load);
  return kept(load);
}

/** In a call of its own, whose end lets go of what was loaded. */
async function kept(load: () => Promise<readonly unknown[]>): Promise<number> {
  const before = settledHeap();
  const loaded = await load();
  const bytes = settledHeap() - before;
  expect(loaded).toHaveLength(RECORDS.length);
  return bytes;
}

function settledHeap(): number {
  for (let run = 0; run < 3; run++) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
