import { type TufPlace, workerAt } from "../integration/tuf-place.js";
import { runAsChild } from "../support/child-side.js";
import { overridden } from "../support/overridden.js";
import { DISK, isOnDisk, watchDisk, withFailpoints } from "./failpoints.js";
import { type Turn, TurnTaker } from "./turn.js";

/** Where a worker waits for a word: at a failpoint, the nth time that it comes there in a turn. */
export interface Hold {
  /** A name, or `DISK` for any step that is done to files. */
  readonly failpoint: string;
  /** From 1. */
  readonly nth: number;
}

export interface Call {
  readonly turn: Turn;
  readonly hold?: Hold;
  /** Whether the turn is over with its answer, and what it published is never recorded. */
  readonly isUnrecorded?: boolean;
}

export type Told =
  | { readonly reached: string }
  /** How the turn ended, with the error if there was one, and how often it came to each failpoint. */
  | { readonly ended: string | undefined; readonly passed: Readonly<Record<string, number>> };

/** A worker that does one turn after the other, and waits at the failpoints that it is told to wait at. */
await runAsChild<TufPlace, null>(async (place, parent) => {
  const { database, ports } = workerAt(place);
  await database.connect();
  const never = new Promise<never>(() => undefined);
  let isUnrecorded = false;
  let hold: Hold | undefined;
  let held: Promise<unknown> | undefined;
  let last = "";
  const passed = new Map<string, number>();
  const reached = async (failpoint: string): Promise<void> => {
    const name = isOnDisk(failpoint) ? DISK : failpoint;
    const isCounted = name !== DISK || failpoint !== last;
    last = failpoint;
    if (isCounted) passed.set(name, (passed.get(name) ?? 0) + 1);
    if (held === undefined && hold?.failpoint === name && hold.nth === passed.get(name)) {
      held = parent.next();
      await parent.send({ reached: failpoint } satisfies Told);
    }
    await held;
  };
  await watchDisk(reached);
  const store = overridden(ports.store, {
    recordExport: (...of) => (isUnrecorded ? never : ports.store.recordExport(...of)),
  });
  const worker = new TurnTaker(withFailpoints({ ...ports, store }, reached, () => hold?.failpoint !== DISK));
  await parent.send("ready");
  for (let call = await parent.next(); call !== "end"; call = await parent.next()) {
    let turn: Turn;
    [held, last] = [undefined, ""];
    passed.clear();
    ({ turn, hold, isUnrecorded = false } = call as Call);
    const ended = await (isUnrecorded ? worker.answer(turn) : worker.take(turn)).then(
      () => undefined,
      (error: unknown) => (error as Error).stack,
    );
    await parent.send({ ended, passed: Object.fromEntries(passed) } satisfies Told);
  }
  await database.close();
  return null;
});
