import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { OPTIMISTIC } from "../arms/index.js";
import type { ArmName } from "../arms/descriptions.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { medianOf, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import { interleaved, perOperation } from "../measure.js";
import { asset, assetTable } from "../model/asset.js";

/** As many loads side by side as there are connections. */
const CLIENTS = 10;

/** Rounds of 200 loads that are not counted; each arm has loaded all records several times before, for their memory. */
const WARM_UP = { quick: 1, full: 10 } as const;

const ROWS = "rows of the driver" satisfies ArmName;

/** What loaded records keep in memory and take to load, if they are never saved. */
export const memory: Workload = {
  id: "W14",
  title: "Memory of loaded records",
  async run({ url, tables, random, quick, say }: Bench): Promise<Findings> {
    const count = quick ? 1_000 : 10_000;
    const ids = Array.from({ length: count }, (_, index) => asset(index));
    say("filling");
    await tables.fill(assetTable, ids);
    const arms = await Promise.all(
      OPTIMISTIC.map(async (type) => ({ type, arm: await type.open({ url, table: assetTable, poolSize: CLIENTS }) })),
    );
    try {
      const rounds = quick ? 2 : 5;
      const bytes: Record<string, readonly number[]> = {};
      bytes[ROWS] = await keptBy(() => tables.rows(assetTable), rounds);
      for (const { type, arm } of arms) {
        say(`${type.name}, memory`);
        bytes[type.name] = await keptBy(() => inTurns(ids, ({ id }) => arm.read(id)), rounds);
      }
      const loads = arms.map(({ type, arm }) => {
        let next = 0;
        const load = () => arm.read(ids[next++ % count]!.id);
        return { name: type.name, round: () => perOperation(CLIENTS, 20, load) };
      });
      const sayRound = (what: string): void => say(`loads, ${what}`);
      const times = await interleaved(loads, quick ? 4 : 40, random, sayRound, WARM_UP[quick ? "quick" : "full"]);
      const ratio = (name: string) => ratioOf(bytes[name]!, bytes[ROWS]!, random);
      return {
        tables: [
          {
            title: `W14: ${count} records of 22 columns, loaded one by one and kept (bytes per record)`,
            columns: ["arm", "guarantee", "bytes", "against rows"],
            rows: [
              [ROWS, "none, all at once", withInterval(medianOf(bytes[ROWS], random)), 1],
              ...OPTIMISTIC.map(({ name, guarantee }) => [
                name,
                guarantee,
                withInterval(medianOf(bytes[name]!, random)),
                withInterval(ratio(name)),
              ]),
            ],
          },
          {
            title: `W14: loads that are never saved, ${CLIENTS} clients (milliseconds per load)`,
            columns: ["arm", "guarantee", "load", "against handwritten"],
            rows: OPTIMISTIC.map(({ name, guarantee }) => [
              name,
              guarantee,
              withInterval(medianOf(times[name]!, random)),
              withInterval(ratioOf(times[name]!, times["handwritten"]!, random)),
            ]),
          },
        ],
        ratios: { "memory.vs.rows": ratio("distinction") },
        samples: { "bytes per record": bytes, loads: times },
      };
    } finally {
      await Promise.all(arms.map(({ arm }) => arm.close()));
    }
  },
};

/** One sample a round; one round before them warms up. */
async function keptBy(load: () => Promise<readonly unknown[]>, rounds: number): Promise<number[]> {
  const samples: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const bytes = await kept(load);
    if (round > 0) samples.push(bytes);
  }
  return samples;
}

/** Bytes of heap per record that what `load` answers keeps alive. In a call of its own, whose end lets go of it. */
async function kept(load: () => Promise<readonly unknown[]>): Promise<number> {
  const before = settledHeap();
  const loaded = await load();
  const bytes = settledHeap() - before;
  return bytes / loaded.length;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function settledHeap(): number {
  for (let run = 0; run < 3; run++) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += CLIENTS) {
    results.push(...(await Promise.all(items.slice(from, from + CLIENTS).map(work))));
  }
  return results;
}
