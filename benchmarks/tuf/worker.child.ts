import { createConnection, type RowDataPacket } from "mysql2/promise";
import { openTufBench, targetOf, type TufPlace } from "./tuf-bench.js";

/** How a worker goes about the tasks that it has. */
export interface WayOfWorking {
  /** Nobody else works meanwhile, in any process: from before a task until clients can see it. */
  readonly locked: boolean;
  /** All of its tasks are under way together, under one lock where there is one; else one after the other. */
  readonly together: boolean;
}

/** What a worker process is told first: not on its command line, where others could read the password. */
export interface WorkerOrders {
  readonly place: TufPlace;
  /** Paths of its first tasks, one after the other: each adds one target and is done when clients can see it. */
  readonly warmUp: readonly string[];
  /** What comes after them is done in this way; they themselves have no lock. */
  readonly way: WayOfWorking;
}

/** What a worker tells when the tasks are done whose paths it was sent last. */
export interface WorkerTally {
  readonly signatures: number;
  readonly statements: number;
  readonly bytes: number;
}

process.once("disconnect", () => process.exit()); // nobody has work any more
const orders = await new Promise<WorkerOrders>((resolve) => process.once("message", resolve));
const { place, warmUp, way } = orders;
const { service, sent, signatures } = await openTufBench(place);
const connection = await createConnection({ uri: place.url });

async function task(path: string): Promise<void> {
  await service.add(new Map([[path, targetOf(path)]]));
  await service.publish();
}

async function underLock(work: () => Promise<unknown>): Promise<void> {
  const [[taken]] = await connection.query<RowDataPacket[]>("SELECT GET_LOCK(DATABASE(), 600) AS taken");
  if (taken!["taken"] !== 1) throw new Error("the global lock was not to be had within ten minutes");
  await work();
  await connection.query("SELECT RELEASE_LOCK(DATABASE())");
}

async function round(paths: readonly string[]): Promise<WorkerTally> {
  sent.reset();
  const signedBefore = signatures();
  for (const portion of way.together ? [paths] : paths.map((path) => [path])) {
    const work = (): Promise<unknown> => Promise.all(portion.map(task));
    await (way.locked ? underLock(work) : work());
  }
  const { statements, bytes } = sent;
  return { signatures: signatures() - signedBefore, statements, bytes };
}

for (const path of warmUp) await task(path);
process.on("message", (paths: readonly string[]) => void round(paths).then((tally) => process.send?.(tally)));
process.send?.("ready");
