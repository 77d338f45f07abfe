import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../domain/distinction/clock.js";
import type { Target } from "../../domain/tuf/target.js";
import { MemoryTargetEdits } from "../../infrastructure/memory/target-edits.js";
import { TufState } from "../../infrastructure/memory/tuf-state.js";
import { MemoryTrustStore } from "../../infrastructure/memory/trust-store.js";
import { MemoryTufStore } from "../../infrastructure/memory/tuf-store.js";
import { SchemeVerifier } from "../../infrastructure/signing/scheme-verifier.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { DirectoryMetadataFiles } from "../../infrastructure/storage/directory-metadata-files.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import { type PublishPorts, PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import type { SigningPorts } from "../../src/application/tuf/trust/signing-status.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";

/** A clock that a test sets; sleeping takes no time. */
export class TestClock implements Clock {
  constructor(public time: number) {}
  now(): number {
    return this.time;
  }
  sleep(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
  alarm(): () => void {
    return () => undefined;
  }
}

/** A repository of four bins named `main` with everything that works on it: memory store, key files, a directory. */
export interface TufWorld {
  readonly clock: TestClock;
  readonly state: TufState;
  readonly ports: PublishPorts & SigningPorts & { readonly keys: KeyFiles; readonly edits: MemoryTargetEdits };
  readonly metadata: string;
  /** A publisher of its own, as another process would have one; `changes` replaces ports of it. */
  publisher(changes?: Partial<PublishPorts>): PublishTufRepository;
  /** Adds targets whose content is their path. */
  add(...paths: string[]): Promise<void>;
  /** Paths and SHA-256 of everything published, once verified. */
  published(): Promise<ReadonlyMap<string, string>>;
  remove(): Promise<void>;
}

/**
 * @param create whether to create the repository, or only what works on it
 */
export async function makeTufWorld(
  bins = 4,
  now = Date.UTC(2026, 0, 1),
  create: "main" | "none" = "main",
): Promise<TufWorld> {
  const directory = await mkdtemp(join(tmpdir(), "distinction-tuf-"));
  const metadata = join(directory, "metadata");
  const clock = new TestClock(now);
  const state = new TufState();
  const codec = new JsonMetadataCodec();
  const ports = {
    store: new MemoryTufStore(state),
    trust: new MemoryTrustStore(state),
    edits: new MemoryTargetEdits(state),
    keys: new KeyFiles(join(directory, "keys"), codec),
    files: new DirectoryMetadataFiles(metadata, clock),
    codec,
    verifier: new SchemeVerifier(),
    clock,
    random: Math.random,
  };
  if (create === "main") await createTufRepository(ports, { name: "main", bins });
  return {
    clock,
    state,
    ports,
    metadata,
    publisher: (changes = {}) => new PublishTufRepository({ ...ports, ...changes }),
    add: async (...paths) => {
      await addTargets(ports, "main", new Map(paths.map((path) => [path, targetOf(path)])));
    },
    published: async () => {
      const found = new Map<string, string>();
      for await (const { path, target } of verifyTufRepository(ports, clock.now())) {
        found.set(path, target.hashes.sha256 ?? "");
      }
      return found;
    },
    remove: () => rm(directory, { recursive: true }),
  };
}

export function targetOf(content: string): Target {
  return { length: Buffer.byteLength(content), sha256: createHash("sha256").update(content).digest("hex") };
}

export function hashesOf(...paths: string[]): ReadonlyMap<string, string> {
  return new Map(paths.map((path) => [path, targetOf(path).sha256]));
}

/** The paths of all targets that are stored, sorted. */
export function storedPaths({ state }: TufWorld): string[] {
  return [...state.repositories.get("main")!.roles.values()].flatMap(({ targets }) => [...targets.keys()]).sort();
}
