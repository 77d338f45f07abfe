import { binsBelow, type CustomRole } from "../../../../domain/tuf/custom-role.js";
import { type Alteration, changedRoles, customRole } from "../../../../domain/tuf/delegation-change.js";
import { TufError } from "../../../../domain/tuf/errors.js";
import { binNames } from "../../../../domain/tuf/hash-bins.js";
import { withRolesBelow } from "../../../../domain/tuf/nested-roles.js";
import { speaksFor } from "../../../../domain/tuf/role-search.js";
import { shownPath } from "../../../../domain/tuf/target-path.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { commitDelegations, type DelegationPorts, restating } from "./commit-delegations.js";

/**
 * Changes what paths a custom role speaks for, whether it is terminating, how long its metadata lives, or where it stands
 * among the others. The next publish states it; the role itself need not be signed for it, but those that it is below.
 * @throws {TufError} UNKNOWN_ROLE, INVALID_DELEGATION also where it, or one below it, holds a target that it would no longer speak for,
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
    const altered = customRole(roles, role);
    // Nobody states how long metadata lives.
    const { expiry: _, ...stated } = to;
    const change = { roles, updates: Object.keys(stated).length === 0 ? [] : restating(repository, altered) };
    if (to.paths === undefined) return change;
    for (const holder of withRolesBelow(roles, role)) {
      for await (const path of heldPaths(ports.store, name, holder)) {
        if (speaksFor(altered, path)) continue;
        const held = `role ${holder.name} holds "${shownPath(path)}"`;
        throw new TufError("INVALID_DELEGATION", `${held}, which ${role} would not speak for`);
      }
    }
    return change;
  });
}

const BINS_AT_A_TIME = 256;

/** The paths of a role's targets, its own or those of its bins. */
async function* heldPaths(
  store: Pick<TufStore, "roleStates">,
  repository: string,
  role: CustomRole,
): AsyncGenerator<string> {
  const bins = binsBelow(role);
  const holders = bins === undefined ? [role.name] : binNames(bins);
  for (let start = 0; start < holders.length; start += BINS_AT_A_TIME) {
    const states = await store.roleStates(repository, holders.slice(start, start + BINS_AT_A_TIME));
    for (const { targets } of states) yield* targets.keys();
  }
}
