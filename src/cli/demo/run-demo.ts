import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Target } from "../../../domain/tuf/target.js";
import type { TufRepositoryService } from "../../application/tuf/tuf-repository-service.js";
import { openDistinction, type DistinctionWithTuf } from "../../composition/open-distinction.js";
import { raceEdits, type RaceResult } from "./edit-race.js";
import { addFiles } from "./file-targets.js";
import { readInstallation, type Installation, type InstalledPackage, type Unusable } from "./installed-packages.js";
import { printTable } from "./print-table.js";
import { Progress } from "../progress.js";
import { packageId, registerPackage } from "./register-packages.js";
import { serveRepository } from "./serve-repository.js";
import { withStateLock } from "./state-lock.js";
import { canBeRequested, verifySample } from "./verify-sample.js";

export interface DemoRequest {
  /** What to work on: a `node_modules`, or any directory with files. */
  readonly directory: string;
  /** Where the database, the keys and the published metadata are kept. */
  readonly state: string;
  readonly signal: AbortSignal;
}

const BINS = 64;
/** Records that the four processes edit, and how often each process edits each. */
const CONTESTED_RECORDS = 8;
const ROUNDS = 40;
const SAMPLE = 40;

/**
 * Shows the library at work on real input, and checks it.
 *
 * @returns whether everything was kept and verified; `false` also where some input could not be used
 */
export async function runDemo(request: DemoRequest): Promise<boolean> {
  const installation = await readInstallation(request.directory, request.signal);
  await mkdir(request.state, { recursive: true });
  return withStateLock(request.state, () => runOn(installation, request));
}

async function runOn({ packages, unusable }: Installation, request: DemoRequest): Promise<boolean> {
  const { directory, state, signal } = request;
  const database = `sqlite:${join(state, "demo.db")}`;
  const metadata = join(state, "metadata");
  const distinction = openDistinction({
    database,
    tuf: { name: "demo", storage: metadata, keys: join(state, "keys") },
  });
  try {
    const registered = await registerAll(distinction, packages, signal);
    const races = await raceBoth(distinction, database, packages, signal);
    const published = await publishAll(distinction.tuf, directory, metadata, packages, signal);
    printResults(registered, races, published);
    return reportFaults([...unusable, ...published.unusable], races, published);
  } finally {
    await distinction.close();
  }
}

async function registerAll(
  { images, imageFactory }: DistinctionWithTuf,
  packages: readonly InstalledPackage[],
  signal: AbortSignal,
): Promise<Record<"added" | "changed" | "unchanged", number>> {
  const counts = { added: 0, changed: 0, unchanged: 0 };
  const progress = new Progress("register packages as records", packages.length);
  try {
    for (const found of packages) {
      signal.throwIfAborted();
      counts[await registerPackage(images, imageFactory, found)]++;
      progress.advance();
    }
  } finally {
    progress.finish();
  }
  return counts;
}

async function raceBoth(
  { images }: DistinctionWithTuf,
  database: string,
  packages: readonly InstalledPackage[],
  signal: AbortSignal,
): Promise<readonly RaceResult[]> {
  const ids = packages.slice(0, CONTESTED_RECORDS).map(({ path }) => packageId(path));
  const race = { database, ids, rounds: ROUNDS };
  return [
    await raceEdits(images, { ...race, mode: "diff" }, signal),
    await raceEdits(images, { ...race, mode: "full" }, signal),
  ];
}

interface Published {
  readonly targets: number;
  readonly snapshotVersion: number;
  readonly binsSigned: number;
  readonly removed: number;
  /** Targets whose published hash or length is not that of the file, or that are missing or too many. */
  readonly wrong: number;
  readonly sampled: number;
  readonly unusable: readonly Unusable[];
}

