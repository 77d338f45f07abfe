import { ALL } from "../arms/index.js";
import type { ArmType } from "../arms/arm.js";
import type { Bench, Findings, Table, Workload } from "../bench.js";
import { medianOf, ratioOf } from "../estimate.js";
import { short, withInterval } from "../format.js";
import { interleaved, perOperation, type Samples } from "../measure.js";
import { counter, hotTable, MOST_WRITERS } from "../model/hot.js";
import { CounterOracle } from "../oracle.js";

interface Tally {
  updates: number;
  retries: number;
  lost: number;
}

const OVERLAPS = [0, 10, 50, 100] as const;
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
    const lostUpdates: Record<string, number> = {};
    const found: Table[] = [];
    const arms = await Promise.all(
      ALL.map(async (type) => ({ type, arm: await type.open({ url, table: hotTable, poolSize: WRITERS }) })),
    );
    try {
      for (const percent of OVERLAPS) {
        const tallies = new Map<ArmType, Tally>(ALL.map((type) => [type, { updates: 0, retries: 0, lost: 0 }]));
        const contenders = arms.map(({ type, arm }) => ({
          name: type.name,
          round: async () => {
            const { id } = ids.pop()!;
            const oracle = new CounterOracle();
            const tally = tallies.get(type)!;
            const milliseconds = await perOperation(WRITERS, quick ? 4 : 20, async (writer) => {
              const attribute = random() * 100 < percent ? SHARED : counter(writer);
              const retries = await arm.increment(id, attribute);
              tally.retries += retries; // not before the await: others count meanwhile
              tally.updates++;
              oracle.acknowledge(attribute);
            });
            tally.lost += await oracle.lost(tables, hotTable, id);
            return milliseconds;
          },
        }));
        const measured = await interleaved(contenders, quick ? 4 : 12, random, (what) => say(`${percent} %, ${what}`));
        samples[`${percent} % overlap`] = measured;
        found.push({
          title: `W9: ${WRITERS} writers of one record, ${percent} % of the updates on one attribute`,
          columns: ["arm", "guarantee", "milliseconds per update", "against pessimistic", "retries per update", "lost"],
          rows: [...tallies].map(([{ name, guarantee }, { updates, retries, lost }]) => [
            name,
            guarantee,
            withInterval(medianOf(measured[name]!, random)),
            withInterval(ratioOf(measured[name]!, measured["pessimistic"]!, random)),
            short(retries / updates),
            lost,
          ]),
        });
        for (const [{ name }, { lost }] of tallies) lostUpdates[name] = (lostUpdates[name] ?? 0) + lost;
      }
      return { tables: found, samples, lostUpdates };
    } finally {
      await Promise.all(arms.map(({ arm }) => arm.close()));
    }
  },
};
