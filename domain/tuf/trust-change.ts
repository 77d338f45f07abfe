import { TufError } from "./errors.js";
import { isKnownKey, type TufKey, voiceOf } from "./key.js";
import type { RoleTrust, TrustByRole } from "./trust.js";

/** One step from a repository's trust to another. */
export type TrustChange<R extends string = string> =
  | { readonly change: "add-key"; readonly role: R; readonly keyId: string; readonly key: TufKey }
  | { readonly change: "remove-key"; readonly role: R; readonly keyId: string }
  | { readonly change: "set-threshold"; readonly role: R; readonly threshold: number };

/** Who speaks for what, and with which keys. */
export interface TrustPlan {
  readonly keys: Readonly<Record<string, TufKey>>;
  readonly trust: TrustByRole<RoleTrust>;
}

/**
 * The trust after all changes, each checked where it stands and the whole at the end: on the way, a threshold may be out
 * of reach. Pure: `plan` stays as it is.
 * @throws {TufError} UNKNOWN_ROLE; INVALID_TRUST for a key that is there already or is not there, a kind of key that is not
 *   supported, a threshold that is no positive integer or that the role's keys cannot reach
 */
export function changedTrust(plan: TrustPlan, changes: readonly TrustChange[]): TrustPlan {
  const keys: Record<string, TufKey> = { ...plan.keys };
  const trust = { ...plan.trust };
  for (const change of changes) {
    if (change.change === "add-key") keys[change.keyId] = change.key;
    Object.assign(trust, { [change.role]: changedRole(change.role, roleTrust(trust, change.role), change) });
  }
  for (const { role } of changes) checkReachable(role, roleTrust(trust, role), keys);
  return { keys, trust };
}

/**
 * What is kept of a role that has keys of its own.
 * @throws {TufError} UNKNOWN_ROLE
 */
export function roleTrust(trust: TrustPlan["trust"], role: string): RoleTrust {
  const found = Object.hasOwn(trust, role) ? trust[role] : undefined;
  if (found !== undefined) return found;
  throw new TufError("UNKNOWN_ROLE", `there is no role ${JSON.stringify(role.slice(0, 80))} with keys of its own`);
}

/** What it takes to have `next` speak in the place of `former` for each of these roles. */
export function replaceKey<R extends string>(
  roles: readonly R[],
  former: string,
  next: { readonly keyId: string; readonly publicKey: TufKey },
): readonly TrustChange<R>[] {
  return roles.flatMap((role): TrustChange<R>[] => [
    { change: "remove-key", role, keyId: former },
    { change: "add-key", role, keyId: next.keyId, key: next.publicKey },
  ]);
}

/**
 * @throws {TufError} INVALID_TRUST
 */
export function checkNotRevoked(keyIds: readonly string[], revoked: ReadonlySet<string>): void {
  const back = keyIds.find((keyId) => revoked.has(keyId));
  if (back !== undefined) throw new TufError("INVALID_TRUST", `key ${back} was revoked`);
}

function changedRole(role: string, { keyIds, threshold }: RoleTrust, change: TrustChange): RoleTrust {
  switch (change.change) {
    case "add-key":
      if (keyIds.includes(change.keyId)) throw invalid(role, `key ${change.keyId} speaks for it already`);
      if (!isKnownKey(change.key)) throw invalid(role, `key ${change.keyId} is of a kind that is not supported`);
      return { keyIds: [...keyIds, change.keyId], threshold };
    case "remove-key":
      if (!keyIds.includes(change.keyId)) throw invalid(role, `key ${change.keyId} does not speak for it`);
      return { keyIds: keyIds.filter((keyId) => keyId !== change.keyId), threshold };
    case "set-threshold":
      return { keyIds, threshold: change.threshold };
  }
}

/**
 * @throws {TufError} INVALID_TRUST
 */
export function checkReachable(role: string, trust: RoleTrust, keys: Readonly<Record<string, TufKey>>): void {
  const { keyIds, threshold } = trust;
  if (!Number.isSafeInteger(threshold) || threshold < 1) throw invalid(role, "a threshold is an integer from 1");
  const missing = keyIds.find((keyId) => !Object.hasOwn(keys, keyId));
  if (missing !== undefined) throw invalid(role, `key ${missing} is named, and not given`);
  // One key under two ids is one voice: the threshold would be out of reach although the ids suffice.
  const voices = new Set(keyIds.map((keyId) => voiceOf(keys[keyId]!)));
  if (voices.size < keyIds.length) throw invalid(role, "one key is named twice");
  if (voices.size < threshold) throw invalid(role, `${voices.size} keys cannot reach a threshold of ${threshold}`);
}

function invalid(role: string, reason: string): TufError {
  return new TufError("INVALID_TRUST", `role ${role}: ${reason}`);
}
