import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { medianOf, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import { asset, assetTable, assetType } from "../model/asset.js";

const RECORDS = 10_000;

/** What loaded records keep in memory, against the rows that the driver makes of the same statement. */
export const memory: Workload = {
  id: "W14",
  title: "Memory of loaded records",
  async run({ url, tables, random, quick, say }: Bench): Promise<Findings> {
    const ids = Array.from({ length: RECORDS }, (_, index) => asset(index));
    say("filling");
    await tables.fill(assetTable, ids);
    const database = openDatabase(url, { clock: systemClock, random: Math.random, schema: "unmanaged" });
    try {
      const store = new SqlRecordStore(database, assetTable);
      const assets = new DistinctRepository(assetType, store, { clock: systemClock, random: Math.random });
      const records: number[] = [];
      const rows: number[] = [];
      const rounds = quick ? 5 : 9;
      for (let round = 0; round <= rounds; round++) {
        say(round === 0 ? "warm-up" : `round ${round} of ${rounds}`);
        const ofRecords = await kept(() => inTurns(ids, ({ id }) => assets.get(id)));
        const ofRows = await kept(() => tables.rows(assetTable));
        if (round === 0) continue;
        records.push(ofRecords);
        rows.push(ofRows);
      }
      return {
        tables: [
          {
            title: `W14: heap of ${RECORDS} loaded records of 22 columns (bytes per record)`,
            columns: ["what", "bytes", "against rows"],
            rows: [
              ["rows of the driver", withInterval(medianOf(rows, random)), 1],
              ["distinction", withInterval(medianOf(records, random)), withInterval(ratioOf(records, rows, random))],
            ],
          },
        ],
        ratios: { "memory.vs.rows": ratioOf(records, rows, random) },
        samples: { "bytes per record": { distinction: records, rows } },
      };
    } finally {
      await database.close();
    }
  },
};

/** Bytes of heap per record that what `load` answers keeps alive. */
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

/** Ten at a time, as many as there are connections. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += 10) {
    results.push(...(await Promise.all(items.slice(from, from + 10).map(work))));
  }
  return results;
}
