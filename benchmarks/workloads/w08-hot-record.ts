import { CONTENDING, OWN } from "../arms/index.js";
import type { ArmType } from "../arms/arm.js";
import type { Bench, Findings, Table, Workload } from "../bench.js";
import type { Chart, Point } from "../charts/chart.js";
import {
  acknowledgedBy,
  ContendedRecord,
  noUpdates,
  ownLosses,
  tallyTable,
  throughput,
  type Contending,
  type Tally,
} from "../contention.js";
import { exactly, median, ratioOf, type Estimate } from "../estimate.js";
import { interleaved, perOperation, type Samples } from "../measure.js";
import { counter, hotTable, MOST_WRITERS } from "../model/hot.js";
import type { Random } from "../random.js";
import { countHotImage, hotImage } from "./hot-image.js";

/** So many writers' times are held against a goal. */
const JUDGED = 8;
const ROUNDS = { judged: { quick: 3, full: 9 }, others: { quick: 2, full: 5 } } as const;

/** One record that everybody writes, each an attribute of its own: nobody is in anybody's way but by the row. Then one image. */
export const hotRecord: Workload = {
  id: "W8",
  title: "One hot record, one hot image",
  async run(bench: Bench): Promise<Findings> {
    const { quick, random, say } = bench;
    const writerCounts = quick ? [JUDGED, MOST_WRITERS] : [1, 2, 4, 8, 16, 32, 64];
    const samples: Record<string, Samples> = {};
    const tables: Table[] = [];
    const curves = new Map<ArmType, Point[]>(CONTENDING.map((type) => [type, []]));
    const all = new Map<number, Map<ArmType, Tally>>();
    const fresh = await freshRecords(bench, 1_000);
    for (const writers of writerCounts) {
      const tallies = noUpdates(CONTENDING);
      all.set(writers, tallies);
      const contenders = CONTENDING.map((type) => ({
        name: type.name,
        round: () => contention(bench, fresh(), type, writers, counter, tallies.get(type)!),
      }));
      const label = `${writers} writers`;
      const rounds = (writers === JUDGED ? ROUNDS.judged : ROUNDS.others)[quick ? "quick" : "full"];
      const warmUp = writers === writerCounts[0] ? 1 : 0; // one process measures all, and each round makes its connections first
      const sayRound = (what: string): void => say(`${label}, ${what}`);
      const measured = await interleaved(contenders, rounds, random, sayRound, warmUp);
      samples[label] = measured;
      tables.push(table(label, measured, tallies, random));
      for (const [type, { updates, lost }] of tallies) {
        const perSecond = Math.round(1000 / median(measured[type.name]!));
        const mark = lost > 0 && { mark: `${type.name} lost\n${lost} of ${updates}` };
        curves.get(type)!.push({ x: writerCounts.indexOf(writers), y: perSecond, ...mark });
      }
    }
    const image = await hotImage(bench);
    const eight = samples[`${JUDGED} writers`]!;
    return {
      tables: [...tables, image.table],
      charts: [chart(writerCounts, curves)],
      samples: { ...samples, ...image.samples },
      acknowledged: acknowledgedBy([...all.values(), image.tallies]),
      ratios: {
        // Throughput of one over that of the other is time of the other over that of the one.
        "hot.8.vs.pessimistic": ratioOf(eight["pessimistic"]!, eight["distinction"]!, random),
        "hot.8.apart.vs.pessimistic": ratioOf(eight["pessimistic"]!, eight["distinction, apart"]!, random),
        "hot.64.lost": ownLost([all.get(MOST_WRITERS)!]),
        "hot.image.lost": ownLost([image.tallies]),
      },
    };
  },
  async count(bench: Bench): Promise<Findings> {
    const fresh = await freshRecords(bench, 4);
    const found = { "disjoint attributes": noUpdates(OWN), "one attribute": noUpdates(OWN) };
    for (const [which, tallies] of Object.entries(found)) {
      for (const [type, tally] of tallies) {
        const attributeOf = which === "one attribute" ? () => counter(0) : counter;
        await contention(bench, fresh(), type, MOST_WRITERS, attributeOf, tally);
      }
    }
    const tables = Object.entries(found).map(([which, tallies]) =>
      tallyTable(`W8: one hot record, ${MOST_WRITERS} writers on ${which}`, tallies),
    );
    const image = await countHotImage(bench);
    return {
      tables: [...tables, image.table],
      acknowledged: acknowledgedBy([...Object.values(found), image.tallies]),
      ratios: { "hot.64.lost": ownLost(Object.values(found)), "hot.image.lost": ownLost([image.tallies]) },
    };
  },
};

function ownLost(tallies: readonly ReadonlyMap<Contending, Tally>[]): Estimate {
  return exactly(ownLosses(acknowledgedBy(tallies)));
}

const UPDATES_PER_ROUND = 240;

/**
 * Every round has a record of its own, so that the oracle knows where the counters began. Its repositories are new, too: those
 * that are apart learn within each round that the record is hot, and lock it at once from then on.
 */
async function freshRecords({ tables }: Bench, count: number): Promise<() => string> {
  const records = Array.from({ length: count }, (_, index) => ({ id: `hot ${index}` }));
  await tables.fill(hotTable, records);
  return () => records.pop()!.id;
}

/**
 * All writers at once on one record, each arm with as many connections as there are writers. They are made before the clock
 * starts.
 */
async function contention(
  { url, tables, quick }: Bench,
  id: string,
  type: ArmType,
  writers: number,
  attributeOf: (writer: number) => string,
  tally: Tally,
): Promise<number> {
  const arm = await type.open({ url, table: hotTable, poolSize: writers });
  try {
    const record = new ContendedRecord(id, arm, tally);
    const write = (writer: number): Promise<void> => record.increment(attributeOf(writer));
    await perOperation(writers, 1, write);
    const updates = quick ? UPDATES_PER_ROUND / 3 : UPDATES_PER_ROUND;
    const milliseconds = await perOperation(writers, Math.max(quick ? 1 : 2, Math.round(updates / writers)), write);
    await record.countLost(tables);
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
  const title = `W8: one hot record, ${label} on disjoint attributes (new each round: "apart" also pays for learning that it is hot)`;
  return tallyTable(title, tallies, throughput("updates", samples, "pessimistic", random));
}
