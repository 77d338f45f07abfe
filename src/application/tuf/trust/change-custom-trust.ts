import { firstTrust, isSameTrust, succeeding } from "../../../../domain/tuf/trust.js";
import { customRole } from "../../../../domain/tuf/delegation-change.js";
import { changedTrust, checkNotRevoked, type TrustChange } from "../../../../domain/tuf/trust-change.js";
import { commitDelegations, type DelegationPorts, restating } from "../delegations/commit-delegations.js";

/**
 * Changes who signs a custom role. It takes effect with the role's next metadata, which is signed with the new keys and
 * published together with the `targets` that states them; until then the former stay stated. Former keys are not needed. A role
 * that is below others is stated by these, which then have to be signed, too.
 * @returns whether anything differs
 * @throws {TufError} UNKNOWN_ROLE, INVALID_TRUST, PUBLISH_CONTENDED, REPOSITORY_NOT_FOUND
 */
export async function changeCustomTrust(
  ports: DelegationPorts,
  name: string,
  role: string,
  changes: readonly TrustChange[],
): Promise<boolean> {
  const revoked = await ports.trust.revokedKeys(name);
  return commitDelegations(ports, name, async (repository) => {
    const changed = customRole(repository.customRoles, role);
    const { keys, trust } = changedTrust(repository, changes);
    const [current, next] = [repository.trust[role]!, trust[role]!];
    checkNotRevoked(next.keyIds, revoked);
    if (isSameTrust(current, next)) return undefined;
    // Bins come into snapshots one by one, so that former keys sign them along until the role states the new ones.
    const kept =
      changed.bitLength === undefined
        ? { ...firstTrust(next), version: current.version + 1 }
        : succeeding(current, next, ports.clock.now());
    const named = Object.fromEntries([...next.keyIds, ...kept.retiring].map((keyId) => [keyId, keys[keyId]!]));
    const update = { role, trust: kept, keys: named };
    return { roles: repository.customRoles, updates: [update, ...restating(repository, changed)] };
  });
}
