import { binsBelow, type CustomRole } from "./custom-role.js";
import { rolesAbove } from "./nested-roles.js";
import { matchesLoosely, matchesPattern } from "./path-pattern.js";

type Speaking = Pick<CustomRole, "name" | "above" | "paths">;
type Asked = Speaking & Pick<CustomRole, "terminating">;

/** Whether the role may speak of a path, as far as its own patterns go. */
export function speaksFor({ paths }: Pick<CustomRole, "paths">, path: string): boolean {
  return paths.some((pattern) => matchesPattern(pattern, path));
}

/**
 * The role that a path belongs to: of those that `targets` delegates to the first that may speak of it, then of those that this
 * one delegates to, and so on down; `undefined` where that is a hash bin. No client meets a terminating role before.
 */
export function customRoleOf<R extends Speaking>(roles: readonly R[], path: string): R | undefined {
  let owner: R | undefined;
  for (;;) {
    const next: R | undefined = roles.find((role) => role.above === owner?.name && speaksFor(role, path));
    if (next === undefined) return owner;
    owner = next;
  }
}

/**
 * Most roles that clients ask for a path after `targets`, where nobody configured them otherwise: `maxDelegations` of tuf-js,
 * `max_delegations` of python-tuf, `MaxDelegations` of go-tuf. The next one is not asked.
 */
export const MAX_ASKED = 32;

/** The roles that a client asks for a path. */
export interface Search<R> {
  /** In their order, until one of them knows it, or `MAX_ASKED` of them do not. */
  readonly roles: readonly R[];
  /** The terminating role that ends the search; `undefined` where the hash bins are asked after all. */
  readonly end: R | undefined;
}

/**
 * A pre-order depth-first search (TUF 1.0.33 §5.6.7): who is below a role is asked where that role speaks for the path, and
 * after a terminating role nobody is asked but those below it.
 */
export function searchOrder<R extends Asked>(roles: readonly R[], path: string): Search<R> {
  return searchBy(roles, (role) => speaksFor(role, path));
}

/** As `searchOrder` for roles that speak for paths in other ways, too. */
export function searchBy<R extends Pick<CustomRole, "name" | "terminating"> & { readonly above?: string }>(
  roles: readonly R[],
  speaks: (role: R) => boolean,
): Search<R> {
  const asked: R[] = [];
  const names = new Set<string>();
  let end: R | undefined;
  let inside = new Set<string>();
  for (const role of roles) {
    const { above } = role;
    if (above !== undefined && !names.has(above)) continue;
    if (!speaks(role)) continue;
    if (end !== undefined && (above === undefined || !inside.has(above))) break;
    asked.push(role);
    names.add(role.name);
    inside.add(role.name);
    if (!role.terminating) continue;
    end = role;
    inside = new Set([role.name]);
  }
  return { roles: asked, end };
}

/**
 * Whether clients come to a role before they have asked as many as they ask at most.
 * @param role one of the roles of the search; where none is given, the role that the hash bins are below
 * @param isBin whether a bin below that role is meant, which is one role more
 */
export function isWithinLimit(
  { roles }: Search<Pick<CustomRole, "name">>,
  role: string | undefined,
  isBin: boolean,
): boolean {
  const before = role === undefined ? roles.length : roles.findIndex(({ name }) => name === role);
  return before + (isBin ? 2 : 1) <= MAX_ASKED;
}

/**
 * Why some clients would not find a path where it belongs, or `undefined`. They disagree about wildcards and hidden files:
 * roles that only some of them ask end the search of these, a terminating one at once, many by their number.
 */
export function hiddenPathFault(roles: readonly CustomRole[], path: string): string | undefined {
  const owner = customRoleOf(roles, path);
  const passed = owner === undefined ? [] : rolesAbove(roles, owner);
  const before = owner === undefined ? roles : roles.slice(0, roles.indexOf(owner));
  const hiding = before.find((role) => {
    if (!role.terminating || passed.includes(role)) return false;
    return [...rolesAbove(roles, role), role].every(({ paths }) => paths.some((one) => matchesLoosely(one, path)));
  });
  if (hiding !== undefined) {
    return `clients disagree whether the terminating role ${hiding.name} speaks for it: wildcards and a leading dot`;
  }
  const loose = searchBy(roles, ({ paths }) => paths.some((one) => matchesLoosely(one, path)));
  const isBin = owner === undefined || binsBelow(owner) !== undefined;
  if (isWithinLimit(loose, owner?.name, isBin)) return undefined;
  return `clients ask at most ${MAX_ASKED} roles for a path, some of them others: wildcards and a leading dot`;
}
