import type { CustomRole } from "../../../../domain/tuf/custom-role.js";
import { TufError } from "../../../../domain/tuf/errors.js";
import { binNames, binOf, type HashBins, MAX_BIT_LENGTH } from "../../../../domain/tuf/hash-bins.js";
import { toHex } from "../../../../domain/tuf/hex.js";
import { voiceOf } from "../../../../domain/tuf/key.js";
import type { DelegatedRole, SuccinctRoles, TargetsSigned } from "../../../../domain/tuf/metadata-document.js";
import { partitionOf, type StatedBins, statedBins } from "../../../../domain/tuf/prefix-bins.js";
import { shownPath } from "../../../../domain/tuf/target-path.js";
import type { Delegation } from "../../../../domain/tuf/threshold.js";
import { isSameTrust } from "../../../../domain/tuf/trust.js";

/** A delegated role that holds targets by the hash of their path. */
export interface ForeignBin {
  readonly name: string;
  readonly delegation: Delegation;
  readonly terminating: boolean;
  /** Whether a path with this digest is the role's to speak of. */
  readonly holds: (digest: Uint8Array) => boolean;
}

/** A role that is delegated to by path patterns. */
export interface ForeignCustom extends Pick<CustomRole, "name" | "above" | "paths" | "terminating"> {
  readonly delegation: Delegation;
}

export type Foreign = ForeignBin | ForeignCustom;

export function isBin(role: Foreign): role is ForeignBin {
  return "holds" in role;
}

/** Metadata that delegates, with the name of its file. */
export interface Delegating {
  readonly role: string;
  readonly file: string;
  readonly signed: TargetsSigned;
}

/**
 * The roles that `targets` delegates to, in the order in which clients ask them (TUF 1.0.33 §5.6.7).
 * @throws {TufError} UNSUPPORTED_DELEGATION where bins hide a custom role, or are not 2^n equal parts of all paths
 */
export function foreignDelegations(targets: Delegating): readonly Foreign[] {
  const { delegations } = targets.signed;
  if (delegations === undefined) return [];
  const { keys, succinct_roles: succinct, roles = [] } = delegations;
  if (succinct !== undefined) return succinctBins(targets, succinct, keys);
  const all = roles.map((role) => listedRole(role, keys));
  const partition = partitionOf(roles.filter((role) => role.path_hash_prefixes !== undefined));
  if (all.some(isBin) && "fault" in partition) {
    throw unsupported(
      targets,
      `has bins by hash prefixes that are not 2^n equal parts of all paths: ${partition.fault}`,
    );
  }
  const last = all.findIndex((role) => isBin(role) && role.terminating);
  const behind = all.slice(last + 1).find((role) => !isBin(role));
  if (last < 0 || behind === undefined) return all;
  const names = `${shownName(behind.name)} after ${shownName(all[last]!.name)}`;
  throw unsupported(targets, `lists role ${names}, a terminating hash bin; list it before the bins`);
}

/**
 * The custom roles that a custom role delegates to, in their order.
 * @throws {TufError} UNSUPPORTED_DELEGATION for one without path patterns
 */
export function foreignRolesBelow(delegating: Delegating): readonly ForeignCustom[] {
  const { keys = {}, roles = [] } = delegating.signed.delegations ?? {};
  return roles.map((stated) => {
    const role = listedRole(stated, keys);
    if (!isBin(role)) return { ...role, above: delegating.role };
    throw unsupported(delegating, `delegates to ${shownName(role.name)} by hash prefixes beside other roles`);
  });
}

function listedRole(
  { name, keyids, threshold, terminating, paths = [], path_hash_prefixes: prefixes }: DelegatedRole,
  keys: Delegation["keys"],
): Foreign {
  const common = { name, delegation: { keys, keyids, threshold }, terminating };
  if (prefixes === undefined) return { ...common, paths };
  return { ...common, holds: (digest) => prefixes.some((prefix) => toHex(digest).startsWith(prefix)) };
}

/** Clients look no further than succinct roles (TAP 15). */
function succinctBins(
  delegating: Delegating,
  succinct: SuccinctRoles,
  keys: Delegation["keys"],
): readonly ForeignBin[] {
  const bins = { bitLength: succinct.bit_length, namePrefix: succinct.name_prefix };
  checkBitLength(delegating, bins);
  const delegation = { ...succinct, keys };
  return binNames(bins).map((name): ForeignBin => {
    return { name, delegation, terminating: true, holds: (digest) => binOf(bins, digest) === name };
  });
}

