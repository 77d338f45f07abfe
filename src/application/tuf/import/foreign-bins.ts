import { TufError } from "../../../../domain/tuf/errors.js";
import { binNames, binOf } from "../../../../domain/tuf/hash-bins.js";
import { toHex } from "../../../../domain/tuf/hex.js";
import type { TargetsSigned } from "../../../../domain/tuf/metadata-document.js";
import type { Delegation } from "../../../../domain/tuf/threshold.js";

/** A delegated role that holds targets by the hash of their path. */
export interface ForeignBin {
  readonly role: string;
  readonly delegation: Delegation;
  /** Whether a path with this digest is the role's to speak of. */
  readonly holds: (digest: Uint8Array) => boolean;
}

/**
 * The bins that `targets` delegates to, in the order in which clients ask them (TUF 1.0.33 §5.6.7).
 * @throws {TufError} UNSUPPORTED_DELEGATION with the names of roles that are delegated to by path patterns
 */
export function foreignBins({ delegations }: TargetsSigned): readonly ForeignBin[] {
  if (delegations === undefined) return [];
  const { keys, succinct_roles: succinct, roles = [] } = delegations;
  checkSupported(roles.filter(({ path_hash_prefixes: prefixes }) => prefixes === undefined).map(({ name }) => name));
  const prefixed = roles.map(({ name, keyids, threshold, path_hash_prefixes: prefixes = [] }): ForeignBin => {
    const holds = (digest: Uint8Array) => prefixes.some((prefix) => toHex(digest).startsWith(prefix));
    return { role: name, delegation: { keys, keyids, threshold }, holds };
  });
  if (succinct === undefined) return prefixed;
  const bins = { bitLength: succinct.bit_length, namePrefix: succinct.name_prefix };
  return binNames(bins).map((role): ForeignBin => {
    return { role, delegation: { ...succinct, keys }, holds: (digest) => binOf(bins, digest) === role };
  });
}

/**
 * @throws {TufError} UNSUPPORTED_DELEGATION
 */
export function checkNoDelegations(role: string, { delegations }: TargetsSigned): void {
  const delegates = delegations?.succinct_roles !== undefined || (delegations?.roles ?? []).length > 0;
  checkSupported(delegates ? [role] : []);
}

function checkSupported(roles: readonly string[]): void {
  if (roles.length === 0) return;
  const names = roles.map((name) => JSON.stringify(name.slice(0, 80))).join(", ");
  throw new TufError("UNSUPPORTED_DELEGATION", `only hash bins can be imported; otherwise delegated: ${names}`);
}
