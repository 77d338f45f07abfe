import { catchAllName } from "../../../../domain/tuf/custom-role.js";
import { changedRoles, customRole } from "../../../../domain/tuf/delegation-change.js";
import { withRolesBelow } from "../../../../domain/tuf/nested-roles.js";
import { commitDelegations, delegatedName, type DelegationPorts, restating } from "./commit-delegations.js";

export interface RemoveOptions {
  /** Whether targets may go, the role's and those of roles below it; otherwise there must be none. */
  readonly withTargets?: boolean;
}

/**
 * Ends a delegation, and those below it: with the next publish clients ask the role no more; the roles that it is below have to be
 * signed for that. Snapshots go on listing it (TUF 1.0.33 §5.5.5), and
 * a role of that name that comes later continues its versions. Without custom roles the hash bins are again directly below
 * `targets`.
 * @throws {TufError} UNKNOWN_ROLE, ROLE_NOT_EMPTY, PUBLISH_CONTENDED, REPOSITORY_NOT_FOUND
 */
export async function removeDelegation(
  ports: DelegationPorts,
  name: string,
  role: string,
  { withTargets = false }: RemoveOptions = {},
): Promise<void> {
  await commitDelegations(ports, name, async (repository) => {
    const { customRoles } = repository;
    const roles = changedRoles(customRoles, { change: "remove", name: role }, repository);
    const catchAll = roles.length === 0 ? [{ name: catchAllName(repository), kind: "catch-all" } as const] : [];
    const retired = [...withRolesBelow(customRoles, role).map(delegatedName), ...catchAll];
    return { roles, retired, withTargets, updates: restating(repository, customRole(customRoles, role)) };
  });
}
