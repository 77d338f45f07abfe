import { speaksFor } from "../../domain/tuf/custom-role.js";
import { type Alteration, changedRoles, customRole } from "../../domain/tuf/delegation-change.js";
import { TufError } from "../../domain/tuf/errors.js";
import { shownPath } from "../../domain/tuf/target-path.js";
import { commitDelegations, type DelegationPorts } from "./commit-delegations.js";

/**
 * Changes what paths a custom role speaks for, whether it is terminating, how long its metadata lives, or where it stands
 * among the others. The next publish states it; the role itself need not be signed for it.
 * @throws {TufError} UNKNOWN_ROLE, INVALID_DELEGATION also where it holds a target that it would no longer speak for,
 *   PUBLISH_CONTENDED, REPOSITORY_NOT_FOUND
 */
export async function alterDelegation(
  ports: DelegationPorts,
  name: string,
  role: string,
  to: Alteration,
): Promise<void> {
  await commitDelegations(ports, name, async (repository) => {
    const roles = changedRoles(repository.customRoles, { change: "alter", name: role, to }, repository);
    const [state] = to.paths === undefined ? [] : await ports.store.roleStates(name, [role]);
    const stray = [...(state?.targets.keys() ?? [])].find((path) => !speaksFor(customRole(roles, role), path));
    if (stray === undefined) return { roles };
    throw new TufError("INVALID_DELEGATION", `role ${role} holds "${shownPath(stray)}", which it would not speak for`);
  });
}
