import { catchAllName } from "../../../../domain/tuf/custom-role.js";
import { changedRoles, customRole } from "../../../../domain/tuf/delegation-change.js";
import { commitDelegations, delegatedName, type DelegationPorts } from "./commit-delegations.js";

export interface RemoveOptions {
  /** Whether the role's targets may go with it; otherwise it must have none. */
  readonly withTargets?: boolean;
}

/**
 * Ends a delegation: with the next publish clients ask the role no more. Snapshots go on listing it (TUF 1.0.33 §5.5.5), and
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
    const roles = changedRoles(repository.customRoles, { change: "remove", name: role }, repository);
    const catchAll = roles.length === 0 ? [{ name: catchAllName(repository), kind: "catch-all" } as const] : [];
    return { roles, retired: [delegatedName(customRole(repository.customRoles, role)), ...catchAll], withTargets };
  });
}