function checkBitLength(delegating: Delegating, { bitLength }: HashBins): void {
  if (bitLength <= MAX_BIT_LENGTH) return;
  throw unsupported(delegating, `has 2^${bitLength} bins below it; make that at most 2^${MAX_BIT_LENGTH}`);
}

/**
 * The bins that the only bin of all is above, and that hold what it would hold: such a one stands where other roles are listed
 * beside succinct bins. None where it holds targets itself.
 * @throws {TufError} UNSUPPORTED_DELEGATION
 */
export function binsBelowOnly(bin: Delegating): readonly ForeignBin[] {
  const { targets, delegations } = bin.signed;
  if (delegations === undefined || !areBins(delegations) || Object.keys(targets).length > 0) return [];
  return foreignDelegations(bin).filter(isBin);
}

/**
 * @throws {TufError} UNSUPPORTED_DELEGATION
 */
export function checkNoDelegations(bin: Delegating): void {
  const { succinct_roles: succinct, roles = [] } = bin.signed.delegations ?? {};
  if (succinct === undefined && roles.length === 0) return;
  const names = succinct === undefined ? roles.map(({ name }) => name) : [`${succinct.name_prefix}-…`];
  throw unsupported(bin, `is a hash bin and delegates to ${shownNames(names)}; move their targets into it`);
}

/**
 * The bins below a custom role, as its own metadata states them; `undefined` where it has none.
 * @throws {TufError} UNSUPPORTED_DELEGATION for bins that a custom role cannot have here
 */
export function binsBelowForeign(
  { delegation }: ForeignCustom,
  own: Delegating,
): Pick<StatedBins, "bins" | "terminating"> | undefined {
  const { targets, delegations } = own.signed;
  if (delegations === undefined || !areBins(delegations)) return undefined;
  const partition = partitionOf(delegations.roles ?? []);
  if (delegations.succinct_roles === undefined && "fault" in partition) {
    throw unsupported(own, `has bins by hash prefixes that are not 2^n equal parts of all paths: ${partition.fault}`);
  }
  const stated = statedBins(delegations);
  if (stated === undefined) {
    throw unsupported(own, "has bins by hash prefixes that are not named x-0 and so on, or with different keys");
  }
  const { bins, trust, terminating } = stated;
  checkBitLength(own, bins);
  const { keyIds: keyids, threshold } = trust;
  const fault = [
    !isSameDelegation(delegation, { keys: delegations.keys, keyids, threshold }) &&
      "has bins with other keys or another threshold than its own; give them the role's",
    Object.keys(targets).length > 0 && "holds targets beside its bins; move them into these",
  ].find((reason) => reason !== false);
  if (fault !== undefined) throw unsupported(own, fault);
  return { bins, terminating };
}

/** Whether what metadata delegates to are hash bins, and no custom roles. */
function areBins({ succinct_roles: succinct, roles = [] }: NonNullable<TargetsSigned["delegations"]>): boolean {
  if (succinct !== undefined) return true;
  return roles.length > 0 && roles.every((role) => role.path_hash_prefixes !== undefined);
}

/** A custom role as it is kept here: whoever comes to its bins looks no further, whatever it says itself (TAP 15). */
export function keptRole(
  { name, above, paths, terminating }: ForeignCustom,
  bins: HashBins | undefined,
): Omit<CustomRole, "expiry"> {
  const role = { name, ...(above === undefined ? {} : { above }), paths };
  return bins === undefined
    ? { ...role, terminating }
    : { ...role, terminating: true, bitLength: bins.bitLength, binPrefix: bins.namePrefix };
}

function isSameDelegation(one: Delegation, other: Delegation): boolean {
  const [left, right] = [one, other].map(({ keyids: keyIds, threshold }) => ({ keyIds, threshold }));
  const voice = ({ keys }: Delegation, keyId: string) => {
    return Object.hasOwn(keys, keyId) ? voiceOf(keys[keyId]!) : undefined;
  };
  return isSameTrust(left!, right!) && one.keyids.every((keyId) => voice(one, keyId) === voice(other, keyId));
}

/** @param file where what is not supported is stated, if that is one file */
export function unsupported({ role, file }: Pick<Delegating, "role"> & Partial<Delegating>, reason: string): TufError {
  const where = file === undefined ? "" : ` (${file})`;
  return new TufError("UNSUPPORTED_DELEGATION", `role ${shownName(role)}${where} ${reason}, then import`);
}

const SHOWN_NAMES = 5;

function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map(shownName).join(", ");
  return names.length > SHOWN_NAMES ? `${shown} and ${names.length - SHOWN_NAMES} more` : shown;
}

function shownName(name: string): string {
  return `"${shownPath(name)}"`;
}
