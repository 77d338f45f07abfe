import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { ImageRepository } from "../../../domain/image/image-repository.js";
import type { Image } from "../../../domain/image/image-type.js";
import { Progress } from "../progress.js";

/** How the workers of a race write. */
export type WriteMode = "diff" | "full";

/** What a worker process is started with, as JSON in its arguments. */
export interface EditTask {
  readonly database: string;
  readonly mode: WriteMode;
  readonly ids: readonly string[];
  /** Which counter of the records this worker raises: an index of `COUNTERS`. */
  readonly worker: number;
  /** How often it raises the counter of each record. */
  readonly rounds: number;
}

/** What a worker process tells: that it is ready, that updates were acknowledged, or its end. */
export type EditMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "acknowledged"; readonly updates: number }
  | { readonly kind: "done"; readonly retries: number; readonly statements: number }
  | { readonly kind: "failed"; readonly reason: string };

export interface RaceResult {
  readonly mode: WriteMode;
  readonly updates: number;
  readonly lost: number;
  readonly retries: number;
  readonly statements: number;
  readonly seconds: number;
}

/** One counter for each worker: two attributes and two properties of the same records, that nobody else writes. */
export const COUNTERS: readonly { read(image: Image): number; write(image: Image, value: number): void }[] = [
  { read: (image) => image.minDisk, write: (image, value) => void (image.minDisk = value) },
  { read: (image) => image.minRam, write: (image, value) => void (image.minRam = value) },
  propertyCounter("demo:reviews"),
  propertyCounter("demo:downloads"),
];

function propertyCounter(name: string): (typeof COUNTERS)[number] {
  return {
    read: (image) => Number(image.properties.get(name) ?? "0"),
    write: (image, value) => {
      if (value === 0) image.properties.delete(name);
      else image.properties.set(name, String(value));
    },
  };
}

/** Leaves a record as it was registered. */
function clearCounters(image: Image): void {
  for (const counter of COUNTERS) counter.write(image, 0);
}

/**
 * Lets four processes edit the same records at once, each its own counter, and compares what is stored with what was
 * acknowledged: every increment that is missing was overwritten by somebody who had never meant to touch it.
 */
export async function raceEdits(
  images: ImageRepository,
  race: {
    readonly database: string;
    readonly mode: WriteMode;
    readonly ids: readonly string[];
    readonly rounds: number;
  },
  signal: AbortSignal,
): Promise<RaceResult> {
  for (const id of race.ids) await images.update(id, clearCounters);
  const label = `4 processes, ${race.mode === "diff" ? "changes only" : "full writes"}`;
  const progress = new Progress(label, race.ids.length * race.rounds * COUNTERS.length);
  const workers = COUNTERS.map((_, worker) => startWorker({ ...race, worker }, signal, progress));
  try {
    await Promise.all(workers.map((worker) => worker.ready));
    const startedAt = performance.now();
    for (const worker of workers) worker.process.send("go");
    const reports = await Promise.all(workers.map((worker) => worker.done));
    const seconds = (performance.now() - startedAt) / 1000;
    const updates = reports.reduce((sum, report) => sum + report.acknowledged, 0);
    const stored = await countStored(images, race.ids);
    for (const id of race.ids) await images.update(id, clearCounters);
    return {
      mode: race.mode,
      updates,
      lost: updates - stored,
      retries: reports.reduce((sum, report) => sum + report.retries, 0),
      statements: reports.reduce((sum, report) => sum + report.statements, 0),
      seconds,
    };
  } finally {
    for (const { process } of workers) process.kill("SIGTERM");
    progress.finish();
  }
}

async function countStored(images: ImageRepository, ids: readonly string[]): Promise<number> {
  let stored = 0;
  for (const id of ids) {
    const image = await images.get(id);
    for (const counter of COUNTERS) stored += counter.read(image);
  }
  return stored;
}

interface EditReport {
  readonly acknowledged: number;
  readonly retries: number;
  readonly statements: number;
}

interface Worker {
  readonly process: ChildProcess;
  readonly ready: Promise<unknown>;
  readonly done: Promise<EditReport>;
}

/** Starts a worker process; both promises reject where it fails or ends early. */
function startWorker(task: EditTask, signal: AbortSignal, progress: Progress): Worker {
  const process = fork(new URL("./edit-worker.js", import.meta.url), [JSON.stringify(task)], { signal });
  let acknowledged = 0;
  const failed = Promise.race([once(process, "exit"), once(process, "error")]).then(([reason]: unknown[]) => {
    throw reason instanceof Error
      ? reason
      : new Error(`edit worker ${task.worker + 1} ended early (${String(reason)})`);
  });
  const finished = new Promise<EditReport>((resolve, reject) => {
    process.on("message", (message: EditMessage) => {
      if (message.kind === "done") resolve({ ...message, acknowledged });
      if (message.kind === "failed") reject(new Error(`edit worker ${task.worker + 1}: ${message.reason}`));
      if (message.kind === "acknowledged") {
        acknowledged += message.updates;
        progress.advance(message.updates);
      }
    });
  });
  const done = Promise.race([finished, failed]);
  done.catch(() => undefined); // awaited after `ready`, which may reject first
  return { process, ready: Promise.race([once(process, "message"), failed]), done };
}
