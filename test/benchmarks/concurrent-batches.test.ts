import { expect, test } from "vitest";
import { distinctionArm } from "../../benchmarks/arms/distinction.js";
import { handwrittenArm } from "../../benchmarks/arms/handwritten.js";
import { typeormArm } from "../../benchmarks/arms/typeorm.js";
import { asset, assetTable } from "../../benchmarks/model/asset.js";
import { concurrentBatches } from "../../benchmarks/workloads/concurrent-batches.js";
import { benchPlace } from "./bench-place.js";

const place = benchPlace((tables) =>
  tables.fill(
    assetTable,
    Array.from({ length: 10 }, (_, index) => asset(index)),
  ),
);

test.each([distinctionArm, handwrittenArm])(
  "of two batches on one base, $name acknowledges one at most",
  async (type) => {
    expect(await concurrentBatches(place, type, 4)).toEqual({ pairs: 4, bothAcknowledged: 0, updates: 40, lost: 0 });
  },
);

test("two that were both acknowledged have lost the values of one", async () => {
  const { bothAcknowledged, updates, lost } = await concurrentBatches(place, typeormArm, 4);
  expect(bothAcknowledged).toBeGreaterThan(0);
  expect({ updates, lost }).toEqual({ updates: 10 * (4 + bothAcknowledged), lost: 10 * bothAcknowledged });
});
