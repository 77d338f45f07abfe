import { afterAll, beforeAll, expect, test } from "vitest";
import { distinctionArm } from "../../benchmarks/arms/distinction.js";
import { handwrittenArm } from "../../benchmarks/arms/handwritten.js";
import { typeormArm } from "../../benchmarks/arms/typeorm.js";
import { asset, assetTable } from "../../benchmarks/model/asset.js";
import { TableStore } from "../../benchmarks/tables.js";
import { concurrentBatches } from "../../benchmarks/workloads/concurrent-batches.js";
import { createServerDatabase, type TestDatabase } from "../support/test-database.js";

let place: TestDatabase;
let tables: TableStore;
let url: string;

beforeAll(async () => {
  place = await createServerDatabase();
  url = place.url.replace(/^mariadb:/, "mysql:");
  tables = new TableStore(url);
  await tables.fill(
    assetTable,
    Array.from({ length: 10 }, (_, index) => asset(index)),
  );
});
afterAll(async () => {
  await tables.close();
  await place.drop();
});

test.each([distinctionArm, handwrittenArm])(
  "of two batches on one base, $name acknowledges one at most",
  async (type) => {
    expect(await concurrentBatches({ url, tables }, type, 4)).toEqual({ pairs: 4, bothAcknowledged: 0, lost: 0 });
  },
);

test("two that were both acknowledged have lost the values of one", async () => {
  const { bothAcknowledged, lost } = await concurrentBatches({ url, tables }, typeormArm, 4);
  expect(bothAcknowledged).toBeGreaterThan(0);
  expect(lost).toBe(10 * bothAcknowledged);
});
