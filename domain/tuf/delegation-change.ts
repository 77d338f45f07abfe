import { checkCustomName, checkNamesOfBins, checkPatterns, type CustomRole } from "./custom-role.js";
import { TufError } from "./errors.js";
import { expiryFault, type RoleExpiry } from "./expiry.js";
import type { HashBins } from "./hash-bins.js";
import { checkNesting, withRolesBelow } from "./nested-roles.js";

/**
 * One step from a repository's custom roles to others. Where a role stands matters: the first that matches a path has it. A role
 * that moves or goes takes along what is below it.
 */
export type DelegationChange =
  | { readonly change: "add"; readonly role: CustomRole; readonly before?: string }
  | { readonly change: "alter"; readonly name: string; readonly to: Alteration }
  | { readonly change: "remove"; readonly name: string };

/** What is not given stays as it is. */
export interface Alteration {
  readonly paths?: readonly string[];
  readonly terminating?: boolean;
  readonly expiry?: RoleExpiry;
  /** The role that it is to stand before, of those that the same role delegates to; `null`: last of these. */
  readonly before?: string | null;
}

/**
 * The custom roles after a change, in their order. Pure: `roles` stays as it is.
 * @throws {TufError} INVALID_NAME, INVALID_DELEGATION, DELEGATION_EXISTS, UNKNOWN_ROLE
 */
export function changedRoles(
  roles: readonly CustomRole[],
  change: DelegationChange,
  bins: Pick<HashBins, "namePrefix">,
): readonly CustomRole[] {
  switch (change.change) {
    case "add": {
      const { role, before = null } = change;
      checkCustomName(role.name, bins);
      // Compared without case: see `checkCustomName`.
      const same = roles.find(({ name }) => name.toLowerCase() === role.name.toLowerCase());
      if (same !== undefined) throw new TufError("DELEGATION_EXISTS", `there is a custom role ${same.name} already`);
      if (role.above !== undefined) customRole(roles, role.above);
      const next = placed(roles, [checked(role)], before);
      checkNamesOfBins(next, bins);
      checkNesting(next);
      return next;
    }
    case "alter": {
      const current = customRole(roles, change.name);
      const { before, ...to } = change.to;
      const next = checked({ ...current, ...to });
      if (before === undefined) return roles.map((role) => (role === current ? next : role));
      return placed(without(roles, current.name), [next, ...withRolesBelow(roles, current.name).slice(1)], before);
    }
    case "remove":
      return without(roles, customRole(roles, change.name).name);
  }
}

/**
 * @throws {TufError} UNKNOWN_ROLE
 */
export function customRole<R extends CustomRole>(roles: readonly R[], name: string): R {
  const found = roles.find((role) => role.name === name);
  if (found === undefined) throw new TufError("UNKNOWN_ROLE", `there is no custom role ${JSON.stringify(name)}`);
  return found;
}

function checked(role: CustomRole): CustomRole {
  const { name, above, paths, terminating, expiry, bitLength, binPrefix = name } = role;
  checkPatterns(name, paths);
  const wrongExpiry = expiryFault(expiry);
  if (wrongExpiry !== undefined) throw new TufError("INVALID_DELEGATION", `role ${name}: ${wrongExpiry}`);
  const { lifetime, renewBefore } = expiry;
  // TAP 15: the search of clients ends at a succinct role.
  if (bitLength !== undefined && !terminating) {
    throw new TufError("INVALID_DELEGATION", `role ${name}: clients look no further than bins, so it is terminating`);
  }
  const naming = binPrefix === name ? {} : { binPrefix };
  const bins = bitLength === undefined ? {} : { bitLength, ...naming };
  const below = above === undefined ? {} : { above };
  return { name, ...below, paths: [...paths], terminating, expiry: { lifetime, renewBefore }, ...bins };
}

function without(roles: readonly CustomRole[], name: string): readonly CustomRole[] {
  const going = withRolesBelow(roles, name);
  return roles.filter((role) => !going.includes(role));
}

/** A role with all below it goes before another one that the same role delegates to, or behind these. */
function placed(
  roles: readonly CustomRole[],
  [role, ...below]: readonly [CustomRole, ...CustomRole[]],
  before: string | null,
): readonly CustomRole[] {
  const index = before === null ? endOf(roles, role.above) : roles.indexOf(sibling(roles, role, before));
  return [...roles.slice(0, index), role, ...below, ...roles.slice(index)];
}

function endOf(roles: readonly CustomRole[], above: string | undefined): number {
  return above === undefined ? roles.length : roles.indexOf(withRolesBelow(roles, above).at(-1)!) + 1;
}

function sibling(roles: readonly CustomRole[], { name, above }: CustomRole, before: string): CustomRole {
  const found = customRole(roles, before);
  if (found.above === above) return found;
  throw new TufError("INVALID_DELEGATION", `role ${name}: ${before} is delegated to by ${found.above ?? "targets"}`);
}
