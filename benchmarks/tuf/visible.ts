import { join } from "node:path";
import { binName } from "../../domain/tuf/hash-bins.js";
import type { Target } from "../../domain/tuf/target.js";
import type { Acknowledged, Bench } from "../bench.js";
import { timed } from "../measure.js";
import { DurableFloor } from "./durable-floor.js";
import { PublishedOracle } from "./published-oracle.js";
import { signingFloor } from "./signing-floor.js";
import { targetOf, WIDE, type TufBench } from "./tuf-bench.js";

const ADDERS = 64;

export interface Latency {
  readonly perSecond: number;
  /** Milliseconds from the call to visible. */
  readonly p50: number;
  readonly p99: number;
}

export interface Visible extends Latency {
  readonly statementsPerAdd: number;
  readonly bytesPerAdd: number;
  /** Targets; those are lost that clients do not find. */
  readonly acknowledged: Acknowledged;
  /** Groups of as many targets, each in a bin of its own, by hand. */
  readonly byHand: Latency;
}

/** 64 adders in one process; each adds a target, waits until clients can see it, and adds the next. */
export async function visible({ url, quick, say }: Bench, bench: TufBench): Promise<Visible> {
  const { service, sent } = bench;
  const rounds = quick ? 30 : 120;
  let warm = true;
  const times: number[] = [];
  const acknowledged = new Map<string, Target>();
  const adder = async (_: unknown, number: number): Promise<void> => {
    for (let index = 0; index < (warm ? 4 : rounds); index++) {
      const path = `packages/adder-${number}/${warm ? "warm-" : ""}${index}.tgz`;
      const milliseconds = await timed(async () => {
        await service.add(new Map([[path, targetOf(path)]]));
        await service.publish();
      });
      acknowledged.set(path, targetOf(path));
      if (!warm) times.push(milliseconds);
    }
  };
  say("warm-up");
  await Promise.all(Array.from({ length: ADDERS }, adder));
  warm = false;
  sent.reset();
  say(`${ADDERS} adders`);
  const total = await timed(() => Promise.all(Array.from({ length: ADDERS }, adder)));
  const statementsPerAdd = sent.statements / times.length;
  const bytesPerAdd = sent.bytes / times.length;
  const lost = await (await PublishedOracle.of(bench.place, 2 ** WIDE.bitLength)).lost(acknowledged);
  say("by hand");
  const byHand = await groupsByHand(bench, url, quick ? 15 : 60);
  return {
    ...latency(times, total),
    statementsPerAdd,
    bytesPerAdd,
    acknowledged: { updates: acknowledged.size, lost },
    byHand,
  };
}

/** What group commit comes to at best: one commit of the targets, one of all bins, and the syncs of their files. */
async function groupsByHand(bench: TufBench, url: string, rounds: number): Promise<Latency> {
  const bins = new Map(
    Array.from({ length: ADDERS }, (_, index) => {
      const path = `packages/group/${index}.tgz`;
      return [binName(WIDE, index), new Map([[path, targetOf(path)]])] as const;
    }),
  );
  const targets = new Map(Array.from(bins.values(), (ofBin) => [...ofBin]).flat());
  const signed = await signingFloor(bench, bins);
  const floor = await DurableFloor.open(url, join(bench.place.directory, "by-hand"));
  try {
    const times: number[] = [];
    for (let round = -2; round < rounds; round++) {
      const milliseconds = await timed(async () => {
        await floor.accept(targets);
        await floor.publish(await signed());
      });
      if (round >= 0) times.push(milliseconds);
    }
    const total = times.reduce((sum, time) => sum + time, 0);
    return latency(Array.from(times, (time) => Array<number>(ADDERS).fill(time)).flat(), total);
  } finally {
    await floor.close();
  }
}

/** @param total milliseconds from the first call to the last answer */
function latency(times: readonly number[], total: number): Latency {
  const sorted = times.toSorted((left, right) => left - right);
  return {
    perSecond: (1000 * sorted.length) / total,
    p50: sorted[Math.floor(sorted.length * 0.5)]!,
    p99: sorted[Math.floor(sorted.length * 0.99)]!,
  };
}
