import { describe, expect, it } from "vitest";
import type { CustomRole } from "../../domain/tuf/custom-role.js";
import { DEFAULT_EXPIRY } from "../../domain/tuf/expiry.js";
import { binNames, binOf } from "../../domain/tuf/hash-bins.js";
import { firstTrust } from "../../domain/tuf/trust.js";
import type { DelegationCommit } from "../../domain/tuf/trust-store.js";
import { ALL, type TufStoreBench } from "./tuf-store-bench.js";
import { digestOf, keyNamed, targetOf } from "./tuf-store-fixture.js";

const CATCH_ALL = { name: "bins", kind: "catch-all" } as const;

/** Hash bins below custom roles. */
export function tufRoleBinsContract(bench: TufStoreBench): void {
  const commit = async (change: Partial<DelegationCommit>) => {
    const { targetsVersion, customRoles } = (await bench.store.repository("main"))!;
    const nothing = { roles: customRoles, added: [], retired: [], updates: [], withTargets: false };
    return bench.trust.commitDelegations("main", { ...nothing, follows: targetsVersion, ...change });
  };
  const trust = (version: number) => {
    const kept = { ...firstTrust({ keyIds: ["k2"], threshold: 1 }), version };
    return { role: "team", trust: kept, keys: { k2: keyNamed("k2") } };
  };
  const named = (bitLength: number) => ({ name: "team", kind: "custom", bitLength }) as const;
  const addTeam = (bitLength = 2) => {
    const role: CustomRole = {
      name: "team",
      paths: ["team/*"],
      terminating: true,
      expiry: DEFAULT_EXPIRY.targets,
      bitLength,
    };
    return commit({ roles: [role], added: [named(bitLength), CATCH_ALL], updates: [trust(1)] });
  };
  const binsOf = (bitLength = 2) => binNames({ bitLength, namePrefix: "team" });
  const put = (path: string, bin = binOf({ bitLength: 2, namePrefix: "team" }, digestOf(path)), space = "team") =>
    bench.edits.accept("main", [{ bin, space, edits: [{ path, digest: digestOf(path), target: targetOf(path) }] }]);
  const signAll = async () => {
    for (const role of await bench.store.dirtyRoles("main", ALL)) expect(await bench.sign(role)).toBe("applied");
  };

  describe("bins below a custom role", () => {
    it("come with it, to be signed, and hold its targets in its place", async () => {
      expect(await addTeam()).toBe("applied");
      expect((await bench.store.repository("main"))!.customRoles[0]?.bitLength).toBe(2);
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["bins", "targets", "team", ...binsOf()]);
      const paths = Array.from({ length: 20 }, (_, index) => `team/${index}`);
      for (const path of paths) await put(path);
      const states = await bench.store.roleStates("main", ["team", "bins", ...binsOf()]);
      expect(states.map(({ kind }) => kind)).toEqual(["custom", "catch-all", "bin", "bin", "bin", "bin"]);
      expect(states.flatMap(({ targets }) => [...targets.keys()]).sort()).toEqual(paths.toSorted());
      expect(states.slice(0, 2).map(({ targets }) => targets.size)).toEqual([0, 0]);
    });

    it("are edited under their own name and space, and take no path of another bin", async () => {
      await addTeam();
      const unknown = expect.objectContaining({ code: "UNKNOWN_ROLE" }) as Error;
      await expect(put("a", "team")).rejects.toEqual(unknown);
      await expect(put("a", "team", "")).rejects.toEqual(unknown);
      await expect(put("a", "team-0", "")).rejects.toEqual(unknown);
      await expect(put("a", "bins-0")).rejects.toEqual(unknown);
      const other = binsOf().find((bin) => bin !== binOf({ bitLength: 2, namePrefix: "team" }, digestOf("a")))!;
      await expect(put("a", other)).rejects.toMatchObject({ code: "INVALID_TARGET_PATH" });
    });

    it("are behind by themselves: neither bins of the repository nor these wait for the others", async () => {
      const behind = async () => [
        await bench.trust.areBinsBehind("main"),
        await bench.trust.areBinsBehind("main", "team"),
      ];
      await addTeam();
      expect(await behind()).toEqual([false, true]);
      await signAll();
      expect(await behind()).toEqual([false, false]);
      await commit({ updates: [trust(2)] });
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["targets", "team", ...binsOf()]);
      expect(await behind()).toEqual([false, true]);
      await signAll();
      const bins = { ...firstTrust({ keyIds: ["k3"], threshold: 1 }), version: 2 };
      await bench.trust.commitBinsTrust("main", { role: "bins", trust: bins, keys: { k3: keyNamed("k3") } });
      expect(await behind()).toEqual([true, false]);
    });

    it("expire as bins do", async () => {
      await addTeam();
      await signAll();
      const due = { targetsHorizon: 0, binsHorizon: Number.MAX_SAFE_INTEGER, limit: 100 };
      expect([...(await bench.store.expiringRoles("main", due))].sort()).toEqual([
        ...binNames({ bitLength: 2, namePrefix: "bins" }),
        ...binsOf(),
      ]);
    });

    it("go with it, and come back above their versions, however many there are then", async () => {
      await addTeam();
      await put("team/x");
      await signAll();
      const retired = [named(2), CATCH_ALL];
      await expect(commit({ roles: [], retired })).rejects.toMatchObject({ code: "ROLE_NOT_EMPTY" });
      expect(await commit({ roles: [], retired, withTargets: true })).toBe("applied");
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["targets"]);
      await expect(put("team/y")).rejects.toMatchObject({ code: "UNKNOWN_ROLE" });

      expect(await addTeam(3)).toBe("applied");
      const states = await bench.store.roleStates("main", binsOf(3));
      expect(states.map(({ metadataVersion }) => metadataVersion)).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
      expect(
        states.every(
          ({ targets, signedVersion, trustSince }) => targets.size + Number(signedVersion >= trustSince) === 0,
        ),
      ).toBe(true);
      const bin = binOf({ bitLength: 3, namePrefix: "team" }, digestOf("team/x"));
      await put("team/x", bin);
      expect((await bench.role(bin)).targets.size).toBe(1);
    });

    it("are many, if that is wanted", async () => {
      await addTeam(12);
      const names = await bench.store.dirtyRoles("main", { after: "team", limit: 5_000 });
      expect(names).toEqual(binsOf(12));
      await commit({ roles: [], retired: [named(12), CATCH_ALL] });
      await addTeam(12);
      expect(await bench.store.dirtyRoles("main", { after: "team", limit: 5_000 })).toEqual(binsOf(12));
    });
  });
}
