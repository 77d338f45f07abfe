import { formatExpires } from "./expiry.js";
import type { RootSigned, SnapshotSigned, TargetEntry, TargetsSigned, TimestampSigned } from "./metadata-document.js";
import type { TufRepository } from "./repository.js";
import type { RoleTrust } from "./trust.js";
import type { TrustPlan } from "./trust-change.js";
import type { Target } from "./target.js";
import type { MetadataFile } from "./tuf-store.js";

/** The edition of the specification that these builders follow. */
export const SPEC_VERSION = "1.0.33";

/** Which edition of a role's metadata a builder makes. */
export interface Edition {
  readonly metadataVersion: number;
  /** Epoch milliseconds, as `expiresAt`. */
  readonly signedAt: number;
  readonly expiresAt: number;
}

/** TUF 1.0.33 §4.3; with consistent snapshots (§6.2), so that a client never mixes two publishes. */
export function rootSigned({ keys, trust }: TrustPlan, edition: Edition): RootSigned {
  const { root, targets, snapshot, timestamp } = trust;
  return {
    ...common("root", edition),
    consistent_snapshot: true,
    keys: keysOf(keys, [root, targets, snapshot, timestamp]),
    roles: {
      root: roleKeys(root),
      targets: roleKeys(targets),
      snapshot: roleKeys(snapshot),
      timestamp: roleKeys(timestamp),
    },
  };
}

/** The top-level targets role: no targets of its own, everything is delegated to the bins (TAP 15). */
export function targetsSigned(
  { keys, trust, bitLength, namePrefix }: Omit<TufRepository, "settled">,
  edition: Edition,
): TargetsSigned {
  return {
    ...common("targets", edition),
    targets: {},
    delegations: {
      keys: keysOf(keys, [trust.bins]),
      succinct_roles: { ...roleKeys(trust.bins), bit_length: bitLength, name_prefix: namePrefix },
    },
  };
}

/** TUF 1.0.33 §4.5. */
export function binSigned(targets: ReadonlyMap<string, Target>, edition: Edition): TargetsSigned {
  const entries = Array.from(targets, ([path, target]) => [path, targetEntry(target)] as const);
  return { ...common("targets", edition), targets: Object.fromEntries(entries) };
}

/** TUF 1.0.33 §4.4, with nothing listed: the text of `meta` comes from a `SnapshotHead`. */
export function snapshotEnvelope(edition: Edition): SnapshotSigned {
  return { ...common("snapshot", edition), meta: {} };
}

/** TUF 1.0.33 §4.6. Always with `length`: clients refuse a large snapshot that nobody announced. */
export function timestampSigned(
  { metadataVersion, length, sha256 }: Pick<MetadataFile, "metadataVersion" | "length" | "sha256">,
  edition: Edition,
): TimestampSigned {
  const snapshot = { version: metadataVersion, length, hashes: { sha256 } };
  return { ...common("timestamp", edition), meta: { "snapshot.json": snapshot } };
}

function common<T extends string>(type: T, { metadataVersion, expiresAt }: Edition) {
  return { _type: type, spec_version: SPEC_VERSION, version: metadataVersion, expires: formatExpires(expiresAt) };
}

function targetEntry({ length, sha256, custom }: Target): TargetEntry {
  return { length, hashes: { sha256 }, ...(custom === undefined ? {} : { custom }) };
}

function roleKeys({ keyIds, threshold }: RoleTrust) {
  return { keyids: keyIds, threshold };
}

/** Only keys that one of the roles uses: a revoked key does not stay behind in metadata. */
function keysOf(keys: TufRepository["keys"], roles: readonly RoleTrust[]): TufRepository["keys"] {
  const used = new Set(roles.flatMap(({ keyIds }) => keyIds));
  return Object.fromEntries(Object.entries(keys).filter(([keyId]) => used.has(keyId)));
}
