import { createConnection, type RowDataPacket } from "mysql2/promise";
import { openTufBench, targetOf, type TufPlace } from "./tuf-bench.js";

/** What a worker process is told first: not on its command line, where others could read the password. */
export interface WorkerOrders {
  readonly place: TufPlace;
  /** Paths of its tasks: each adds one target and is done when clients can see it. */
  readonly paths: readonly string[];
  /** As `paths`: tasks before the time is taken, one after the other. */
  readonly warmUp: readonly string[];
  /** `lock`: one task at a time among all processes, the lock held for the whole of it. */
  readonly mode: "free" | "lock";
}

/** What a worker tells when its tasks are done. */
export interface WorkerTally {
  readonly done: true;
  readonly signatures: number;
  readonly statements: number;
  readonly bytes: number;
}

process.once("disconnect", () => process.exit()); // who asked for the work is gone
const { place, paths, warmUp, mode } = await new Promise<WorkerOrders>((resolve) => process.once("message", resolve));
const { service, sent, signatures, close } = await openTufBench(place);
const connection = await createConnection({ uri: place.url });
const task = async (path: string): Promise<void> => {
  await service.add(new Map([[path, targetOf(path)]]));
  await service.publish();
};
for (const path of warmUp) await task(path);
process.send?.("ready");
await new Promise((resolve) => process.once("message", resolve));
sent.reset();
const signedBefore = signatures();
if (mode === "free") await Promise.all(paths.map(task));
else {
  for (const path of paths) {
    const [[taken]] = await connection.query<RowDataPacket[]>("SELECT GET_LOCK(DATABASE(), 600) AS taken");
    if (taken!["taken"] !== 1) throw new Error("the global lock was not to be had within ten minutes");
    await task(path);
    await connection.query("SELECT RELEASE_LOCK(DATABASE())");
  }
}
process.send?.({ done: true, signatures: signatures() - signedBefore, ...sent } satisfies WorkerTally);
await connection.end();
await close();
process.disconnect?.();
