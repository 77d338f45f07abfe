import type { Clock } from "../../../../domain/distinction/clock.js";
import { expiresAt, type RoleExpiry, staggeredExpiresAt } from "../../../../domain/tuf/expiry.js";
import { binNames, digestRange } from "../../../../domain/tuf/hash-bins.js";
import type { SignerSource } from "../../../../domain/tuf/key-store.js";
import { binSigned, type Edition, targetsSigned, timestampSigned } from "../../../../domain/tuf/metadata-builders.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { NewTufRepository } from "../../../../domain/tuf/repository.js";
import { SnapshotHead } from "../../../../domain/tuf/snapshot-head.js";
import type { NewRole } from "../../../../domain/tuf/tuf-store.js";
import { inParallel } from "../../in-parallel.js";
import { RoleSigning } from "../trust/role-signing.js";

const BINS_AT_A_TIME = 16;

export interface SigningMeans {
  readonly keys: SignerSource;
  readonly codec: MetadataCodec;
  readonly clock: Clock;
}

/** What a repository continues: the metadata versions that clients have seen, and those of roles that it does not have. */
export interface Continued {
  readonly versionOf: (role: string) => number;
  readonly retired: ReadonlyMap<string, number>;
}

const NOTHING_BEFORE: Continued = { versionOf: () => 0, retired: new Map() };

/**
 * Every role but root at metadata version 1, or at the one after what it continues: targets with the succinct delegation, every bin empty, snapshot, timestamp.
 * @throws {TufError} KEY_NOT_FOUND
 */
export async function firstRoles(
  { keys, codec, clock }: SigningMeans,
  repository: NewTufRepository,
  { versionOf, retired }: Continued = NOTHING_BEFORE,
): Promise<readonly NewRole[]> {
  const now = clock.now();
  const signing = new RoleSigning(keys, codec, now);
  const trusted = { ...repository, settled: true };
  const { expiry } = repository;
  const editionOf = (role: string, policy: RoleExpiry): Edition => {
    return { ...firstEdition(now, policy), metadataVersion: versionOf(role) + 1 };
  };

  const names = binNames(repository);
  const bins = await inParallel(names.entries(), BINS_AT_A_TIME, async ([index, name]): Promise<NewRole> => {
    const edition = { ...editionOf(name, expiry.bins), expiresAt: staggeredExpiresAt(now, expiry.bins, name) };
    const file = await signing.sign(name, binSigned(new Map(), edition), trusted, edition);
    return { name, kind: "bin", file, range: digestRange(repository, index) };
  });

  const ofTargets = editionOf("targets", expiry.targets);
  const targets = await signing.sign("targets", targetsSigned(repository, ofTargets), trusted, ofTargets);
  const ofSnapshot = editionOf("snapshot", expiry.snapshot);
  const head = SnapshotHead.of(
    new Map([...retired, ...["targets", ...names].map((name) => [name, versionOf(name) + 1] as const)]),
    codec,
  );
  const { file: snapshot } = await signing.signSnapshot(head, trusted, ofSnapshot);
  const ofTimestamp = editionOf("timestamp", expiry.timestamp);
  const timestamp = await signing.sign("timestamp", timestampSigned(snapshot, ofTimestamp), trusted, ofTimestamp);
  return [
    { name: "targets", kind: "targets", file: targets },
    ...bins,
    { name: "snapshot", kind: "snapshot", file: snapshot },
    { name: "timestamp", kind: "timestamp", file: timestamp },
  ];
}

export function firstEdition(now: number, expiry: RoleExpiry): Edition {
  return { metadataVersion: 1, signedAt: now, expiresAt: expiresAt(now, expiry) };
}
