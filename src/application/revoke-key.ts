import { TufError } from "../../domain/tuf/errors.js";
import type { TufRepository } from "../../domain/tuf/repository.js";
import { trustedRoles } from "../../domain/tuf/trust.js";
import type { TrustChange } from "../../domain/tuf/trust-change.js";
import { changeTrust, type TrustPorts } from "./change-trust.js";
import { existingRepository } from "./existing-repository.js";
import type { SigningStatus } from "./signing-status.js";

export interface RevokeReport {
  /** The roles that the key spoke for. */
  readonly roles: readonly string[];
  /** The root without the key, which awaits signatures; `undefined` where root did not name it. */
  readonly proposed: SigningStatus | undefined;
}

/**
 * Takes a key out of every role and never lets it back. A root without it is proposed where root names it, and takes
 * effect once it is signed; the trust of bins and custom roles changes at once.
 * @param replacements keys to add in the same step, where the role's threshold could not be reached otherwise
 * @throws {TufError} INVALID_TRUST also where the key speaks for no role, SIGNING_EVENT_OPEN, REPOSITORY_NOT_FOUND
 */
export async function revokeKey(
  ports: TrustPorts,
  name: string,
  keyId: string,
  replacements: readonly TrustChange[] = [],
): Promise<RevokeReport> {
  const { trust } = await existingRepository(ports.store, name);
  const roles = rolesOf(trust, keyId);
  if (roles.length === 0) throw new TufError("INVALID_TRUST", `key ${keyId} speaks for no role of ${name}`);
  const removals = roles.map((role): TrustChange => ({ change: "remove-key", role, keyId }));
  const proposed = await changeTrust(ports, name, [...removals, ...replacements]);
  await ports.trust.revokeKey(name, keyId);
  return { roles, proposed };
}

/** The roles that a key speaks for, top-level ones first. */
export function rolesOf(trust: TufRepository["trust"], keyId: string): readonly string[] {
  return trustedRoles(trust).filter((role) => trust[role]?.keyIds.includes(keyId));
}
