import { ROOTED_ROLES, type TrustedRole } from "../../domain/tuf/trust.js";
import { changedTrust, type TrustChange } from "../../domain/tuf/trust-change.js";
import { type BinsTrustPorts, changeBinsTrust } from "./change-bins-trust.js";
import { existingRepository } from "./existing-repository.js";
import { proposeRoot } from "./propose-root.js";
import type { SigningPorts, SigningStatus } from "./signing-status.js";

export type TrustPorts = SigningPorts & BinsTrustPorts;

/**
 * Changes who signs what: what root states is proposed as the next root and takes effect once that is signed, the trust of
 * bins changes at once. All changes are checked as a whole before the first step.
 * @returns the root that awaits signatures; `undefined` where root states none of it
 * @throws {TufError} INVALID_TRUST, ROOT_UNSIGNED, SIGNING_EVENT_OPEN, PUBLISH_CONTENDED, REPOSITORY_NOT_FOUND
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
  return proposed;
}

function changesOf<R extends TrustedRole>(changes: readonly TrustChange[], role: R): readonly TrustChange<R>[] {
  return changes.filter((change): change is TrustChange<R> => change.role === role);
}
