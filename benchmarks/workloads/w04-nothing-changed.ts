import { OPTIMISTIC } from "../arms/index.js";
import type { ArmType } from "../arms/arm.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { exactly } from "../estimate.js";
import { asset, assetTable } from "../model/asset.js";

/** Statements of a save where nothing changed, as the arm's own log tells them. */
export const nothingChanged: Workload = {
  id: "W4",
  title: "Saving a record that nobody changed",
  run: countStatements,
  count: countStatements,
};

async function countStatements({ url, tables, say }: Bench): Promise<Findings> {
  await tables.fill(assetTable, [asset(0)]);
  const counts: [ArmType, number][] = [];
  for (const type of OPTIMISTIC) {
    say(type.name);
    counts.push([type, await statementsOf(type, url)]);
  }
  const own = counts.find(([type]) => type.name === "distinction")![1];
  return {
    tables: [
      {
        title: "W4: statements of a save with nothing changed",
        columns: ["arm", "guarantee", "statements"],
        rows: counts.map(([type, count]) => [type.name, type.guarantee, count]),
      },
    ],
    ratios: { "noop.statements": exactly(own) },
  };
}

async function statementsOf(type: ArmType, url: string): Promise<number> {
  let count = 0;
  const arm = await type.open({ url, table: assetTable, poolSize: 1, onStatement: () => void count++ });
  try {
    const { id } = asset(0);
    await arm.saveUnchanged(id, () => undefined); // whatever it does once only
    const before = count;
    await arm.saveUnchanged(id, () => undefined);
    if (count === before) throw new Error(`${type.name}: its statements are not counted`);
    await arm.saveUnchanged(id, () => (count = 0));
    return count;
  } finally {
    await arm.close();
  }
}
