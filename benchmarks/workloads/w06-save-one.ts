import { distinctionArm, OPTIMISTIC } from "../arms/index.js";
import type { Arm, ArmType } from "../arms/arm.js";
import type { Bench, Findings, Table, Workload } from "../bench.js";
import { medianOf, ratioOf, type Estimate } from "../estimate.js";
import { short, withInterval } from "../format.js";
import { interleaved, perOperation, type Samples } from "../measure.js";
import { asset, assetTable } from "../model/asset.js";
import type { Random } from "../random.js";

const CLIENTS = [1, 8] as const;
const RECORDS = 800;

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
      const samples: Record<string, Samples> = {};
      for (const clients of CLIENTS) {
        const contenders = arms.map(({ type, arm }) => ({ name: type.name, round: saves(arm, records, clients) }));
        const rounds = quick ? 25 : 100;
        samples[label(clients)] = await interleaved(contenders, rounds, random, (what) =>
          say(`${label(clients)}, ${what}`),
        );
      }
      return { tables: CLIENTS.map((clients) => table(clients, samples, random)), ratios: ratios(samples, random), samples };
    } finally {
      await Promise.all(arms.map(({ arm }) => arm.close()));
    }
  },
};

/** Every save writes a value that was never there: no arm may find that nothing changed. */
function saves(arm: Arm, records: readonly { id: string }[], clients: number): () => Promise<number> {
  const share = Math.floor(records.length / clients);
  let value = 0;
  return () =>
    perOperation(clients, clients === 1 ? 40 : 20, (client) => {
      const { id } = records[client * share + (value % share)]!;
      return arm.setAttribute(id, "name", `renamed ${value++} ${process.hrtime.bigint()}`);
    });
}

/** Of one client and eight, the worse: a goal holds only where it holds for both. */
function ratios(samples: Record<string, Samples>, random: Random): Record<string, Estimate> {
  const found: Record<string, Estimate> = {};
  for (const { name } of OPTIMISTIC) {
    if (name === distinctionArm.name) continue;
    const byClients = CLIENTS.map((clients) => {
      const { [name]: other, distinction } = samples[label(clients)]!;
      return name === "handwritten" ? ratioOf(distinction!, other!, random) : ratioOf(other!, distinction!, random);
    });
    const worse = name === "handwritten" ? Math.max : Math.min;
    const value = worse(...byClients.map((estimate) => estimate.value));
    found[`save.one.vs.${name}`] = byClients.find((estimate) => estimate.value === value)!;
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

function label(clients: number): string {
  return clients === 1 ? "1 client" : `${clients} clients`;
}
