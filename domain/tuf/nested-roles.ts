import type { CustomRole } from "./custom-role.js";
import { TufError } from "./errors.js";

/**
 * Custom roles that custom roles delegate to. A list of them holds each role directly before all that is below it: the order
 * in which clients search (TUF 1.0.33 §5.6.7, a pre-order depth-first search).
 */
type Nested = Pick<CustomRole, "name" | "above">;

/** Most roles one below the other. Clients ask some 32 roles for a path, and every level of the tree is one of these. */
export const MAX_DEPTH = 8;

/** The roles that a custom role delegates to, or `targets` where none is given, in their order. */
export function delegatedBy<R extends Nested>(roles: readonly R[], above?: string): readonly R[] {
  return roles.filter((role) => role.above === above);
}

/** The roles from the one that `targets` delegates to down to the one that delegates to this; none for the first of them. */
export function rolesAbove<R extends Nested>(roles: readonly R[], { above }: Nested): readonly R[] {
  const parent = above === undefined ? undefined : roles.find(({ name }) => name === above);
  return parent === undefined ? [] : [...rolesAbove(roles, parent), parent];
}

/** A role and all that is below it, in their order. */
export function withRolesBelow<R extends Nested>(roles: readonly R[], name: string): readonly R[] {
  const inside = new Set([name]);
  return roles.filter((role) => {
    if (role.above !== undefined && inside.has(role.above)) inside.add(role.name);
    return inside.has(role.name);
  });
}

/**
 * @throws {TufError} INVALID_DELEGATION where roles have bins below them and other roles too, or are too deep below one another
 */
export function checkNesting(roles: readonly CustomRole[]): void {
  for (const role of roles) {
    const above = rolesAbove(roles, role);
    const parent = above.at(-1);
    // Metadata has either succinct bins or listed roles (TAP 15).
    if (parent?.bitLength !== undefined) {
      throw new TufError(
        "INVALID_DELEGATION",
        `role ${role.name}: ${parent.name} has bins below it, and no other roles`,
      );
    }
    if (above.length < MAX_DEPTH) continue;
    throw new TufError("INVALID_DELEGATION", `role ${role.name}: at most ${MAX_DEPTH} roles one below the other`);
  }
}
