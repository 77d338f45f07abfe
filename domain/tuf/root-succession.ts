import { TufError } from "./errors.js";
import type { MetadataDocument, RootSigned } from "./metadata-document.js";
import type { SignatureVerifier } from "./signature-verifier.js";
import { type Authority, meetsThreshold } from "./threshold.js";
import { formatExpires } from "./expiry.js";
import type { Edition } from "./metadata-builders.js";
import type { TufRepository } from "./repository.js";
import { isSameTrust, ROOTED_ROLES, type RootedRole, type RoleTrust, succeeding } from "./trust.js";
import { checkReachable, type TrustPlan } from "./trust-change.js";
import type { TrustUpdate } from "./trust-store.js";

/**
 * A root is signed by the thresholds of the root before it and its own (TUF 1.0.33 §5.3.4, §6.1); the first by its own.
 */
export function authoritiesOf(next: RootSigned, current: RootSigned | undefined): readonly Authority[] {
  return [current, next].flatMap((root) =>
    root === undefined ? [] : [{ rootVersion: root.version, delegation: { keys: root.keys, ...root.roles.root } }],
  );
}

/**
 * Whether `next` may take the place of `current`, but for its signatures.
 * @param now epoch milliseconds
 * @throws {TufError} ROOT_OUT_OF_ORDER unless it is exactly the version after (TUF 1.0.33 §5.3.5), ROOT_EXPIRED,
 *   INVALID_TRUST, INVALID_METADATA
 */
export function checkSuccession(next: RootSigned, current: RootSigned | undefined, now: number): void {
  const expected = (current?.version ?? 0) + 1;
  if (next.version !== expected) {
    throw new TufError("ROOT_OUT_OF_ORDER", `root ${next.version} cannot follow: the next root is ${expected}`);
  }
  if (Date.parse(next.expires) <= now) {
    throw new TufError("ROOT_EXPIRED", `root ${next.version} expired at ${next.expires}`);
  }
  // Clients of one root would look for files under names that were never written.
  if (!next.consistent_snapshot) {
    throw new TufError("INVALID_METADATA", `root ${next.version}: consistent_snapshot is not true`);
  }
  for (const [role, trust] of Object.entries(rootedTrust(next))) checkReachable(role, trust, next.keys);
}

/**
 * @throws {TufError} THRESHOLD_NOT_MET
 */
export function checkAuthorised(
  { signed: next, signedBytes, signatures }: MetadataDocument<"root">,
  current: RootSigned | undefined,
  verifier: SignatureVerifier,
): void {
  for (const { rootVersion, delegation } of authoritiesOf(next, current)) {
    if (meetsThreshold(delegation, signedBytes, signatures, verifier)) continue;
    const reason = `root ${rootVersion} asks for ${delegation.threshold} signatures of its keys`;
    throw new TufError("THRESHOLD_NOT_MET", `root ${next.version}: ${reason}`);
  }
}

/** What a root says of the roles that it speaks of. */
export function rootedTrust({ roles }: RootSigned): Readonly<Record<RootedRole, RoleTrust>> {
  const trust = (role: RootedRole): RoleTrust => {
    const { keyids, threshold } = roles[role];
    return { keyIds: keyids, threshold };
  };
  return { root: trust("root"), targets: trust("targets"), snapshot: trust("snapshot"), timestamp: trust("timestamp") };
}

/** The root after `current`, with this trust. Whatever else is in `current`, fields that we do not know too, is kept. */
export function nextRoot(current: RootSigned, { keys, trust }: TrustPlan, edition: Edition): RootSigned {
  const named = new Set(ROOTED_ROLES.flatMap((role) => trust[role].keyIds));
  const of = (role: RootedRole) => {
    const { keyIds, threshold } = trust[role];
    return { ...current.roles[role], keyids: keyIds, threshold };
  };
  return {
    ...current,
    version: edition.metadataVersion,
    expires: formatExpires(edition.expiresAt),
    // Those that no role names go: a revoked key does not stay behind.
    keys: Object.fromEntries(Object.entries(keys).filter(([keyId]) => named.has(keyId))),
    roles: { root: of("root"), targets: of("targets"), snapshot: of("snapshot"), timestamp: of("timestamp") },
  };
}

/** What a new root changes of the trust that is kept. */
export function trustUpdates(
  { trust }: Pick<TufRepository, "trust">,
  root: RootSigned,
  now: number,
): readonly TrustUpdate[] {
  const stated = rootedTrust(root);
  return ROOTED_ROLES.filter((role) => !isSameTrust(trust[role], stated[role])).map((role) => ({
    role,
    trust: succeeding(trust[role], stated[role], now),
    keys: Object.fromEntries(stated[role].keyIds.map((keyId) => [keyId, root.keys[keyId]!])),
  }));
}
