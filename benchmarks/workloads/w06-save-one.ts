import { OPTIMISTIC } from "../arms/index.js";
import type { ArmType } from "../arms/arm.js";
import type { Acknowledged, Bench, Findings, Table, Workload } from "../bench.js";
import type { Chart } from "../charts/chart.js";
import { median, medianOf, ratioOf, type Estimate } from "../estimate.js";
import { short, withInterval } from "../format.js";
import { hasWays } from "../latency/ways.js";
import { interleaved, type Samples } from "../measure.js";
import { asset, assetTable } from "../model/asset.js";
import { LastValueOracle } from "../oracle.js";
import type { Random } from "../random.js";
import { saveOneOverWays } from "./save-one-over-ways.js";
import { saves, SLICE } from "./savers.js";

const CLIENTS = [1, 8] as const;
/** A round of eight clients makes eight times as many saves. */
const QUICK_ROUNDS = { 1: 30, 8: 12 } as const;
/** Each arm has as many for itself, so that what one loses is not put on another. */
const RECORDS = 160;
/**
 * Saves that every arm makes before any is timed: a service runs compiled code, not code that is just being compiled, and
 * ours takes some 3,000 until it is.
 */
const WARM_UP = 3_200;
/** Rounds over ways of several lengths. */
const ROUNDS_OVER_WAYS = 20;

/** Get and save of one attribute on a record of 22 columns, each client on records of its own. */
export const saveOne: Workload = {
  id: "W6",
  title: "Get and save of one attribute",
  async run(bench: Bench): Promise<Findings> {
    const found = await sideBySide(bench);
    if (!hasWays(bench)) return found;
    const overWays = await saveOneOverWays(bench, OPTIMISTIC, ROUNDS_OVER_WAYS);
    return {
      ...found,
      tables: [...found.tables, ...overWays.tables],
      samples: { ...found.samples, ...overWays.samples },
      acknowledged: bothOf(found.acknowledged, overWays.acknowledged),
    };
  },
};

async function sideBySide({ url, tables, random, quick, say }: Bench): Promise<Required<Findings>> {
  const records = Array.from({ length: RECORDS * OPTIMISTIC.length }, (_, index) => asset(index));
  await tables.fill(assetTable, records);
  const arms = await Promise.all(
    OPTIMISTIC.map(async (type, index) => ({
      type,
      arm: await type.open({ url, table: assetTable, poolSize: 10 }),
      own: records.slice(index * RECORDS, (index + 1) * RECORDS),
      oracle: new LastValueOracle(),
    })),
  );
  try {
    for (const one of arms) {
      say(`warming up ${one.type.name}`);
      const round = saves(one, 8);
      for (let done = 0; done < WARM_UP; done += 8 * SLICE) await round();
    }
    const samples: Record<string, Samples> = {};
    for (const clients of CLIENTS) {
      const contenders = arms.map((one) => ({ name: one.type.name, round: saves(one, clients) }));
      const rounds = quick ? QUICK_ROUNDS[clients] : 400;
      samples[label(clients)] = await interleaved(contenders, rounds, random, (what) =>
        say(`${label(clients)}, ${what}`),
      );
    }
    const acknowledged: Record<string, Acknowledged> = {};
    for (const { type, oracle } of arms) {
      acknowledged[type.name] = { updates: oracle.acknowledged, lost: await oracle.lost(tables, assetTable, "name") };
    }
    return {
      tables: CLIENTS.map((clients) => table(clients, samples, random)),
      charts: [chart(samples)],
      acknowledged,
      ratios: ratios(samples, random),
      samples,
    };
  } finally {
    await Promise.all(arms.map(({ arm }) => arm.close()));
  }
}

type ByArm = Readonly<Record<string, Acknowledged>>;

/** What the second tells of arms is added to what the first does. */
function bothOf(first: ByArm, second: ByArm): ByArm {
  const sums: Record<string, Acknowledged> = { ...first };
  for (const [arm, { updates, lost }] of Object.entries(second)) {
    const before = sums[arm] ?? { updates: 0, lost: 0 };
    sums[arm] = { updates: before.updates + updates, lost: before.lost + lost };
  }
  return sums;
}

/** Each goal holds for one client and for several: `save.one.vs.typeorm`, `save.one.8.vs.typeorm`. */
function ratios(samples: Record<string, Samples>, random: Random): Record<string, Estimate> {
  const found: Record<string, Estimate> = {};
  for (const clients of CLIENTS) {
    const { distinction, ...others } = samples[label(clients)]!;
    for (const [name, other] of Object.entries(others)) {
      const ratio =
        name === "handwritten" ? ratioOf(distinction!, other, random) : ratioOf(other, distinction!, random);
      found[`save.one${clients === 1 ? "" : `.${clients}`}.vs.${name}`] = ratio;
    }
  }
  return found;
}

function table(clients: number, samples: Record<string, Samples>, random: Random): Table {
  const measured = samples[label(clients)]!;
  const row = ({ name, guarantee }: ArmType): (string | number)[] => {
    const { value, low, high } = medianOf(measured[name]!, random);
    const relative = ratioOf(measured[name]!, measured["handwritten"]!, random);
    const microseconds = { value: value * 1000, low: low * 1000, high: high * 1000 };
    return [name, guarantee, withInterval(microseconds), withInterval(relative), short(Math.round(1000 / value))];
  };
  return {
    title: `W6: get and save of one attribute of 22 columns, ${label(clients)}`,
    columns: ["arm", "guarantee", "microseconds", "against handwritten", "per second"],
    rows: OPTIMISTIC.map(row),
  };
}

function chart(samples: Record<string, Samples>): Chart {
  return {
    id: "w6-save-one",
    title: "Get and save of one attribute of 22 columns",
    subtitle: "Time per load and save, of 8 clients the time for all over their number; less is better",
    kind: "bars",
    x: { label: "clients side by side", groups: CLIENTS.map(label) },
    y: { label: "microseconds" },
    series: OPTIMISTIC.map(({ name }) => ({
      name,
      points: CLIENTS.map((clients, x) => ({ x, y: Math.round(1000 * median(samples[label(clients)]![name]!)) })),
    })),
  };
}

function label(clients: number): string {
  return clients === 1 ? "1 client" : `${clients} clients`;
}
