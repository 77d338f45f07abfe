import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { CoalescedTargetEdits } from "../../domain/tuf/coalesced-edits.js";
import type { Signer } from "../../domain/tuf/signer.js";
import type { Target } from "../../domain/tuf/target.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import type { Statement } from "../../infrastructure/persistence/connection/session.js";
import { SqlTargetEdits } from "../../infrastructure/persistence/tuf/sql-target-edits.js";
import { SqlTrustStore } from "../../infrastructure/persistence/tuf/sql-trust-store.js";
import { SqlTufStore } from "../../infrastructure/persistence/tuf/sql-tuf-store.js";
import { SchemeVerifier } from "../../infrastructure/signing/scheme-verifier.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { DirectoryMetadataFiles } from "../../infrastructure/storage/directory-metadata-files.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import type { Bench } from "../bench.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import { TufRepositoryService, type TufPorts } from "../../src/application/tuf/tuf-repository-service.js";

/** The bins of a large registry. */
export const WIDE = { bitLength: 14, namePrefix: "bins" } as const;

/** Under what targets are counted: they are not updates of records, and are looked for elsewhere. */
export const TARGETS = "distinction, TUF";

/** Where a repository is, for every process that works on it. */
export interface TufPlace {
  readonly url: string;
  readonly directory: string;
  readonly name: string;
}

/** A statement as far as it counts. */
export interface Counted {
  readonly sql: string;
  readonly parameters: readonly (Statement["parameters"][number] | Uint8Array)[];
}

/** What was sent to the database since the last `reset`, BEGIN and COMMIT left out. */
export class Sent {
  statements = 0;
  bytes = 0;

  count({ sql, parameters }: Counted): void {
    this.statements += 1;
    this.bytes += Buffer.byteLength(sql);
    for (const value of parameters) this.bytes += sizeOf(value);
  }

  reset(): void {
    this.statements = 0;
    this.bytes = 0;
  }
}

/** Key files that count what they sign. */
class CountedKeys extends KeyFiles {
  signatures = 0;

  override async load(keyId: string): Promise<Signer | undefined> {
    const signer = await super.load(keyId);
    if (signer === undefined) return undefined;
    const { publicKey } = signer;
    return { keyId, publicKey, sign: (bytes) => (this.signatures++, signer.sign(bytes)) };
  }
}

/** One process's means to work on a repository. */
export interface TufBench {
  readonly place: TufPlace;
  readonly ports: TufPorts;
  readonly service: TufRepositoryService;
  readonly sent: Sent;
  /** Signatures made since it was opened. */
  readonly signatures: () => number;
  close(): Promise<void>;
}

export async function openTufBench(place: TufPlace, poolSize = 8): Promise<TufBench> {
  const sent = new Sent();
  const environment = { clock: systemClock, random: Math.random };
  const database = openDatabase(place.url, {
    ...environment,
    schema: "migrate",
    poolSize,
    onStatement: (event) => void (event.kind === "statement" && sent.count(event)),
  });
  await database.connect();
  const codec = new JsonMetadataCodec();
  const keys = new CountedKeys(join(place.directory, "keys"), codec);
  const ports: TufPorts = {
    ...environment,
    store: new SqlTufStore(database),
    trust: new SqlTrustStore(database),
    edits: new CoalescedTargetEdits(new SqlTargetEdits(database)),
    keys,
    files: new DirectoryMetadataFiles(join(place.directory, "metadata"), systemClock),
    verifier: new SchemeVerifier(),
    codec,
  };
  return {
    place,
    ports,
    sent,
    signatures: () => keys.signatures,
    service: new TufRepositoryService(ports, place.name),
    close: () => database.close(),
  };
}

/** A new repository of empty bins, for one piece of work; its files are removed afterwards. */
export async function withRepository<T>(
  { url, directory: parent }: Pick<Bench, "url" | "directory">,
  name: string,
  bins: number,
  work: (bench: TufBench) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(parent, `${name}-`));
  try {
    const bench = await openTufBench({ url, directory, name });
    try {
      await createTufRepository(bench.ports, { name, bins });
      return await work(bench);
    } finally {
      await bench.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export function targetOf(path: string, edition = 0): Target {
  const sha256 = createHash("sha256").update(`${path} ${edition}`).digest("hex");
  return { length: 10_000 + path.length + edition, sha256 };
}

function sizeOf(value: Counted["parameters"][number]): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  return value instanceof Uint8Array ? value.length : 8;
}