async function publishAll(
  tuf: TufRepositoryService,
  directory: string,
  metadata: string,
  packages: readonly InstalledPackage[],
  signal: AbortSignal,
): Promise<Published> {
  if (!(await tuf.exists())) await tuf.create({ bins: BINS });
  const files = packages.flatMap((found) => found.files);
  const adding = new Progress("add files as TUF targets", files.length);
  const { targets, unusable } = await addFiles(tuf, directory, files, signal, (added) => adding.advance(added)).finally(
    () => adding.finish(),
  );

  const publishing = new Progress("sign bins, merge, publish", 1);
  const first = await tuf.publish();
  const removed = await removeVanished(tuf, targets);
  const last = removed === 0 ? first : await tuf.publish();
  publishing.advance();
  publishing.finish();

  signal.throwIfAborted();
  const wrong = await countWrong(tuf, targets);
  const sample = await sampleWithTufJs(directory, metadata, [...targets.keys()], signal);
  const binsSigned = first.rolesSigned.length + (last === first ? 0 : last.rolesSigned.length);
  return {
    targets: targets.size,
    snapshotVersion: last.snapshotVersion,
    binsSigned,
    removed,
    wrong,
    sampled: sample.verified,
    unusable: [...unusable, ...sample.unverified],
  };
}

/** Removes the targets of files that an earlier run found and that are gone. */
async function removeVanished(tuf: TufRepositoryService, targets: ReadonlyMap<string, Target>): Promise<number> {
  const vanished: string[] = [];
  for await (const { path } of tuf.verify()) if (!targets.has(path)) vanished.push(path);
  if (vanished.length > 0) await tuf.remove(vanished);
  return vanished.length;
}

/** Compares every published target with its file. */
async function countWrong(tuf: TufRepositoryService, targets: ReadonlyMap<string, Target>): Promise<number> {
  const progress = new Progress("check every target in its bin", targets.size);
  const missing = new Set(targets.keys());
  let wrong = 0;
  for await (const { path, target } of tuf.verify()) {
    const file = targets.get(path);
    if (!missing.delete(path) || file?.sha256 !== target.hashes.sha256 || file?.length !== target.length) wrong++;
    progress.advance();
  }
  progress.finish();
  return wrong + missing.size;
}

async function sampleWithTufJs(
  directory: string,
  metadata: string,
  targets: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly verified: number; readonly unverified: readonly Unusable[] }> {
  const paths = targets.filter(canBeRequested);
  const step = Math.max(1, Math.floor(paths.length / SAMPLE));
  const sample = paths.filter((_, index) => index % step === 0).slice(0, SAMPLE);
  const progress = new Progress("download a sample with tuf-js", sample.length);
  const server = await serveRepository(metadata, directory);
  try {
    const unverified = await verifySample({
      serverUrl: server.url,
      trustedRoot: join(metadata, "1.root.json"),
      paths: sample,
      signal,
      onVerified: () => progress.advance(),
    });
    return { verified: sample.length - unverified.length, unverified };
  } finally {
    await server.close();
    progress.finish();
  }
}

function printResults(
  registered: Record<"added" | "changed" | "unchanged", number>,
  races: readonly RaceResult[],
  published: Published,
): void {
  printTable(
    ["4 processes, the same records", "updates", "lost", "retries", "statements", "seconds"],
    races.map(({ mode, updates, lost, retries, statements, seconds }) => [
      mode === "diff" ? "changes only (distinction)" : "full writes (for comparison)",
      updates,
      lost,
      retries,
      statements,
      Number(seconds.toFixed(2)),
    ]),
  );
  printTable(
    ["result", "count"],
    [
      ["records added", registered.added],
      ["records changed", registered.changed],
      ["records unchanged (no statement but the read)", registered.unchanged],
      ["TUF targets published", published.targets],
      ["targets removed, their files being gone", published.removed],
      ["bins and top-level targets signed by this run", published.binsSigned],
      ["snapshot version", published.snapshotVersion],
      ["targets not as their files", published.wrong],
      ["targets downloaded and verified by tuf-js", published.sampled],
    ],
  );
}

function reportFaults(unusable: readonly Unusable[], races: readonly RaceResult[], published: Published): boolean {
  const SHOWN = 10;
  for (const { path, reason } of unusable.slice(0, SHOWN)) console.error(`not used: ${path} (${reason})`);
  if (unusable.length > SHOWN) console.error(`not used: ${unusable.length - SHOWN} more`);
  const lost = races.filter(({ mode }) => mode === "diff").reduce((sum, race) => sum + race.lost, 0);
  if (lost > 0) console.error(`${lost} updates were lost`);
  if (published.wrong > 0) console.error(`${published.wrong} targets are not published as their files are`);
  const good = lost === 0 && published.wrong === 0 && published.sampled > 0 && unusable.length === 0;
  console.log(good ? "\nNothing was lost, everything was verified." : "\nNot everything could be kept or verified.");
  return good;
}
