import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { median, medianOf, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import { interleaved, timed } from "../measure.js";
import { ledgerTable, ledgerType } from "../model/ledger.js";

const SIZES = [10, 100, 1_000, 10_000] as const;
const SAVES_PER_ROUND = 10;

/** Saving one changed entry, of few and of many. Loading them all is not timed: it costs what was asked for. */
export const entriesSlope: Workload = {
  id: "W12",
  title: "One entry changed of many",
  async run({ url, tables, random, quick, say }: Bench): Promise<Findings> {
    await tables.fill(
      ledgerTable,
      SIZES.map((size) => ({ id: `of ${size}`, lines: Array.from({ length: size }, (_, index) => line(index)) })),
    );
    const database = openDatabase(url, { clock: systemClock, random: Math.random, schema: "unmanaged" });
    try {
      const store = new SqlRecordStore(database, ledgerTable);
      const ledgers = new DistinctRepository(ledgerType, store, { clock: systemClock, random: Math.random });
      let amount = 0;
      const savesOf = async (size: number): Promise<number> => {
        const ledger = await ledgers.get(`of ${size}`);
        const times: number[] = [];
        for (let save = 0; save < SAVES_PER_ROUND; save++) {
          ledger.lines.set(`line ${amount % size}`, { amount: ++amount, note: "changed" });
          times.push(await timed(() => ledgers.save(ledger)));
        }
        return median(times);
      };
      const contenders = SIZES.map((size) => ({ name: String(size), round: () => savesOf(size) }));
      const samples = await interleaved(contenders, quick ? 40 : 120, random, say);
      return {
        tables: [
          {
            title: "W12: save of one changed entry (milliseconds)",
            columns: ["entries", "save", "against 10 entries"],
            rows: SIZES.map((size) => [
              size,
              withInterval(medianOf(samples[size]!, random)),
              withInterval(ratioOf(samples[size]!, samples[SIZES[0]]!, random)),
            ]),
          },
        ],
        charts: [
          {
            id: "w12-entries",
            title: "Saving one changed entry, of few and of many",
            subtitle: "Cost follows the change, not the record",
            kind: "lines",
            x: { label: "entries of the record", scale: "logarithmic" },
            y: { label: "milliseconds" },
            series: [
              { name: "distinction", points: SIZES.map((x) => ({ x, y: Number(median(samples[x]!).toFixed(3)) })) },
            ],
          },
        ],
        ratios: { "entries.slope": ratioOf(samples[10_000]!, samples[10]!, random) },
        samples: { "1 entry changed": samples },
      };
    } finally {
      await database.close();
    }
  },
};

function line(index: number): [string, { amount: number; note: string }] {
  return [`line ${index}`, { amount: index, note: `entry number ${index}` }];
}
