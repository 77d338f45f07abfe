import type { Bench } from "../bench.js";
import { timed } from "../measure.js";
import { targetOf, withRepository } from "./tuf-bench.js";

const BINS = 16_384;
const ADDERS = 64;

export interface Visible {
  readonly perSecond: number;
  /** Milliseconds from the call to visible. */
  readonly p50: number;
  readonly p99: number;
  readonly statementsPerAdd: number;
  readonly bytesPerAdd: number;
}

/** 64 adders in one process; each adds a target, waits until clients can see it, and adds the next. */
export function visible({ url, directory, quick, say }: Bench): Promise<Visible> {
  return withRepository({ url, directory }, "visible", BINS, async ({ service, sent }) => {
    const rounds = quick ? 30 : 120;
    let warm = true;
    const times: number[] = [];
    const adder = async (_: unknown, number: number): Promise<void> => {
      for (let index = 0; index < (warm ? 4 : rounds); index++) {
        const path = `packages/adder-${number}/${warm ? "warm-" : ""}${index}.tgz`;
        const milliseconds = await timed(async () => {
          await service.add(new Map([[path, targetOf(path)]]));
          await service.publish();
        });
        if (!warm) times.push(milliseconds);
      }
    };
    say("warm-up");
    await Promise.all(Array.from({ length: ADDERS }, adder));
    warm = false;
    sent.reset();
    say(`${ADDERS} adders`);
    const total = await timed(() => Promise.all(Array.from({ length: ADDERS }, adder)));
    times.sort((left, right) => left - right);
    return {
      perSecond: (1000 * times.length) / total,
      p50: times[Math.floor(times.length * 0.5)]!,
      p99: times[Math.floor(times.length * 0.99)]!,
      statementsPerAdd: sent.statements / times.length,
      bytesPerAdd: sent.bytes / times.length,
    };
  });
}
