import { OPTIMISTIC } from "../arms/index.js";
import type { Acknowledged, Bench, Findings, Workload } from "../bench.js";
import { medianOf, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import { interleaved, perOperation } from "../measure.js";
import { counter, hotTable } from "../model/hot.js";
import { CounterOracle } from "../oracle.js";
import { perRound } from "../random.js";
import { zipfian } from "../zipfian.js";

const RECORDS = 10_000;
const CLIENTS = 8;
const READS = 0.8;
/** Rounds that are not counted, of 160 requests each in a quick run, and 400 in a whole one. */
const WARM_UP = { quick: 2, full: 6 } as const;

/** What a service does on a day: most requests read, and a few records are asked for far more often than the rest. */
export const zipf: Workload = {
  id: "W10",
  title: "Reads and updates, some records far more often than others",
  async run({ url, tables, random, quick, say }: Bench): Promise<Findings> {
    const ids = Array.from({ length: RECORDS }, (_, index) => `zipf ${index}`);
    say(`filling ${RECORDS} records`);
    await tables.fill(
      hotTable,
      ids.map((id) => ({ id })),
    );
    const arms = await Promise.all(
      OPTIMISTIC.map(async (type) => ({ type, arm: await type.open({ url, table: hotTable, poolSize: CLIENTS }) })),
    );
    const rank = zipfian(RECORDS);
    const drawnFor = perRound(random);
    const perClient = quick ? 20 : 50;
    const oracles = new Map<string, CounterOracle>();
    const acknowledge = (id: string, attribute: string): void => {
      const oracle = oracles.get(id) ?? new CounterOracle();
      oracles.set(id, oracle);
      oracle.acknowledge(attribute);
    };
    try {
      const contenders = arms.map(({ type, arm }, number) => ({
        name: type.name,
        round: (turn: number) => {
          const drawn = drawnFor(turn);
          const requests = Array.from({ length: perClient * CLIENTS }, () => ({
            id: ids[rank(drawn)]!,
            reads: drawn() < READS,
          }));
          return perOperation(CLIENTS, perClient, async (client, index) => {
            const { id, reads } = requests[index * CLIENTS + client]!;
            if (reads) return void (await arm.read(id));
            // Every client of every arm has a counter of its own, so that what one arm loses is not put on another.
            const attribute = counter(number * CLIENTS + client);
            await arm.increment(id, attribute);
            acknowledge(id, attribute);
          });
        },
      }));
      const samples = await interleaved(contenders, quick ? 5 : 30, random, say, WARM_UP[quick ? "quick" : "full"]);
      const acknowledged: Record<string, Acknowledged> = {};
      for (const [number, type] of OPTIMISTIC.entries()) {
        const counters = Array.from({ length: CLIENTS }, (_, client) => counter(number * CLIENTS + client));
        let [updates, lost] = [0, 0];
        for (const [id, oracle] of oracles) {
          updates += oracle.acknowledged(counters);
          lost += await oracle.lost(tables, hotTable, id, counters);
        }
        acknowledged[type.name] = { updates, lost };
      }
      return {
        tables: [
          {
            title: `W10: ${CLIENTS} clients, ${RECORDS} records asked for by Zipf's law, ${READS * 100} % reads`,
            columns: ["arm", "guarantee", "requests per second", "against handwritten", "lost", "of"],
            rows: OPTIMISTIC.map(({ name, guarantee }) => {
              const { value, low, high } = medianOf(samples[name]!, random);
              return [
                name,
                guarantee,
                withInterval({ value: 1000 / value, low: 1000 / high, high: 1000 / low }),
                withInterval(ratioOf(samples["handwritten"]!, samples[name]!, random)),
                acknowledged[name]!.lost,
                acknowledged[name]!.updates,
              ];
            }),
          },
        ],
        samples: { requests: samples },
        acknowledged,
      };
    } finally {
      await Promise.all(arms.map(({ arm }) => arm.close()));
    }
  },
};
