import { createConnection } from "mysql2/promise";
import { openTufBench, targetOf, type TufPlace } from "./tuf-bench.js";

/** What a worker process is told on its command line. */
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
const { place, paths, warmUp, mode } = JSON.parse(process.argv[2] ?? "") as WorkerOrders;
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
    await connection.query("SELECT GET_LOCK('distinction_bench', 600)");
    await task(path);
    await connection.query("SELECT RELEASE_LOCK('distinction_bench')");
  }
}
process.send?.({ done: true, signatures: signatures() - signedBefore, ...sent } satisfies WorkerTally);
await connection.end();
await close();
process.disconnect?.();
