import type { Clock } from "../../../../domain/distinction/clock.js";
import { expiresAt, type RoleExpiry, staggeredExpiresAt } from "../../../../domain/tuf/expiry.js";
import { catchAllName } from "../../../../domain/tuf/custom-role.js";
import { binNames, digestRange } from "../../../../domain/tuf/hash-bins.js";
import type { SignerSource } from "../../../../domain/tuf/key-store.js";
import {
  binsDelegated,
  binSigned,
  type Edition,
  statedRole,
  targetsSigned,
  timestampSigned,
} from "../../../../domain/tuf/metadata-builders.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { NewTufRepository } from "../../../../domain/tuf/repository.js";
import { SnapshotHead } from "../../../../domain/tuf/snapshot-head.js";
import type { NewRole, SignedFile } from "../../../../domain/tuf/tuf-store.js";
import { delegatedBy } from "../../../../domain/tuf/nested-roles.js";
import { inParallel } from "../../in-parallel.js";
import { RoleSigning } from "../trust/role-signing.js";

const BINS_AT_A_TIME = 16;

export interface SigningMeans {
  readonly keys: SignerSource;
  readonly codec: MetadataCodec;
  readonly clock: Clock;
}

/** What a repository continues. */
export interface Continued {
  /** The metadata versions that clients have seen. */
  readonly versionOf: (role: string) => number;
  /** Those of roles that it does not have. */
  readonly retired: ReadonlyMap<string, number>;
  /** Its custom roles and the bins below them, as others signed them. */
  readonly custom: readonly (NewRole & { readonly file: SignedFile })[];
}

const NOTHING_BEFORE: Continued = { versionOf: () => 0, retired: new Map(), custom: [] };

/**
 * Every role but root: custom ones as they are, all others at metadata version 1, or at the one after what it continues:
 * targets with its delegations, every bin empty, snapshot, timestamp.
 * @throws {TufError} KEY_NOT_FOUND
 */
export async function firstRoles(
  { keys, codec, clock }: SigningMeans,
  repository: NewTufRepository,
  { versionOf, retired, custom }: Continued = NOTHING_BEFORE,
): Promise<readonly NewRole[]> {
  const now = clock.now();
  const signing = new RoleSigning(keys, codec, now);
  const { expiry, customRoles = [] } = repository;
  const editionOf = (role: string, policy: RoleExpiry): Edition => {
    return { ...firstEdition(now, policy), metadataVersion: versionOf(role) + 1 };
  };

  const staggered = (name: string): Edition => {
    return { ...editionOf(name, expiry.bins), expiresAt: staggeredExpiresAt(now, expiry.bins, name) };
  };

  const names = binNames(repository);
  const bins = await inParallel(names.entries(), BINS_AT_A_TIME, async ([index, name]) => {
    const edition = staggered(name);
    const file = await signing.sign(name, binSigned(new Map(), edition), repository, edition);
    return { name, kind: "bin", file, range: digestRange(repository, index) } as const;
  });
  const catchAll = customRoles.length === 0 ? [] : [catchAllName(repository)];
  const above = await inParallel(catchAll, BINS_AT_A_TIME, async (name) => {
    const edition = staggered(name);
    const file = await signing.sign(name, binsDelegated(repository, edition), repository, edition);
    return { name, kind: "catch-all", file } as const;
  });

  const ofTargets = editionOf("targets", expiry.targets);
  const stated = delegatedBy(customRoles).map((role) => statedRole(repository, role));
  const targets = await signing.sign("targets", targetsSigned(repository, ofTargets, stated), repository, ofTargets);
  const listed = [{ name: "targets", kind: "targets", file: targets } as const, ...custom, ...above, ...bins];
  const ofSnapshot = editionOf("snapshot", expiry.snapshot);
  const head = SnapshotHead.of(
    new Map([...retired, ...listed.map(({ name, file }) => [name, file.metadataVersion] as const)]),
    codec,
  );
  const { file: snapshot } = await signing.signSnapshot(head, repository, ofSnapshot);
  const ofTimestamp = editionOf("timestamp", expiry.timestamp);
  const timestamp = await signing.sign("timestamp", timestampSigned(snapshot, ofTimestamp), repository, ofTimestamp);
  return [
    ...listed,
    { name: "snapshot", kind: "snapshot", file: snapshot },
    { name: "timestamp", kind: "timestamp", file: timestamp },
  ];
}

export function firstEdition(now: number, expiry: RoleExpiry): Edition {
  return { metadataVersion: 1, signedAt: now, expiresAt: expiresAt(now, expiry) };
}
