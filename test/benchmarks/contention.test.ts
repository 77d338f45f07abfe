import { expect, test } from "vitest";
import type { Arm, ArmType } from "../../benchmarks/arms/arm.js";
import { distinctionApartArm } from "../../benchmarks/arms/distinction-apart.js";
import { openPool, statements, type Row } from "../../benchmarks/arms/handwritten.js";
import { acknowledgedBy, ContendedRecord, ownLosses, type Tally } from "../../benchmarks/contention.js";
import { perOperation } from "../../benchmarks/measure.js";
import { counter, hotTable } from "../../benchmarks/model/hot.js";
import { benchPlace } from "./bench-place.js";

const WRITERS = 8;

const place = benchPlace((tables) => tables.fill(hotTable, [{ id: "seeing" }, { id: "blind" }]));

/** What distinction would be without its version check: acknowledges what it wrote over others' work. */
const blindArm: Pick<ArmType, "open"> = {
  async open(options): Promise<Arm> {
    const pool = await openPool(options);
    const { select, overwrite } = statements(options.table);
    const increment = async (id: string, attribute: string): Promise<number> => {
      const [[row]] = await pool.execute<Row[]>(select, [id]);
      await pool.execute(overwrite(attribute), [Number(row![attribute]) + 1, id]);
      return 0;
    };
    return { increment, close: () => pool.end() } as Arm;
  },
};

async function contended(id: string, type: Pick<ArmType, "open">) {
  const tally: Tally = { updates: 0, retries: 0, lost: 0 };
  const arm = await type.open({ url: place.url, table: hotTable, poolSize: WRITERS });
  try {
    const record = new ContendedRecord(id, arm, tally);
    await perOperation(WRITERS, 10, () => record.increment(counter(0)));
    await record.countLost(place.tables);
    return tally;
  } finally {
    await arm.close();
  }
}

test("repositories that know nothing of each other meet at the database, and lose nothing", async () => {
  const { updates, retries, lost } = await contended("seeing", distinctionApartArm);
  expect({ updates, lost }).toEqual({ updates: WRITERS * 10, lost: 0 });
  expect(retries, "they were in each other's way").toBeGreaterThan(0);
});

test("what an arm without a version check writes over is counted as lost, and as ours where it is", async () => {
  const tally = await contended("blind", blindArm);
  expect(tally.updates).toBe(WRITERS * 10);
  expect(tally.lost).toBeGreaterThan(0);
  const acknowledged = acknowledgedBy([
    new Map([[distinctionApartArm, tally]]),
    new Map([[distinctionApartArm, tally]]),
  ]);
  expect(acknowledged).toEqual({ "distinction, apart": { updates: 2 * tally.updates, lost: 2 * tally.lost } });
  expect(ownLosses({ ...acknowledged, typeorm: { lost: 7 } })).toBe(2 * tally.lost);
});
