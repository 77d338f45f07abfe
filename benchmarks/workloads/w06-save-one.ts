import { OPTIMISTIC } from "../arms/index.js";
import type { Arm, ArmType } from "../arms/arm.js";
import type { Bench, Findings, Table, Workload } from "../bench.js";
import type { Chart } from "../charts/chart.js";
import { median, medianOf, ratioOf, type Estimate } from "../estimate.js";
import { short, withInterval } from "../format.js";
import { interleaved, perOperation, timed, type Samples } from "../measure.js";
import { asset, assetTable } from "../model/asset.js";
import type { Random } from "../random.js";

const CLIENTS = [1, 8] as const;
const RECORDS = 800;
/** Saves that every arm makes before any is timed: a service runs compiled code, not code that is just being compiled. */
const WARM_UP = { quick: 800, full: 2_400 } as const;
/** Saves per client before it is another arm's turn. */
const SLICE = 8;

/** Get and save of one attribute on a record of 22 columns, each client on records of its own. */
export const saveOne: Workload = {
  id: "W6",
  title: "Get and save of one attribute",
  async run({ url, tables, random, quick, say }: Bench): Promise<Findings> {
    const records = Array.from({ length: RECORDS }, (_, index) => asset(index));
    await tables.fill(assetTable, records);
    const arms = await Promise.all(
      OPTIMISTIC.map(async (type) => ({ type, arm: await type.open({ url, table: assetTable, poolSize: 10 }) })),
    );
    try {
      for (const { type, arm } of arms) {
        say(`warming up ${type.name}`);
        const round = saves(arm, records, 8);
        for (let done = 0; done < WARM_UP[quick ? "quick" : "full"]; done += 8 * SLICE) await round();
      }
      const samples: Record<string, Samples> = {};
      for (const clients of CLIENTS) {
        const contenders = arms.map(({ type, arm }) => ({ name: type.name, round: saves(arm, records, clients) }));
        const rounds = quick ? 40 : 400;
        samples[label(clients)] = await interleaved(contenders, rounds, random, (what) =>
          say(`${label(clients)}, ${what}`),
        );
      }
      return {
        tables: CLIENTS.map((clients) => table(clients, samples, random)),
        charts: [chart(samples)],
        ratios: ratios(samples, random),
        samples,
      };
    } finally {
      await Promise.all(arms.map(({ arm }) => arm.close()));
    }
  },
};

/**
 * Small slices, so that the arms meet the same state of the machine. One client: the median of its saves, which leaves
 * out those that something else interrupted. Several: the time for all, over their number.
 *
 * Every save writes a value that was never there: no arm may find that nothing changed.
 */
function saves(arm: Arm, records: readonly { id: string }[], clients: number): () => Promise<number> {
  const share = Math.floor(records.length / clients);
  let value = 0;
  const save = (client: number): Promise<void> => {
    const { id } = records[client * share + (value % share)]!;
    return arm.setAttribute(id, "name", `renamed ${value++} at ${process.hrtime.bigint()}`);
  };
  if (clients > 1) return () => perOperation(clients, SLICE, save);
  return async () => {
    const times: number[] = [];
    for (let index = 0; index < SLICE; index++) times.push(await timed(() => save(0)));
    return median(times);
  };
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
    subtitle: "Time per save; less is better",
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
