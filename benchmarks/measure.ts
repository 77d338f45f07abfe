import type { Say } from "./say.js";
import { shuffled, type Random } from "./random.js";

/** Something whose time is compared with that of others. */
export interface Contender {
  readonly name: string;
  /** Does a slice of the work and answers the milliseconds that one operation of it took. */
  readonly round: () => Promise<number>;
}

/** Milliseconds per operation, by contender; sample `n` of all contenders is from the same round. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** Of a whole run: by workload, then by the case that was measured. */
export type AllSamples = Readonly<Record<string, Readonly<Record<string, Samples>>>>;

/**
 * Runs every contender once per round, each round in another order: what else the machine does, and what the server
 * remembers, meets all of them alike.
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
    for (const { name, round: run } of shuffled(contenders, random)) {
      const milliseconds = await run();
      if (round > 0) samples[name]!.push(milliseconds);
    }
  }
  return samples;
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
