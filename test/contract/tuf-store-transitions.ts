import { describe, expect, it } from "vitest";
import type { CustomRole } from "../../domain/tuf/custom-role.js";
import { DEFAULT_EXPIRY } from "../../domain/tuf/expiry.js";
import { firstTrust, succeeding, TRANSITION, UNPUBLISHED } from "../../domain/tuf/trust.js";
import type { DelegationCommit, TrustUpdate } from "../../domain/tuf/trust-store.js";
import { ALL, type TufStoreBench } from "./tuf-store-bench.js";
import { fileOf, keyNamed } from "./tuf-store-fixture.js";

const ROLE = { paths: ["*"], terminating: true, expiry: DEFAULT_EXPIRY.targets };
const OUTER: CustomRole = { ...ROLE, name: "outer" };
const INNER: CustomRole = { ...ROLE, name: "inner", above: "outer", bitLength: 1 };

/** From when on former keys go: `TRANSITION` after all that states the new ones is signed as it is to be, and exported. */
export function tufTransitionContract(bench: TufStoreBench): void {
  const trusted = async (role: string) => (await bench.store.repository("main"))!.trust[role]!;
  /** When the role's transition ends, once `now` is when publication is looked for. */
  const ends = async (role: string, now = 1_000) => {
    await bench.trust.endTransitions("main", await bench.trust.publishedTrust("main"), now + TRANSITION);
    return (await trusted(role)).transitionEnds;
  };
  const update = async (role: string, ...keyIds: readonly string[]): Promise<TrustUpdate> => ({
    role,
    trust: succeeding(await trusted(role), { keyIds, threshold: 1 }, 0),
    keys: Object.fromEntries(keyIds.map((keyId) => [keyId, keyNamed(keyId)])),
  });
  const change = async (metadataVersion: number, keyId: string) => {
    const updates = [await update("timestamp", keyId)];
    await bench.trust.commitRoot("main", { file: fileOf("root", metadataVersion), updates, event: undefined });
  };
  const exported = async (root: number) => {
    const { snapshot, timestamp } = (await bench.store.exportBacklog("main", { root: 0, snapshot: 0, timestamp: 0 }))
      .position;
    await bench.store.recordExport("main", { root, snapshot, timestamp });
  };
  /** Merges all that is pending. */
  const merged = async () => {
    const { snapshot, timestamp, pending } = await bench.store.snapshotState("main");
    const changed = Object.fromEntries(pending.map(({ role, metadataVersion }) => [role, metadataVersion]));
    const commit = bench.merge(snapshot.metadataVersion + 1, timestamp.metadataVersion + 1, changed);
    expect(await bench.store.commitSnapshot("main", commit)).toBe("applied");
  };
  const signed = async (...roles: readonly string[]) => {
    for (const role of roles) expect(await bench.sign(role)).toBe("applied");
  };
  const allSigned = async () => signed(...(await bench.store.dirtyRoles("main", ALL)));

  describe("transitions", () => {
    it("of what root states start once the newest root is exported, and end once", async () => {
      await exported(1);
      const updates = [await update("timestamp", "k2"), await update("snapshot", "k3")];
      await bench.trust.commitRoot("main", { file: fileOf("root", 2), updates, event: undefined });
      expect(await ends("timestamp")).toBe(UNPUBLISHED);
      await exported(2);
      expect((await trusted("timestamp")).transitionEnds).toBe(UNPUBLISHED);
      expect(await ends("timestamp", 2_000)).toBe(2_000 + TRANSITION);
      expect(await ends("snapshot", 3_000)).toBe(2_000 + TRANSITION);
      expect((await trusted("targets")).transitionEnds).toBe(0);
      expect((await trusted("timestamp")).retiring).toEqual(["k1"]);
    });

    it("of what root states wait for the newest of several roots", async () => {
      await exported(1);
      await change(2, "k2");
      await change(3, "k3");
      await exported(2);
      expect(await ends("timestamp")).toBe(UNPUBLISHED);
      expect((await trusted("timestamp")).retiring.toSorted()).toEqual(["k1", "k2"]);
      await exported(3);
      expect(await ends("timestamp")).toBe(1_000 + TRANSITION);
    });

    it("do not end for trust that has changed since it was found published", async () => {
      await exported(1);
      await change(2, "k2");
      await exported(2);
      const found = await bench.trust.publishedTrust("main");
      expect(found).toEqual([{ role: "timestamp", version: 2 }]);
      await change(3, "k3");
      await bench.trust.endTransitions("main", found, 1_000);
      expect((await trusted("timestamp")).transitionEnds).toBe(UNPUBLISHED);
      expect((await trusted("timestamp")).retiring.toSorted()).toEqual(["k1", "k2"]);
    });

    it("of bins start once targets states their keys, is in a snapshot, and that is exported", async () => {
      await exported(1);
      await bench.trust.commitBinsTrust("main", await update("bins", "k2"));
      expect(await ends("bins")).toBe(UNPUBLISHED);
      await allSigned();
      await exported(1);
      expect(await ends("bins")).toBe(UNPUBLISHED);
      await merged();
      expect(await ends("bins")).toBe(UNPUBLISHED);
      await exported(1);
      expect(await ends("bins")).toBe(1_000 + TRANSITION);
    });

    describe("of bins below a custom role", () => {
      const commit = async (change: Partial<DelegationCommit>) => {
        const { targetsVersion: follows, customRoles: roles } = (await bench.store.repository("main"))!;
        const whole = { follows, roles, added: [], retired: [], updates: [], withTargets: false, ...change };
        expect(await bench.trust.commitDelegations("main", whole)).toBe("applied");
      };
      /** With the role above, which states its keys and is to be signed with its own anew. */
      const rotate = async (...updates: readonly TrustUpdate[]) => {
        const { keyIds, threshold, version } = await trusted("outer");
        const trust = { ...firstTrust({ keyIds, threshold }), version: version + 1 };
        await commit({ updates: [...updates, { role: "outer", trust, keys: {} }] });
      };
      const published = async () => {
        await merged();
        await exported(1);
      };
      const nested = async () => {
        const added = [
          { name: "outer", kind: "custom" } as const,
          { name: "inner", kind: "custom", bitLength: 1 } as const,
          { name: "bins", kind: "catch-all" } as const,
        ];
        const updates = added.slice(0, 2).map(({ name }) => {
          const keys = { k2: keyNamed("k2") };
          return { role: name, trust: firstTrust({ keyIds: ["k2"], threshold: 1 }), keys };
        });
        await commit({ roles: [OUTER, INNER], added, updates });
        await allSigned();
        await published();
        expect(await ends("inner")).toBe(0);
      };

      it.each([
        ["the role above it", ["inner", "targets", "inner-0", "inner-1"], "outer"],
        ["the role itself", ["outer", "targets", "inner-0", "inner-1"], "inner"],
      ])("wait for %s to be signed", async (_, first, last) => {
        await nested();
        await rotate(await update("inner", "k3"));
        await signed(...first);
        await published();
        expect(await ends("inner")).toBe(UNPUBLISHED);
        await signed(last);
        expect(await ends("inner")).toBe(UNPUBLISHED);
        await merged();
        expect(await ends("inner")).toBe(UNPUBLISHED);
        await exported(1);
        expect(await ends("inner")).toBe(1_000 + TRANSITION);
      });

      it("hold up no others", async () => {
        await nested();
        await rotate(await update("inner", "k3"));
        await bench.trust.commitBinsTrust("main", await update("bins", "k4"));
        await signed("bins-0", "bins-1", "bins-2", "bins-3", "targets");
        await published();
        expect(await ends("bins")).toBe(UNPUBLISHED); // the catch-all states them, too
        await signed("bins");
        await published();
        expect(await ends("bins")).toBe(1_000 + TRANSITION);
        expect(await ends("inner")).toBe(UNPUBLISHED);
      });
    });

    it("say which repository is not there", async () => {
      const lost = { code: "REPOSITORY_NOT_FOUND" };
      await expect(bench.trust.publishedTrust("none")).rejects.toMatchObject(lost);
      await expect(bench.trust.endTransitions("none", [], 0)).rejects.toMatchObject(lost);
    });
  });
}
