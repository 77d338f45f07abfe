import type { Clock } from "../../../../domain/distinction/clock.js";
import { isSameTrust, succeeding } from "../../../../domain/tuf/trust.js";
import { changedTrust, checkNotRevoked, type TrustChange } from "../../../../domain/tuf/trust-change.js";
import type { TrustStore } from "../../../../domain/tuf/trust-store.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { existingRepository } from "../existing-repository.js";
import { type Attempt, type Contention, untilCommitted } from "../until-committed.js";

export interface BinsTrustPorts extends Contention {
  readonly store: Pick<TufStore, "repository">;
  readonly trust: Pick<TrustStore, "commitBinsTrust" | "revokedKeys">;
  readonly clock: Clock;
}

/**
 * Changes who signs the bins; no root is needed, since `targets` states it. The publishes that follow sign every bin with
 * the new keys and the old, then `targets`: clients accept every state on the way.
 * @returns whether anything differs
 * @throws {TufError} INVALID_TRUST, PUBLISH_CONTENDED, REPOSITORY_NOT_FOUND
 */
export async function changeBinsTrust(
  ports: BinsTrustPorts,
  name: string,
  changes: readonly TrustChange<"bins">[],
): Promise<boolean> {
  const { store, trust, clock } = ports;
  const revoked = await trust.revokedKeys(name);
  return untilCommitted(`trust of bins of ${name}`, ports, async (): Promise<Attempt<boolean>> => {
    const repository = await existingRepository(store, name);
    const { bins: current } = repository.trust;
    const { trust: next, keys } = changedTrust(repository, changes);
    checkNotRevoked(next.bins.keyIds, revoked);
    if (isSameTrust(current, next.bins)) return { outcome: "done", value: false };
    const update = { role: "bins", trust: succeeding(current, next.bins, clock.now()), keys } as const;
    const outcome = await trust.commitBinsTrust(name, update);
    return outcome === "stale" ? { outcome, metadataVersion: current.version } : { outcome: "done", value: true };
  });
}
