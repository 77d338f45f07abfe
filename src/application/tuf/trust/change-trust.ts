import { ROOTED_ROLES, TRUSTED_ROLES } from "../../../../domain/tuf/trust.js";
import { changedTrust, type TrustChange } from "../../../../domain/tuf/trust-change.js";
import { type BinsTrustPorts, changeBinsTrust } from "./change-bins-trust.js";
import { changeCustomTrust } from "./change-custom-trust.js";
import type { DelegationPorts } from "../delegations/commit-delegations.js";
import { existingRepository } from "../existing-repository.js";
import { proposeRoot } from "./propose-root.js";
import type { SigningPorts, SigningStatus } from "./signing-status.js";

export type TrustPorts = SigningPorts & BinsTrustPorts & DelegationPorts;

/**
 * Changes who signs what: what root states is proposed as the next root and takes effect once that is signed, the trust of
 * bins and of custom roles changes at once. All changes are checked as a whole before the first step.
 * @returns the root that awaits signatures; `undefined` where root states none of it
 * @throws {TufError} UNKNOWN_ROLE, INVALID_TRUST, ROOT_UNSIGNED, SIGNING_EVENT_OPEN, PUBLISH_CONTENDED, REPOSITORY_NOT_FOUND
 */
export async function changeTrust(
  ports: TrustPorts,
  name: string,
  changes: readonly TrustChange[],
): Promise<SigningStatus | undefined> {
  changedTrust(await existingRepository(ports.store, name), changes);
  const rooted = ROOTED_ROLES.flatMap((role) => changesOf(changes, role));
  const proposed = rooted.length === 0 ? undefined : await proposeRoot(ports, name, { changes: rooted });
  const ofBins = changesOf(changes, "bins");
  if (ofBins.length > 0) await changeBinsTrust(ports, name, ofBins);
  const known: readonly string[] = TRUSTED_ROLES;
  const custom = new Set(changes.map(({ role }) => role).filter((role) => !known.includes(role)));
  for (const role of custom) await changeCustomTrust(ports, name, role, changesOf(changes, role));
  return proposed;
}

function changesOf<R extends string>(changes: readonly TrustChange[], role: R): readonly TrustChange<R>[] {
  return changes.filter((change): change is TrustChange<R> => change.role === role);
}
