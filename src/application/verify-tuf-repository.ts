import { binNames, binOf } from "../../domain/tuf/hash-bins.js";
import type { MetaEntry, SuccinctRoles, TargetEntry } from "../../domain/tuf/metadata-document.js";
import { delegated, TrustedReader, unverified, type VerifyPorts } from "./trusted-reader.js";

/** One target as the published metadata states it. */
export interface PublishedTarget {
  readonly path: string;
  readonly bin: string;
  readonly target: TargetEntry;
}

/** What was verified on the way. */
export interface VerifyReport {
  readonly rootVersion: number;
  readonly snapshotVersion: number;
  readonly timestampVersion: number;
  readonly bins: number;
  readonly targets: number;
}

/**
 * Reads the published files as a client does that wants everything: root by root, timestamp, snapshot, targets, every bin
 * (TUF 1.0.33 §5.3 to §5.6), and yields all targets. Versions, lengths, hashes, signatures, expiry, and that each path is
 * in its bin are checked. One bin is in memory at a time.
 * @param now epoch milliseconds; metadata that has expired by then fails
 * @throws {TufError} UNVERIFIED_METADATA, INVALID_METADATA
 */
export async function* verifyTufRepository(
  ports: VerifyPorts,
  now: number,
): AsyncGenerator<PublishedTarget, VerifyReport> {
  const reader = new TrustedReader(ports, now);
  const { signed: root } = await reader.newestRoot();
  const { signed: timestamp } = await reader.timestamp(root);
  const { signed: snapshot } = await reader.listed(
    "snapshot",
    "snapshot",
    timestamp.meta["snapshot.json"],
    delegated(root, "snapshot"),
  );
  const { signed: top } = await reader.listed(
    "targets",
    "targets",
    entry(snapshot.meta, "targets"),
    delegated(root, "targets"),
  );

  const succinct = succinctRoles(top.delegations?.succinct_roles);
  const delegation = { ...succinct, keys: top.delegations?.keys ?? {} };
  const hashBins = { bitLength: succinct.bit_length, namePrefix: succinct.name_prefix };
  const names = binNames(hashBins);
  let targets = 0;
  for (const bin of names) {
    const { signed } = await reader.listed("targets", bin, entry(snapshot.meta, bin), delegation);
    for (const [path, target] of Object.entries(signed.targets)) {
      if (binOf(hashBins, ports.codec.pathDigest(path)) !== bin) throw unverified(`${bin} holds a path of another bin`);
      targets += 1;
      yield { path, bin, target };
    }
  }
  const versions = {
    rootVersion: root.version,
    snapshotVersion: snapshot.version,
    timestampVersion: timestamp.version,
  };
  return { ...versions, bins: names.length, targets };
}

function entry(meta: Readonly<Record<string, MetaEntry>>, role: string): MetaEntry {
  const found = Object.hasOwn(meta, `${role}.json`) ? meta[`${role}.json`] : undefined;
  if (found === undefined) throw unverified(`the snapshot does not list ${role}.json`);
  return found;
}

function succinctRoles(succinct: SuccinctRoles | undefined): SuccinctRoles {
  if (succinct === undefined) throw unverified("targets delegates to no hash bins");
  return succinct;
}
