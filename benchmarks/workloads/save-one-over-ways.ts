import type { ArmType } from "../arms/arm.js";
import type { Bench, Findings } from "../bench.js";
import { medianOf, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import { overWays } from "../latency/ways.js";
import { interleaved, type Samples } from "../measure.js";
import { asset, assetTable } from "../model/asset.js";
import { LastValueOracle } from "../oracle.js";
import { saves } from "./savers.js";

const RECORDS = 40;
const WARM_UP = 10;

/** What one client's saves take where the server is further away: a difference is small, but waits as long as any statement. */
export function saveOneOverWays(
  { url, tables, random, say }: Pick<Bench, "url" | "tables" | "random" | "say">,
  arms: readonly ArmType[],
  rounds: number,
): Promise<Required<Pick<Findings, "tables" | "samples" | "acknowledged">>> {
  return overWays(url, async (ways) => {
    const planned = ways.flatMap((way) => arms.map((type) => ({ way, type })));
    const records = Array.from({ length: RECORDS * planned.length }, (_, index) => asset(index));
    await tables.fill(assetTable, records);
    const savers = await Promise.all(
      planned.map(async ({ way, type }, index) => ({
        way,
        type,
        arm: await type.open({ url: way.url, table: assetTable, poolSize: 1 }),
        own: records.slice(index * RECORDS, (index + 1) * RECORDS),
        oracle: new LastValueOracle(),
      })),
    );
    try {
      const contenders = savers.map((one) => ({ name: `${one.way.name}, ${one.type.name}`, round: saves(one, 1) }));
      const all = await interleaved(contenders, rounds, random, (what) => say(`ways, ${what}`), WARM_UP);
      const acknowledged = Object.fromEntries(arms.map(({ name }) => [name, { updates: 0, lost: 0 }]));
      for (const { type, oracle } of savers) {
        const sum = acknowledged[type.name]!;
        sum.updates += oracle.acknowledged;
        sum.lost += await oracle.lost(tables, assetTable, "name");
      }
      const samplesOver = ({ name }: { readonly name: string }): Samples =>
        Object.fromEntries(arms.map((type) => [type.name, all[`${name}, ${type.name}`]!]));
      return {
        tables: [
          {
            title: "W6: get and save of one attribute, 1 client, milliseconds added to every round trip (milliseconds)",
            columns: ["added", "round trip (ms)", "arm", "guarantee", "get and save", "against handwritten"],
            rows: savers.map(({ way, type: { name, guarantee } }) => {
              const measured = samplesOver(way);
              return [
                way.added,
                way.roundTrip,
                name,
                guarantee,
                withInterval(medianOf(measured[name]!, random)),
                withInterval(ratioOf(measured[name]!, measured["handwritten"]!, random)),
              ];
            }),
          },
        ],
        samples: Object.fromEntries(ways.map((way) => [`1 client, ${way.name}`, samplesOver(way)])),
        acknowledged,
      };
    } finally {
      await Promise.all(savers.map(({ arm }) => arm.close()));
    }
  });
}
