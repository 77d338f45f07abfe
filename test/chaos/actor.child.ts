import { type TufPlace, workerAt } from "../integration/tuf-place.js";
import { runAsChild } from "../support/child-side.js";
import { isOnDisk, isWrite, watchDisk, withFailpoints } from "./failpoints.js";
import { type Turn, TurnTaker } from "./turn.js";

/** A turn, and the failpoint of it at which the actor waits for a word. */
export interface Call {
  readonly turn: Turn;
  /** From 1; where there are fewer, the turn is not held up. */
  readonly holdAt: number;
  /** Which failpoints count; of equal ones in a row, such as the signatures of several keys, the first. */
  readonly among: "all" | "writes" | "disk";
}

export type Told =
  | { readonly reached: string }
  /** How the turn ended, with the error if there was one. */
  | { readonly ended: string | undefined };

const COUNTED: Readonly<Record<Call["among"], (failpoint: string) => boolean>> = {
  all: (failpoint) => !isOnDisk(failpoint),
  writes: isWrite,
  disk: isOnDisk,
};

/** A worker that does one turn after the other, and waits at the failpoints that it is told to wait at. */
await runAsChild<TufPlace, null>(async (place, parent) => {
  const { database, ports } = workerAt(place);
  await database.connect();
  let left = 0;
  let among: Call["among"] = "all";
  let held: Promise<unknown> | undefined;
  let last = "";
  const reached = async (failpoint: string): Promise<void> => {
    const isCounted = failpoint !== last && COUNTED[among](failpoint);
    last = failpoint;
    if (isCounted) left -= 1;
    if (left === 0 && held === undefined) {
      held = parent.next();
      await parent.send({ reached: failpoint } satisfies Told);
    }
    await held;
  };
  await watchDisk(reached);
  const worker = new TurnTaker(withFailpoints(ports, reached, () => among !== "disk"));
  await parent.send("ready");
  for (let call = await parent.next(); call !== "end"; call = await parent.next()) {
    let turn: Turn;
    [held, last] = [undefined, ""];
    ({ turn, holdAt: left, among } = call as Call);
    const ended = await worker.take(turn).then(
      () => undefined,
      (error: unknown) => (error as Error).stack,
    );
    await parent.send({ ended } satisfies Told);
  }
  await database.close();
  return null;
});
