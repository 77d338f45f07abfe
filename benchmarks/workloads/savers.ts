import type { Arm } from "../arms/arm.js";
import { median } from "../estimate.js";
import { perOperation, timed } from "../measure.js";
import type { LastValueOracle } from "../oracle.js";

/** Somebody who gets and saves records of his own, one attribute each time. */
export interface Saver {
  readonly arm: Arm;
  readonly own: readonly { readonly id: string }[];
  readonly oracle: LastValueOracle;
}

/** Saves per client before it is another arm's turn. */
export const SLICE = 8;

/**
 * Small slices, so that the arms meet the same state of the machine. One client: the median of its saves, which leaves
 * out those that something else interrupted. Several: the time for all, over their number.
 *
 * Every save writes a value that was never there: no arm may find that nothing changed.
 */
export function saves({ arm, own, oracle }: Saver, clients: number): () => Promise<number> {
  const share = Math.floor(own.length / clients);
  let next = 0;
  const save = async (client: number): Promise<void> => {
    const { id } = own[client * share + (next % share)]!;
    const name = `renamed ${next++} at ${process.hrtime.bigint()}`;
    await arm.setAttribute(id, "name", name);
    oracle.acknowledge(id, name);
  };
  if (clients > 1) return () => perOperation(clients, SLICE, save);
  return async () => {
    const times: number[] = [];
    for (let index = 0; index < SLICE; index++) times.push(await timed(() => save(0)));
    return median(times);
  };
}
