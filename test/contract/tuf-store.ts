import { beforeEach, describe, expect } from "vitest";
import type { TargetEdits } from "../../domain/tuf/target-edits.js";
import type { TrustStore } from "../../domain/tuf/trust-store.js";
import type { TufStore } from "../../domain/tuf/tuf-store.js";
import { TufStoreBench } from "./tuf-store-bench.js";
import { tufDelegationContract } from "./tuf-store-delegations.js";
import { tufEditsContract } from "./tuf-store-edits.js";
import { firstRoles, repositoryNamed } from "./tuf-store-fixture.js";
import { tufRoleBinsContract } from "./tuf-store-role-bins.js";
import { tufSigningContract } from "./tuf-store-signing.js";
import { tufSnapshotContract } from "./tuf-store-snapshots.js";
import { tufTakenOverContract } from "./tuf-store-taken-over.js";
import { tufTransitionContract } from "./tuf-store-transitions.js";
import { tufTrustContract } from "./tuf-store-trust.js";

export interface TufStoreUnderTest {
  readonly store: TufStore;
  readonly trust: TrustStore;
  readonly edits: TargetEdits;
}

/**
 * What every implementation of `TufStore` and `TargetEdits` keeps.
 * @param makeStore two ports over one empty database; called before each test
 */
export function tufStoreContract(name: string, makeStore: () => Promise<TufStoreUnderTest>): void {
  describe(`TufStore: ${name}`, () => {
    const bench = new TufStoreBench();

    beforeEach(async () => {
      Object.assign(bench, await makeStore());
      expect(await bench.store.createRepository(repositoryNamed("main"), firstRoles())).toBe("created");
    });

    tufEditsContract(bench);
    tufSigningContract(bench);
    tufSnapshotContract(bench);
    tufTrustContract(bench);
    tufTransitionContract(bench);
    tufDelegationContract(bench);
    tufRoleBinsContract(bench);
    tufTakenOverContract(bench);
  });
}
