import type { Say } from "./say.js";
import { shuffled, type Random } from "./random.js";

/** Something whose time is compared with that of others. */
export interface Contender {
  readonly name: string;
  /**
   * Does a slice of the work and answers the milliseconds that one operation of it took.
   *
   * @param number of the round, the same for all; those that are not counted have 0 and less
   */
  readonly round: (number: number) => Promise<number>;
  /** Rounds that it takes part in, spread evenly over all, where they are fewer; and of those that are not counted. */
  readonly rounds?: number;
  readonly warmUp?: number;
}

/** Milliseconds per operation, by contender; sample `n` of all contenders is from the same round. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** Of a whole run: by workload, then by the case that was measured. */
export type AllSamples = Readonly<Record<string, Readonly<Record<string, Samples>>>>;

/**
 * Runs every contender once per round, each round in another order: what else the machine does, and what the server
 * remembers, meets all of them alike. Contenders with equally many rounds take part in the same ones.
 *
 * @param warmUp rounds before them that are not counted
 */
export async function interleaved(
  contenders: readonly Contender[],
  rounds: number,
  random: Random,
  say: Say,
  warmUp = 1,
): Promise<Samples> {
  const samples: Record<string, number[]> = {};
  for (const { name } of contenders) samples[name] = [];
  for (let round = 1 - warmUp; round <= rounds; round++) {
    say(round <= 0 ? "warm-up" : `round ${round} of ${rounds}`);
    const taking = contenders.filter((one) =>
      round > 0 ? isTurn(round, one.rounds, rounds) : isTurn(round + warmUp, one.warmUp, warmUp),
    );
    for (const { name, round: run } of shuffled(taking, random)) {
      const milliseconds = await run(round);
      if (round > 0) samples[name]!.push(milliseconds);
    }
  }
  return samples;
}

/** Whether this round, counted from 1, is one of the `own` that are spread evenly over `all`. */
function isTurn(round: number, own: number | undefined, all: number): boolean {
  if (own === undefined) return true;
  return Math.floor((round * own) / all) > Math.floor(((round - 1) * own) / all);
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - began) / 1e6;
}

/** Milliseconds per operation where `clients` work side by side, each on `operations` of them, one after another. */
export async function perOperation(
  clients: number,
  operations: number,
  operation: (client: number, index: number) => Promise<unknown>,
): Promise<number> {
  const client = async (_: unknown, number: number): Promise<void> => {
    for (let index = 0; index < operations; index++) await operation(number, index);
  };
  const total = await timed(() => Promise.all(Array.from({ length: clients }, client)));
  return total / (clients * operations);
}
