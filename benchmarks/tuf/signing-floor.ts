import { binSigned, timestampSigned } from "../../domain/tuf/metadata-builders.js";
import type { NamedFile } from "../../domain/tuf/metadata-files.js";
import { publishedName } from "../../domain/tuf/publish-plan.js";
import { SnapshotHead } from "../../domain/tuf/snapshot-head.js";
import type { Target } from "../../domain/tuf/target.js";
import type { SignedFile } from "../../domain/tuf/tuf-store.js";
import { RoleSigning } from "../../src/application/tuf/trust/role-signing.js";
import type { TufBench } from "./tuf-bench.js";

/** What a publish makes for clients, and for the database. */
export interface SignedPublish {
  /** In the order in which clients may be led to them. */
  readonly versioned: readonly NamedFile[];
  readonly timestamp: NamedFile;
  /** The snapshot among them without what it lists. */
  readonly stored: readonly NamedFile[];
}

/**
 * Renders, hashes and signs bins, the snapshot and the timestamp, a new version each time: the same renderer and keys as a
 * publish, everything in memory. What is left of a publish without database and storage.
 */
export async function signingFloor(
  { ports, place }: TufBench,
  bins: ReadonlyMap<string, ReadonlyMap<string, Target>>,
): Promise<() => Promise<SignedPublish>> {
  const { codec, keys, store } = ports;
  const repository = (await store.repository(place.name))!;
  const signing = new RoleSigning(keys, codec, Date.now());
  let head = SnapshotHead.of(await store.snapshotHead(place.name), codec);
  let version = 1;
  return async () => {
    const edition = { metadataVersion: ++version, signedAt: 0, expiresAt: Date.UTC(2030, 0, 1) };
    const signed = [...bins].map(([role, targets]) =>
      signing.sign(role, binSigned(targets, edition), repository, edition),
    );
    head = head.with(new Map(Array.from(bins.keys(), (role) => [role, version])));
    const { file, envelope } = await signing.signSnapshot(head, repository, edition);
    const timestamp = named(await signing.sign("timestamp", timestampSigned(file, edition), repository, edition));
    const binFiles = (await Promise.all(signed)).map(named);
    const snapshot = named(file);
    return {
      versioned: [...binFiles, snapshot],
      timestamp,
      stored: [...binFiles, { ...snapshot, bytes: envelope }, timestamp],
    };
  };
}

function named(file: SignedFile): NamedFile {
  return { name: publishedName(file), bytes: file.bytes };
}
