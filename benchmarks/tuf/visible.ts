import { join } from "node:path";
import { binName } from "../../domain/tuf/hash-bins.js";
import type { Target } from "../../domain/tuf/target.js";
import type { Acknowledged, Bench } from "../bench.js";
import { pooledFrom, type Estimate } from "../estimate.js";
import { interleaved, timed, type Samples } from "../measure.js";
import type { Random } from "../random.js";
import { DurableFloor } from "./durable-floor.js";
import { PublishedOracle } from "./published-oracle.js";
import { signingFloor, type SignedPublish } from "./signing-floor.js";
import { targetOf, WIDE, type TufBench } from "./tuf-bench.js";

const ADDERS = 64;

/** Runs of each side, and what each adder, or the group by hand, does in one. */
const PLAN = { quick: { runs: 3, adds: 10, groups: 5 }, full: { runs: 6, adds: 20, groups: 10 } } as const;

/** Adds of one run. */
interface Run {
  /** Milliseconds from the call to visible: of every add, or of every group of 64. */
  readonly times: readonly number[];
  /** Milliseconds from the first call to the last answer. */
  readonly total: number;
  readonly adds: number;
}

/** Of all runs together. */
export interface Latency {
  readonly perSecond: Estimate;
  /** Milliseconds from the call to visible. */
  readonly p50: Estimate;
  readonly p99: Estimate;
}

export interface Visible extends Latency {
  readonly statementsPerAdd: number;
  readonly bytesPerAdd: number;
  /** Targets; those are lost that clients do not find. */
  readonly acknowledged: Acknowledged;
  /** Groups of as many targets, each in a bin of its own, by hand. */
  readonly byHand: Latency;
  /** Milliseconds per add, by run. */
  readonly samples: Samples;
}

/**
 * 64 adders in one process; each adds a target, waits until clients can see it, and adds the next. In turns with the same by
 * hand, several runs of each, so that one disturbance of the machine does not decide, and the figures have intervals.
 */
export async function visible({ url, random, quick, say }: Bench, bench: TufBench): Promise<Visible> {
  const plan = PLAN[quick ? "quick" : "full"];
  const adders = new Adders(bench);
  const byHand = await GroupsByHand.open(bench, url);
  const runs = { distinction: [] as Run[], handwritten: [] as Run[] };
  const contender = (name: keyof typeof runs, run: () => Promise<Run>) => ({
    name,
    round: async (number: number) => {
      const done = await run();
      if (number > 0) runs[name].push(done);
      return done.total / done.adds;
    },
  });
  try {
    const contenders = [
      contender("distinction", () => adders.run(plan.adds)),
      contender("handwritten", () => byHand.run(plan.groups)),
    ];
    const samples = await interleaved(contenders, plan.runs, random, (what) => say(`${ADDERS} adders, ${what}`));
    return {
      ...latency(runs.distinction, random),
      ...adders.sentPerAdd(),
      acknowledged: await adders.acknowledged(),
      byHand: latency(runs.handwritten, random),
      samples,
    };
  } finally {
    await byHand.close();
  }
}

class Adders {
  readonly #acknowledged = new Map<string, Target>();
  #statements = 0;
  #bytes = 0;

  constructor(private readonly bench: TufBench) {}

  async run(adds: number): Promise<Run> {
    const { sent } = this.bench;
    const first = this.#acknowledged.size;
    const times: number[] = [];
    const adder = async (_: unknown, number: number): Promise<void> => {
      for (let index = 0; index < adds; index++) {
        times.push(await this.#add(`packages/adder-${number}/${first}-${index}.tgz`));
      }
    };
    sent.reset();
    const total = await timed(() => Promise.all(Array.from({ length: ADDERS }, adder)));
    this.#statements += sent.statements;
    this.#bytes += sent.bytes;
    return { times, total, adds: times.length };
  }

  sentPerAdd(): Pick<Visible, "statementsPerAdd" | "bytesPerAdd"> {
    const adds = this.#acknowledged.size;
    return { statementsPerAdd: this.#statements / adds, bytesPerAdd: this.#bytes / adds };
  }

  async acknowledged(): Promise<Acknowledged> {
    const published = await PublishedOracle.of(this.bench.place, 2 ** WIDE.bitLength);
    return { updates: this.#acknowledged.size, lost: await published.lost(this.#acknowledged) };
  }

  async #add(path: string): Promise<number> {
    const { service } = this.bench;
    const target = targetOf(path);
    const milliseconds = await timed(async () => {
      await service.add(new Map([[path, target]]));
      await service.publish();
    });
    this.#acknowledged.set(path, target);
    return milliseconds;
  }
}

/** What group commit comes to at best: one commit of the targets, one of all bins, and the syncs of their files. */
class GroupsByHand {
  private constructor(
    private readonly floor: DurableFloor,
    private readonly targets: ReadonlyMap<string, Target>,
    private readonly signed: () => Promise<SignedPublish>,
  ) {}

  static async open(bench: TufBench, url: string): Promise<GroupsByHand> {
    const bins = new Map(
      Array.from({ length: ADDERS }, (_, index) => {
        const path = `packages/group/${index}.tgz`;
        return [binName(WIDE, index), new Map([[path, targetOf(path)]])] as const;
      }),
    );
    const targets = new Map(Array.from(bins.values(), (ofBin) => [...ofBin]).flat());
    const signed = await signingFloor(bench, bins);
    const floor = await DurableFloor.open(url, join(bench.place.directory, "by-hand"));
    return new GroupsByHand(floor, targets, signed);
  }

  async run(groups: number): Promise<Run> {
    const times: number[] = [];
    for (let group = 0; group < groups; group++) {
      times.push(
        await timed(async () => {
          await this.floor.accept(this.targets);
          await this.floor.publish(await this.signed());
        }),
      );
    }
    const total = times.reduce((sum, time) => sum + time, 0);
    return { times, total, adds: ADDERS * groups };
  }

  close(): Promise<void> {
    return this.floor.close();
  }
}

function latency(runs: readonly Run[], random: Random): Latency {
  const sum = (of: readonly Run[], part: "total" | "adds"): number => of.reduce((all, run) => all + run[part], 0);
  const share = (part: number) => (of: readonly Run[]) => {
    const sorted = Float64Array.from(of.flatMap(({ times }) => times)).sort();
    return sorted[Math.floor(sorted.length * part)]!;
  };
  return {
    perSecond: pooledFrom(runs, (of) => (1000 * sum(of, "adds")) / sum(of, "total"), random),
    p50: pooledFrom(runs, share(0.5), random),
    p99: pooledFrom(runs, share(0.99), random),
  };
}
