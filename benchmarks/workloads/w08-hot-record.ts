import { ALL, distinctionArm } from "../arms/index.js";
import type { ArmType } from "../arms/arm.js";
import type { Bench, Findings, Table, Workload } from "../bench.js";
import type { Chart, Point } from "../charts/chart.js";
import { exactly, median, medianOf, ratioOf } from "../estimate.js";
import { short, withInterval } from "../format.js";
import { interleaved, perOperation, type Samples } from "../measure.js";
import { counter, hotTable, MOST_WRITERS } from "../model/hot.js";
import { CounterOracle } from "../oracle.js";
import type { Random } from "../random.js";

/** What one arm's rounds with one number of writers came to. */
interface Tally {
  updates: number;
  retries: number;
  lost: number;
}

/** One record that everybody writes, each an attribute of its own: nobody is in anybody's way but by the row. */
export const hotRecord: Workload = {
  id: "W8",
  title: "One hot record",
  async run(bench: Bench): Promise<Findings> {
    const { quick, random, say } = bench;
    const writerCounts = quick ? [8, 64] : [1, 2, 4, 8, 16, 32, 64];
    const samples: Record<string, Samples> = {};
    const tables: Table[] = [];
    const curves = new Map<ArmType, Point[]>(ALL.map((type) => [type, []]));
    const lostUpdates: Record<string, number> = {};
    let lostBy64 = 0;
    const fresh = await freshRecords(bench);
    for (const writers of writerCounts) {
      const tallies = new Map<ArmType, Tally>(ALL.map((type) => [type, { updates: 0, retries: 0, lost: 0 }]));
      const contenders = ALL.map((type) => ({
        name: type.name,
        round: () => contention(bench, fresh(), type, writers, tallies.get(type)!),
      }));
      const label = `${writers} writers`;
      const measured = await interleaved(contenders, quick ? 3 : 9, random, (what) => say(`${label}, ${what}`));
      samples[label] = measured;
      tables.push(table(label, measured, tallies, random));
      for (const [type, { lost }] of tallies) {
        const { name } = type;
        const perSecond = Math.round(1000 / median(measured[name]!));
        curves
          .get(type)!
          .push({ x: writerCounts.indexOf(writers), y: perSecond, ...(lost > 0 && { mark: `${lost} lost` }) });
        lostUpdates[name] = (lostUpdates[name] ?? 0) + lost;
        if (name === "distinction" && writers === 64) lostBy64 = lost;
      }
    }
    const { distinction, pessimistic } = samples["8 writers"]!;
    return {
      tables,
      charts: [chart(writerCounts, curves)],
      samples,
      lostUpdates,
      ratios: {
        // Throughput of one over that of the other is time of the other over that of the one.
        "hot.8.vs.pessimistic": ratioOf(pessimistic!, distinction!, random),
        "hot.64.lost": exactly(lostBy64),
      },
    };
  },
  async count(bench: Bench): Promise<Findings> {
    const fresh = await freshRecords(bench);
    const tally: Tally = { updates: 0, retries: 0, lost: 0 };
    await contention(bench, fresh(), distinctionArm, MOST_WRITERS, tally);
    return {
      tables: [
        {
          title: `W8: one hot record, ${MOST_WRITERS} writers on disjoint attributes`,
          columns: ["guarantee", "updates", "lost"],
          rows: [[distinctionArm.guarantee, tally.updates, tally.lost]],
        },
      ],
      lostUpdates: { distinction: tally.lost },
      ratios: { "hot.64.lost": exactly(tally.lost) },
    };
  },
};

const UPDATES_PER_ROUND = 240;
const RECORDS = 1_000;

/** Every round has a record of its own, so that the oracle knows where the counters began. */
async function freshRecords({ tables }: Bench): Promise<() => string> {
  const records = Array.from({ length: RECORDS }, (_, index) => ({ id: `hot ${index}` }));
  await tables.fill(hotTable, records);
  return () => records.pop()!.id;
}

/** All writers at once on one record. Connections are made before the clock starts. */
async function contention(
  { url, tables, quick }: Bench,
  id: string,
  type: ArmType,
  writers: number,
  tally: Tally,
): Promise<number> {
  const oracle = new CounterOracle();
  const arm = await type.open({ url, table: hotTable, poolSize: Math.min(writers, 32) });
  try {
    const write = async (writer: number): Promise<void> => {
      const retries = await arm.increment(id, counter(writer));
      tally.retries += retries; // not before the await: others count meanwhile
      tally.updates++;
      oracle.acknowledge(counter(writer));
    };
    await perOperation(writers, 1, write);
    const updates = quick ? UPDATES_PER_ROUND / 3 : UPDATES_PER_ROUND;
    const milliseconds = await perOperation(writers, Math.max(2, Math.round(updates / writers)), write);
    tally.lost += await oracle.lost(tables, hotTable, id);
    return milliseconds;
  } finally {
    await arm.close();
  }
}

function chart(writerCounts: readonly number[], curves: ReadonlyMap<ArmType, readonly Point[]>): Chart {
  return {
    id: "w8-hot-record",
    title: "Many writers of one record, each an attribute of its own",
    subtitle: "Updates per second; more is better, unless updates are lost",
    kind: "lines",
    x: { label: "writers", groups: writerCounts.map(String) },
    y: { label: "acknowledged updates per second" },
    series: [...curves].map(([{ name }, points]) => ({ name, points })),
  };
}

function table(label: string, samples: Samples, tallies: ReadonlyMap<ArmType, Tally>, random: Random): Table {
  return {
    title: `W8: one hot record, ${label} on disjoint attributes`,
    columns: ["arm", "guarantee", "updates per second", "against pessimistic", "retries per update", "lost", "of"],
    rows: [...tallies].map(([{ name, guarantee }, { updates, retries, lost }]) => {
      const { value, low, high } = medianOf(samples[name]!, random);
      const perSecond = { value: 1000 / value, low: 1000 / high, high: 1000 / low };
      const relative = ratioOf(samples["pessimistic"]!, samples[name]!, random);
      return [
        name,
        guarantee,
        withInterval(perSecond),
        withInterval(relative),
        short(retries / updates),
        lost,
        updates,
      ];
    }),
  };
}
