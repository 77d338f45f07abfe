import type { ArmType, BatchArm } from "../arms/arm.js";
import type { Acknowledged } from "../bench.js";
import { asset, assetTable } from "../model/asset.js";
import type { TableStore } from "../tables.js";

const SIZE = 10;

/** What became of pairs of batches that were changed on one base and saved at once, from two instances of an arm. */
export interface Pairs extends Acknowledged {
  readonly pairs: number;
  /** Pairs of which both were acknowledged, so that one of them is lost. */
  readonly bothAcknowledged: number;
}

/** All pairs change the same attribute of the same records, which are in the table. */
export async function concurrentBatches(
  { url, tables }: { readonly url: string; readonly tables: TableStore },
  type: ArmType<BatchArm>,
  pairs: number,
): Promise<Pairs> {
  const ids = Array.from({ length: SIZE }, (_, index) => asset(index).id);
  const arms = await Promise.all([1, 2].map(() => type.open({ url, table: assetTable, poolSize: 1 })));
  let bothAcknowledged = 0;
  let updates = 0;
  let lost = 0;
  try {
    for (let pair = 0; pair < pairs; pair++) {
      const values = arms.map((_, side) => new Map(ids.map((id) => [id, `pair ${pair}, side ${side}`])));
      const saves = await Promise.all(arms.map((arm, side) => arm.editMany("name", values[side]!)));
      const results = await Promise.allSettled(saves.map((save) => save()));
      const acknowledged = values.filter((_, side) => results[side]!.status === "fulfilled");
      if (acknowledged.length === 2) bothAcknowledged++;
      updates += acknowledged.length * SIZE;
      for (const id of ids) {
        const stored = (await tables.row(assetTable, id))["name"];
        lost += acknowledged.filter((of) => of.get(id) !== stored).length;
      }
    }
    return { pairs, bothAcknowledged, updates, lost };
  } finally {
    await Promise.all(arms.map((arm) => arm.close()));
  }
}
