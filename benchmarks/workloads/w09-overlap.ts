import { CONTENDING, OWN } from "../arms/index.js";
import type { ArmType } from "../arms/arm.js";
import type { Bench, Findings, Table, Workload } from "../bench.js";
import {
  acknowledgedBy,
  ContendedRecord,
  noUpdates,
  ownLosses,
  tallyTable,
  type Contending,
  type Tally,
} from "../contention.js";
import { exactly, medianOf, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import { interleaved, perOperation, type Samples } from "../measure.js";
import { counter, hotTable, MOST_WRITERS } from "../model/hot.js";
import { perRound, type Random } from "../random.js";

const OVERLAPS = { quick: [0, 100], full: [0, 10, 50, 100] } as const;
const WRITERS = 8;
const SHARED = counter(MOST_WRITERS - 1);

/** One record, and more and more of its updates concern the same attribute: those a merge cannot join. */
export const overlap: Workload = {
  id: "W9",
  title: "Writers of one record who overlap",
  async run({ url, tables, random, quick, say }: Bench): Promise<Findings> {
    const ids = Array.from({ length: 1_000 }, (_, index) => ({ id: `overlap ${index}` }));
    await tables.fill(hotTable, ids);
    const samples: Record<string, Samples> = {};
    const all: Map<ArmType, Tally>[] = [];
    const updates = quick ? 4 : 20;
    const found: Table[] = [];
    const arms = await Promise.all(
      CONTENDING.map(async (type) => ({ type, arm: await type.open({ url, table: hotTable, poolSize: WRITERS }) })),
    );
    try {
      for (const percent of OVERLAPS[quick ? "quick" : "full"]) {
        const tallies = noUpdates(CONTENDING);
        all.push(tallies);
        const drawnFor = perRound(random);
        const contenders = arms.map(({ type, arm }) => ({
          name: type.name,
          round: async (number: number) => {
            const record = new ContendedRecord(ids.pop()!.id, arm, tallies.get(type)!);
            const attributes = attributesOf(updates, percent, drawnFor(number));
            const milliseconds = await perOperation(WRITERS, updates, (writer, index) =>
              record.increment(attributes[index]![writer]!),
            );
            await record.countLost(tables);
            return milliseconds;
          },
        }));
        const sayRound = (what: string): void => say(`${percent} %, ${what}`);
        const warmUp = percent === 0 ? 1 : 0; // the same arms go on
        const measured = await interleaved(contenders, quick ? 3 : 12, random, sayRound, warmUp);
        samples[`${percent} % overlap`] = measured;
        const title = `W9: ${WRITERS} writers of one record, ${percent} % of the updates on one attribute`;
        const timed = ({ name }: Contending): string[] => [
          withInterval(medianOf(measured[name]!, random)),
          withInterval(ratioOf(measured[name]!, measured["pessimistic"]!, random)),
        ];
        const names = ["milliseconds per update", "against pessimistic"];
        found.push(tallyTable(title, tallies, { names, cells: timed }));
      }
      const acknowledged = acknowledgedBy(all);
      return { tables: found, samples, acknowledged, ratios: { "overlap.lost": exactly(ownLosses(acknowledged)) } };
    } finally {
      await Promise.all(arms.map(({ arm }) => arm.close()));
    }
  },
  async count({ url, tables }: Bench): Promise<Findings> {
    const tallies = noUpdates(OWN);
    await tables.fill(
      hotTable,
      OWN.map(({ name }) => ({ id: name })),
    );
    for (const [type, tally] of tallies) {
      const arm = await type.open({ url, table: hotTable, poolSize: WRITERS });
      try {
        const record = new ContendedRecord(type.name, arm, tally);
        await perOperation(WRITERS, 10, () => record.increment(SHARED));
        await record.countLost(tables);
      } finally {
        await arm.close();
      }
    }
    const acknowledged = acknowledgedBy([tallies]);
    return {
      tables: [tallyTable(`W9: ${WRITERS} writers of one attribute`, tallies)],
      acknowledged,
      ratios: { "overlap.lost": exactly(ownLosses(acknowledged)) },
    };
  },
};

/** What each writer raises in turn: an attribute that all of them raise, in so many cases of a hundred, or its own. */
function attributesOf(updates: number, percent: number, random: Random): string[][] {
  return Array.from({ length: updates }, () =>
    Array.from({ length: WRITERS }, (_, writer) => (random() * 100 < percent ? SHARED : counter(writer))),
  );
}
