import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { ExpiryPolicy } from "../../domain/tuf/expiry.js";
import { binCount, binOf, type HashBins } from "../../domain/tuf/hash-bins.js";
import type { Target } from "../../domain/tuf/target.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { OpenOptions } from "../../infrastructure/persistence/connection/open-database.js";
import { SqlTargetEdits } from "../../infrastructure/persistence/tuf/sql-target-edits.js";
import { SqlTufStore } from "../../infrastructure/persistence/tuf/sql-tuf-store.js";
import { SqlTrustStore } from "../../infrastructure/persistence/tuf/sql-trust-store.js";
import { SchemeVerifier } from "../../infrastructure/signing/scheme-verifier.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import type { TufPorts } from "../../src/application/tuf/tuf-repository-service.js";
import { openTestDatabase } from "../support/open-store.js";
import { filesAt } from "./published-files.js";

export const REPOSITORY = "main";
const BINS = { bitLength: 2, namePrefix: "bins" };

/** Where one repository is: what processes must know to work on it together. */
export interface TufPlace {
  readonly url: string;
  /** See `filesAt`. */
  readonly metadata: string;
  readonly keys: string;
}

/** One worker's means: a database of its own (connections), as another process would have it. */
export interface TufWorker {
  readonly database: Database;
  readonly ports: TufPorts;
}

export function workerAt({ url, metadata, keys }: TufPlace, options: Partial<OpenOptions> = {}): TufWorker {
  const database = openTestDatabase(url, options);
  const codec = new JsonMetadataCodec();
  const environment = { clock: systemClock, random: Math.random };
  const ports: TufPorts = {
    ...environment,
    store: new SqlTufStore(database),
    trust: new SqlTrustStore(database),
    edits: new SqlTargetEdits(database),
    keys: new KeyFiles(keys, codec),
    files: filesAt(metadata),
    verifier: new SchemeVerifier(),
    codec,
  };
  return { database, ports };
}

interface NewPlace {
  readonly expiry?: ExpiryPolicy;
  readonly bins?: HashBins;
  /** Where to publish; see `filesAt`. */
  readonly metadata?: string | undefined;
}

/** A repository, of four bins by default, each at its first version; its directory is removed by the answered function. */
export async function createTufPlace(
  url: string,
  { expiry, bins = BINS, metadata }: NewPlace = {},
): Promise<{ place: TufPlace; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "distinction-tuf-races-"));
  const place = { url, metadata: metadata ?? join(directory, "metadata"), keys: join(directory, "keys") };
  const { database, ports } = workerAt(place);
  const { namePrefix } = bins;
  await createTufRepository(ports, { name: REPOSITORY, bins: binCount(bins), namePrefix, ...(expiry && { expiry }) });
  await database.close();
  return { place, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** A repository of its own for each test, and one worker at it. */
export function tufWorkerOfEachTest(url: () => string): () => TufWorker {
  let worker: TufWorker;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    await forgetRepositories(url());
    const created = await createTufPlace(url());
    remove = created.remove;
    worker = workerAt(created.place);
  });
  afterEach(async () => {
    await worker.database.close();
    await remove();
  });
  return () => worker;
}

/** A repository's name is part of every key; with this each test begins with none. */
export async function forgetRepositories(url: string): Promise<void> {
  const { database } = workerAt({ url, metadata: "", keys: "" });
  const published = ["repository", "role", "target", "file", "snapshot_head", "snapshot_diff", "pending", "export"];
  for (const table of [...published, "key", "role_key", "role_trust", "signing_event", "signature"]) {
    await database.session((session) => session.run({ sql: `DELETE FROM tuf_${table}`, parameters: [] }));
  }
  await database.close();
}

export function binOfPath(path: string): string {
  return binOf(BINS, createHash("sha256").update(path).digest());
}

/** The first `count` paths `<prefix>/<n>` that belong into `bin`, or into any where none is named. */
export function pathsOf(prefix: string, count: number, bin?: string): string[] {
  const paths: string[] = [];
  for (let index = 0; paths.length < count; index++) {
    const path = `${prefix}/${index}`;
    if (bin === undefined || binOfPath(path) === bin) paths.push(path);
  }
  return paths;
}

export function contentOf(content: string): Target {
  return { length: Buffer.byteLength(content), sha256: createHash("sha256").update(content).digest("hex") };
}
