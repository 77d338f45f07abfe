import { TufError } from "../../../../domain/tuf/errors.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import { isRooted, trustedRoles } from "../../../../domain/tuf/trust.js";
import { changedTrust, type TrustChange } from "../../../../domain/tuf/trust-change.js";
import { changeTrust, type TrustPorts } from "./change-trust.js";
import { existingRepository } from "../existing-repository.js";
import { signingStatus, type SigningStatus } from "./signing-status.js";

export interface RevokeReport {
  /** The roles that the key spoke for. */
  readonly roles: readonly string[];
  /** The root without the key, which awaits signatures; `undefined` where root did not name it. */
  readonly proposed: SigningStatus | undefined;
}

/**
 * Takes a key out of every role and never lets it back. A root without it is proposed where root names it, and takes
 * effect once it is signed; the trust of bins and custom roles changes at once.
 *
 * All is checked before the first step, which is to keep the key from coming back: wherever the call is cut off after it, the
 * same call goes on from there.
 * @param replacements keys to add in the same step, where the role's threshold could not be reached otherwise
 * @throws {TufError} INVALID_TRUST also where the key speaks for no role and was not revoked, SIGNING_EVENT_OPEN where a root
 *   that keeps the key awaits signatures, PUBLISH_CONTENDED, REPOSITORY_NOT_FOUND
 */
export async function revokeKey(
  ports: TrustPorts,
  name: string,
  keyId: string,
  replacements: readonly TrustChange[] = [],
): Promise<RevokeReport> {
  const repository = await existingRepository(ports.store, name);
  const roles = rolesOf(repository.trust, keyId);
  if (roles.length === 0) {
    if ((await ports.trust.revokedKeys(name)).has(keyId)) return { roles, proposed: undefined };
    throw new TufError("INVALID_TRUST", `key ${keyId} speaks for no role of ${name}`);
  }
  const removals = roles.map((role): TrustChange => ({ change: "remove-key", role, keyId }));
  const changes = [...removals, ...replacements];
  changedTrust(repository, changes);
  const proposed = roles.some(isRooted) ? await proposalWithout(ports, name, keyId) : undefined;
  await ports.trust.revokeKey(name, keyId);
  const left = proposed === undefined ? changes : changes.filter(({ role }) => !isRooted(role));
  return { roles, proposed: (await changeTrust(ports, name, left)) ?? proposed };
}

/**
 * The root that awaits signatures and no longer names the key: an earlier call proposed it.
 * @throws {TufError} SIGNING_EVENT_OPEN where it does name the key
 */
async function proposalWithout(ports: TrustPorts, name: string, keyId: string): Promise<SigningStatus | undefined> {
  const open = await ports.trust.openEventOf(name, "root");
  if (open === undefined) return undefined;
  const proposed = await signingStatus(ports, name, open.number);
  const isNamed = Object.values(proposed.root.roles).some(({ keyids }) => keyids.includes(keyId));
  if (!isNamed) return proposed;
  throw new TufError("SIGNING_EVENT_OPEN", `repository ${name}: another root awaits signatures, and keeps the key`);
}

/** The roles that a key speaks for, top-level ones first. */
export function rolesOf(trust: TufRepository["trust"], keyId: string): readonly string[] {
  return trustedRoles(trust).filter((role) => trust[role]?.keyIds.includes(keyId));
}
