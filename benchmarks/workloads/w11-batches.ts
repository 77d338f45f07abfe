import { distinctionArm, OPTIMISTIC } from "../arms/index.js";
import type { ArmType, BatchArm } from "../arms/arm.js";
import type { Acknowledged, Bench, Findings, Table, Workload } from "../bench.js";
import type { Chart } from "../charts/chart.js";
import { exactly, median, medianOf, ratioOf, type Estimate } from "../estimate.js";
import { withInterval } from "../format.js";
import { ownLosses } from "../contention.js";
import { interleaved, timed, type Samples } from "../measure.js";
import { concurrentBatches, type Pairs } from "./concurrent-batches.js";
import { asset, assetTable } from "../model/asset.js";
import { ValueOracle } from "../oracle.js";
import type { Random } from "../random.js";

interface BatchesOf {
  readonly size: number;
  /** The small ones are soon done, and the more easily disturbed. */
  readonly rounds: number;
  /** Rounds that are not counted: some 200 records or more, so that all arms run compiled code. */
  readonly warmUp: number;
}

const FULL: readonly BatchesOf[] = [
  { size: 10, rounds: 200, warmUp: 20 },
  { size: 100, rounds: 120, warmUp: 4 },
  { size: 1_000, rounds: 15, warmUp: 1 },
];

/** Without those of 1,000, which take seconds each. */
const QUICK: readonly BatchesOf[] = [
  { size: 10, rounds: 10, warmUp: 20 },
  { size: 100, rounds: 15, warmUp: 4 },
];

/** Saving many records that were changed, one attribute each, all or none. Loading them is not timed. */
export const batches: Workload = {
  id: "W11",
  title: "Batches of changed records",
  async run(bench: Bench): Promise<Findings> {
    const { url, tables, random, quick, say } = bench;
    const sizes = quick ? QUICK : FULL;
    const records = Array.from({ length: sizes.at(-1)!.size }, (_, index) => asset(index));
    await tables.fill(assetTable, records);
    const arms = await Promise.all(
      OPTIMISTIC.map(async (type) => ({ type, arm: await type.open({ url, table: assetTable, poolSize: 2 }) })),
    );
    const acknowledged = Object.fromEntries(OPTIMISTIC.map(({ name }) => [name, { updates: 0, lost: 0 }]));
    const samples: Record<string, Samples> = {};
    const concurrent = new Map<ArmType, Pairs>();
    try {
      for (const { size, rounds, warmUp } of sizes) {
        const ids = records.slice(0, size).map(({ id }) => id);
        const contenders = arms.map(({ type, arm }) => ({
          name: type.name,
          round: async () => {
            const { milliseconds, lost } = await batch(bench, arm, ids);
            count({ updates: size, lost }, acknowledged[type.name]!);
            return milliseconds;
          },
        }));
        samples[label(size)] = await interleaved(
          contenders,
          rounds,
          random,
          (what) => say(`${label(size)}, ${what}`),
          warmUp,
        );
      }
      for (const type of OPTIMISTIC) {
        say(`${type.name}, pairs of batches`);
        const pairs = await concurrentBatches(bench, type, quick ? 5 : 15);
        concurrent.set(type, pairs);
        count(pairs, acknowledged[type.name]!);
      }
    } finally {
      await Promise.all(arms.map(({ arm }) => arm.close()));
    }
    return {
      tables: [...sizes.map(({ size }) => table(size, samples[label(size)]!, random)), pairsTable(concurrent)],
      charts: [chart(sizes, samples)],
      ratios: {
        ...ratios(samples[label(100)]!, random),
        "batches.lost": exactly(ownLosses(acknowledged)),
      },
      acknowledged,
      samples,
    };
  },
  async count(bench: Bench): Promise<Findings> {
    const records = Array.from({ length: 100 }, (_, index) => asset(index));
    await bench.tables.fill(assetTable, records);
    const acknowledged = { updates: 0, lost: 0 };
    const arm = await distinctionArm.open({ url: bench.url, table: assetTable, poolSize: 1 });
    try {
      const ids = records.map(({ id }) => id);
      const { lost } = await batch(bench, arm, ids);
      count({ updates: ids.length, lost }, acknowledged);
    } finally {
      await arm.close();
    }
    const pairs = await concurrentBatches(bench, distinctionArm, 10);
    count(pairs, acknowledged);
    return {
      tables: [pairsTable(new Map([[distinctionArm, pairs]]))],
      ratios: { "batches.lost": exactly(acknowledged.lost) },
      acknowledged: { [distinctionArm.name]: acknowledged },
    };
  },
};

let edits = 0;

/** Every record gets a value that was never there; afterwards each must have its own, and nothing else be touched. */
async function batch(
  { tables }: Bench,
  arm: BatchArm,
  ids: readonly string[],
): Promise<{ milliseconds: number; lost: number }> {
  const values = new Map(ids.map((id) => [id, `edit ${edits++} of ${id}`]));
  const oracle = await ValueOracle.before(tables, assetTable, ids, "name", values);
  const save = await arm.editMany("name", values);
  const milliseconds = await timed(save);
  return { milliseconds, lost: await oracle.lost() };
}

function count({ updates, lost }: Acknowledged, sum: { updates: number; lost: number }): void {
  sum.updates += updates;
  sum.lost += lost;
}

function ratios({ distinction, ...others }: Samples, random: Random): Record<string, Estimate> {
  return {
    "batch.100.vs.handwritten": ratioOf(distinction!, others["handwritten"]!, random),
    "batch.100.vs.typeorm": ratioOf(others["typeorm"]!, distinction!, random),
  };
}

function table(size: number, measured: Samples, random: Random): Table {
  const row = ({ name, guarantee, batchGuarantee }: ArmType): (string | number)[] => [
    name,
    batchGuarantee ?? guarantee,
    withInterval(medianOf(measured[name]!, random)),
    withInterval(ratioOf(measured[name]!, measured["handwritten"]!, random)),
    withInterval(ratioOf(measured[name]!, measured[distinctionArm.name]!, random)),
  ];
  return {
    title: `W11: save of ${label(size)}, one attribute of 22 columns changed in each (milliseconds)`,
    columns: ["arm", "guarantee", "save", "against handwritten", "against distinction"],
    rows: OPTIMISTIC.map(row),
  };
}

function pairsTable(concurrent: ReadonlyMap<ArmType, Pairs>): Table {
  return {
    title: "W11: two batches of the same 10 records, changed on one base and saved at once",
    columns: ["arm", "guarantee", "pairs", "both acknowledged", "values lost", "of"],
    rows: [...concurrent].map(([{ name, guarantee, batchGuarantee }, { pairs, bothAcknowledged, updates, lost }]) => [
      name,
      batchGuarantee ?? guarantee,
      pairs,
      bothAcknowledged,
      lost,
      updates,
    ]),
  };
}

function chart(sizes: readonly BatchesOf[], samples: Record<string, Samples>): Chart {
  return {
    id: "w11-batches",
    title: "Saving a batch of changed records",
    subtitle: "Time per record, one attribute of 22 columns changed in each; less is better",
    kind: "bars",
    x: { label: "records saved at once", groups: sizes.map(({ size }) => String(size)) },
    y: { label: "microseconds per record" },
    series: OPTIMISTIC.map(({ name }) => ({
      name,
      points: sizes.map(({ size }, x) => ({ x, y: Math.round((1000 * median(samples[label(size)]![name]!)) / size) })),
    })),
  };
}

function label(size: number): string {
  return `${size} records`;
}
