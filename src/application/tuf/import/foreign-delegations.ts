import type { CustomRole } from "../../../../domain/tuf/custom-role.js";
import { TufError } from "../../../../domain/tuf/errors.js";
import { binNames, binOf, type HashBins, MAX_BIT_LENGTH } from "../../../../domain/tuf/hash-bins.js";
import { toHex } from "../../../../domain/tuf/hex.js";
import { voiceOf } from "../../../../domain/tuf/key.js";
import type { DelegatedRole, SuccinctRoles, TargetsSigned } from "../../../../domain/tuf/metadata-document.js";
import { shownPath } from "../../../../domain/tuf/target-path.js";
import type { Delegation } from "../../../../domain/tuf/threshold.js";
import { isSameTrust } from "../../../../domain/tuf/trust.js";

/** A delegated role that holds targets by the hash of their path. */
export interface ForeignBin {
  readonly role: string;
  readonly delegation: Delegation;
  readonly terminating: boolean;
  /** Whether a path with this digest is the role's to speak of. */
  readonly holds: (digest: Uint8Array) => boolean;
}

/** A role that is delegated to by path patterns. */
export interface ForeignCustom {
  readonly role: string;
  readonly delegation: Delegation;
  readonly terminating: boolean;
  readonly paths: readonly string[];
}

export function isBin(role: ForeignBin | ForeignCustom): role is ForeignBin {
  return "holds" in role;
}

/**
 * The roles that `targets` delegates to, in the order in which clients ask them (TUF 1.0.33 §5.6.7).
 * @throws {TufError} UNSUPPORTED_DELEGATION where bins hide a custom role
 */
export function foreignDelegations({ delegations }: TargetsSigned): readonly (ForeignBin | ForeignCustom)[] {
  if (delegations === undefined) return [];
  const { keys, succinct_roles: succinct, roles = [] } = delegations;
  if (succinct !== undefined) return succinctBins(succinct, keys);
  const all = roles.map((role) => listedRole(role, keys));
  const last = all.findIndex((role) => isBin(role) && role.terminating);
  const behind = all.slice(last + 1).find((role) => !isBin(role));
  if (last < 0 || behind === undefined) return all;
  throw unsupported(
    behind.role,
    `comes after ${shownName(all[last]!.role)}, a terminating hash bin; list it before the bins`,
  );
}

function listedRole(
  { name: role, keyids, threshold, terminating, paths = [], path_hash_prefixes: prefixes }: DelegatedRole,
  keys: Delegation["keys"],
): ForeignBin | ForeignCustom {
  const common = { role, delegation: { keys, keyids, threshold }, terminating };
  if (prefixes === undefined) return { ...common, paths };
  return { ...common, holds: (digest) => prefixes.some((prefix) => toHex(digest).startsWith(prefix)) };
}

/** Clients look no further than succinct roles (TAP 15). */
function succinctBins(succinct: SuccinctRoles, keys: Delegation["keys"]): readonly ForeignBin[] {
  const bins = { bitLength: succinct.bit_length, namePrefix: succinct.name_prefix };
  if (bins.bitLength > MAX_BIT_LENGTH) {
    throw unsupported("targets", `has 2^${bins.bitLength} bins below it, at most 2^${MAX_BIT_LENGTH} can be read`);
  }
  const delegation = { ...succinct, keys };
  return binNames(bins).map((role): ForeignBin => {
    return { role, delegation, terminating: true, holds: (digest) => binOf(bins, digest) === role };
  });
}

/**
 * @throws {TufError} UNSUPPORTED_DELEGATION
 */
export function checkNoDelegations(role: string, { delegations }: TargetsSigned): void {
  const { succinct_roles: succinct, roles = [] } = delegations ?? {};
  if (succinct === undefined && roles.length === 0) return;
  const names = succinct === undefined ? roles.map(({ name }) => name) : [`${succinct.name_prefix}-…`];
  throw unsupported(role, `is a hash bin and delegates to ${shownNames(names)}; move their targets into it`);
}

/**
 * The bins below a custom role, as its own metadata states them; `undefined` where it has none.
 * @throws {TufError} UNSUPPORTED_DELEGATION for delegations that a custom role cannot have here
 */
export function binsBelowForeign(
  { role, delegation }: ForeignCustom,
  { targets, delegations }: TargetsSigned,
): HashBins | undefined {
  const { succinct_roles: succinct, roles = [], keys = {} } = delegations ?? {};
  if (roles.length > 0) {
    const names = shownNames(roles.map(({ name }) => name));
    throw unsupported(role, `delegates to ${names}; have targets delegate to them, or move their targets into it`);
  }
  if (succinct === undefined) return undefined;
  const { bit_length: bitLength, name_prefix: namePrefix, keyids, threshold } = succinct;
  const fault = [
    namePrefix !== role && `has bins that are named ${shownName(namePrefix)}-…; name them after the role`,
    bitLength > MAX_BIT_LENGTH && `has 2^${bitLength} bins below it; make that at most 2^${MAX_BIT_LENGTH}`,
    !isSameDelegation(delegation, { keys, keyids, threshold }) &&
      "has bins with other keys or another threshold than its own; give them the role's",
    Object.keys(targets).length > 0 && "holds targets beside its bins; move them into these",
  ].find((reason) => reason !== false);
  if (fault !== undefined) throw unsupported(role, fault);
  return { bitLength, namePrefix };
}

/** A custom role as it is kept here: whoever comes to its bins looks no further, whatever it says itself (TAP 15). */
export function keptRole(
  { role: name, paths, terminating }: ForeignCustom,
  bins: HashBins | undefined,
): Omit<CustomRole, "expiry"> {
  return bins === undefined
    ? { name, paths, terminating }
    : { name, paths, terminating: true, bitLength: bins.bitLength };
}

function isSameDelegation(one: Delegation, other: Delegation): boolean {
  const [left, right] = [one, other].map(({ keyids: keyIds, threshold }) => ({ keyIds, threshold }));
  const voice = ({ keys }: Delegation, keyId: string) => {
    return Object.hasOwn(keys, keyId) ? voiceOf(keys[keyId]!) : undefined;
  };
  return isSameTrust(left!, right!) && one.keyids.every((keyId) => voice(one, keyId) === voice(other, keyId));
}

export function unsupported(role: string, reason: string): TufError {
  return new TufError("UNSUPPORTED_DELEGATION", `role ${shownName(role)} ${reason}, then import`);
}

const SHOWN_NAMES = 5;

function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map(shownName).join(", ");
  return names.length > SHOWN_NAMES ? `${shown} and ${names.length - SHOWN_NAMES} more` : shown;
}

function shownName(name: string): string {
  return `"${shownPath(name)}"`;
}
