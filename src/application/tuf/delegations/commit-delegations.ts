import type { CustomRole } from "../../../../domain/tuf/custom-role.js";
import { rolesAbove } from "../../../../domain/tuf/nested-roles.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import { firstTrust } from "../../../../domain/tuf/trust.js";
import type { DelegatedName, DelegationCommit, TrustStore, TrustUpdate } from "../../../../domain/tuf/trust-store.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { existingRepository } from "../existing-repository.js";
import { type Attempt, type Contention, untilCommitted } from "../until-committed.js";

export interface DelegationPorts extends Contention {
  readonly store: Pick<TufStore, "repository" | "roleStates">;
  readonly trust: Pick<TrustStore, "commitDelegations" | "revokedKeys">;
}

type Change = Pick<DelegationCommit, "roles"> & Partial<DelegationCommit>;

/**
 * Changes the custom roles of a repository; one that another change comes before is made again of what is there then.
 * @param changeOf `undefined`: nothing is to change
 * @returns whether anything changed
 * @throws {TufError} PUBLISH_CONTENDED, REPOSITORY_NOT_FOUND, and what `changeOf` throws
 */
export function commitDelegations(
  { store, trust, clock, random }: DelegationPorts,
  name: string,
  changeOf: (repository: TufRepository) => Promise<Change | undefined>,
): Promise<boolean> {
  return untilCommitted(`custom roles of ${name}`, { clock, random }, async (): Promise<Attempt<boolean>> => {
    const repository = await existingRepository(store, name);
    const change = await changeOf(repository);
    if (change === undefined) return { outcome: "done", value: false };
    const follows = repository.targetsVersion;
    const whole = { follows, added: [], retired: [], updates: [], withTargets: false, ...change };
    const outcome = await trust.commitDelegations(name, whole);
    return outcome === "stale" ? { outcome, metadataVersion: follows } : { outcome: "done", value: true };
  });
}

/**
 * The roles that a custom role is below, each to be signed anew with the keys that it has: what they state of the ones below them
 * changes, and is published with these.
 */
export function restating(
  { customRoles, trust, keys }: TufRepository,
  role: Pick<CustomRole, "name" | "above">,
): readonly TrustUpdate[] {
  return rolesAbove(customRoles, role).map(({ name }) => {
    const { keyIds, threshold, version } = trust[name]!;
    return {
      role: name,
      trust: { ...firstTrust({ keyIds, threshold }), version: version + 1 },
      keys: Object.fromEntries(keyIds.map((keyId) => [keyId, keys[keyId]!])),
    };
  });
}

/** A custom role as it comes or goes, with the bins below it. */
export function delegatedName({ name, bitLength }: CustomRole): DelegatedName {
  return { name, kind: "custom", ...(bitLength === undefined ? {} : { bitLength }) };
}
