import { describe, expect, it } from "vitest";
import type { CustomRole } from "../../domain/tuf/custom-role.js";
import { DEFAULT_EXPIRY } from "../../domain/tuf/expiry.js";
import { MAX_TARGETS } from "../../domain/tuf/metadata-size.js";
import { firstTrust } from "../../domain/tuf/trust.js";
import type { DelegationCommit, TrustUpdate } from "../../domain/tuf/trust-store.js";
import { ALL, type TufStoreBench } from "./tuf-store-bench.js";
import {
  digestOf,
  EXPIRES,
  fileOf,
  firstRoles,
  keyNamed,
  pathsIn,
  repositoryNamed,
  targetOf,
} from "./tuf-store-fixture.js";

const TEAM: CustomRole = { name: "team", paths: ["team/*"], terminating: true, expiry: DEFAULT_EXPIRY.targets };
const GROUP: CustomRole = { ...TEAM, name: "group", terminating: false };
const CATCH_ALL = { name: "bins", kind: "catch-all" } as const;

const custom = (name: string) => ({ name, kind: "custom" }) as const;

/** Custom roles: what they change of the repository, and that they are roles as bins are. */
export function tufDelegationContract(bench: TufStoreBench): void {
  const trustOf = (role: string, keyIds: readonly string[], version = 1): TrustUpdate => ({
    role,
    trust: { ...firstTrust({ keyIds, threshold: keyIds.length }), version },
    keys: Object.fromEntries(keyIds.map((keyId) => [keyId, keyNamed(keyId)])),
  });
  const commit = async (change: Partial<DelegationCommit>) => {
    const { targetsVersion, customRoles } = (await bench.store.repository("main"))!;
    const nothing = {
      follows: targetsVersion,
      roles: customRoles,
      added: [],
      retired: [],
      updates: [],
      withTargets: false,
    };
    return bench.trust.commitDelegations("main", { ...nothing, ...change });
  };
  const addTeam = () =>
    commit({ roles: [TEAM], added: [custom("team"), CATCH_ALL], updates: [trustOf("team", ["k2"])] });
  const put = (path: string, role = "team", content = path) =>
    bench.edits.accept("main", [
      { bin: role, space: role, edits: [{ path, digest: digestOf(path), target: targetOf(content) }] },
    ]);
  const record = async (name: string) => {
    const records = await bench.trust.delegatedRoles("main");
    return records.find((one) => one.name === name);
  };

  describe("custom roles", () => {
    it("come with their keys, to be signed, and with a catch-all above the bins", async () => {
      expect((await bench.store.repository("main"))!.customRoles).toEqual([]);
      expect(await addTeam()).toBe("applied");
      const repository = (await bench.store.repository("main"))!;
      expect(repository.customRoles).toEqual([TEAM]);
      expect(repository.trust["team"]).toEqual(firstTrust({ keyIds: ["k2"], threshold: 1 }));
      expect(repository.keys["k2"]).toEqual(keyNamed("k2"));
      expect(repository.targetsVersion).toBe(2);
      const counters = { version: 1, signedVersion: 0, trustSince: 1, metadataVersion: 0, expiresAt: 0 };
      expect(await record("team")).toEqual({ name: "team", kind: "custom", ...counters });
      expect(await record("bins")).toEqual({ name: "bins", kind: "catch-all", ...counters });
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["bins", "targets", "team"]);
      expect(await bench.trust.delegatedRoles("main")).toHaveLength(2);
    });

    it("that changed are seen by edits that follow what was before, also by those that would change nothing", async () => {
      const [path, other] = pathsIn("bins-0", 2) as [string, string];
      const { targetsVersion } = (await bench.store.repository("main"))!;
      const accept = (follows: number, ...paths: readonly string[]) => {
        const edits = paths.map((one) => ({ path: one, digest: digestOf(one), target: targetOf(one) }));
        return bench.edits.accept("main", [{ bin: "bins-0", edits, follows }]);
      };
      await accept(targetsVersion, path);
      expect(await addTeam()).toBe("applied");
      const before = await bench.role("bins-0");
      for (const paths of [[path], [other], [path, other]]) {
        await expect(accept(targetsVersion, ...paths)).rejects.toMatchObject({ code: "UNKNOWN_ROLE" });
        expect(await bench.role("bins-0")).toEqual(before);
      }
      await accept(targetsVersion + 1, path, other);
      expect([...(await bench.role("bins-0")).targets.keys()].sort()).toEqual([path, other].sort());
    });

    it("have their targets counted, no further than is asked for", async () => {
      await addTeam();
      expect(await bench.store.targetCount("main", "team", 5)).toBe(0);
      for (const path of ["a", "b", "c"]) await put(path);
      await bench.put("bins-0", new Map([[pathsIn("bins-0", 1)[0]!, targetOf("any")]]));
      expect(await bench.store.targetCount("main", "team", 5)).toBe(3);
      expect(await bench.store.targetCount("main", "team", 2)).toBe(2);
      expect(await bench.store.targetCount("main", "nobody", 2)).toBe(0);
      await expect(bench.store.targetCount("none", "team", 2)).rejects.toMatchObject({ code: "REPOSITORY_NOT_FOUND" });
    });

    it("hold at most as many targets as clients can read of one role, however many add to them at once", async () => {
      await addTeam();
      const edits = (prefix: string, count: number, isThere = true) => {
        const paths = Array.from({ length: count }, (_, index) => `${prefix}/${index}`);
        const target = targetOf("any");
        return paths.map((path) => ({ path, digest: digestOf(path), target: isThere ? target : null }));
      };
      const accept = (...given: ReturnType<typeof edits>) =>
        bench.edits.accept("main", [{ bin: "team", space: "team", edits: given }]);
      await accept(...edits("team", MAX_TARGETS - 1));
      const outcomes = await Promise.allSettled(["one", "other"].map((prefix) => accept(...edits(prefix, 1))));
      expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
        reason: {
          code: "METADATA_TOO_LARGE",
          message: expect.stringMatching(/^role team: 48,076 targets and 1 new ones, .* 48,076 of one role/) as string,
        },
      });
      const { version } = await bench.role("team");
      await expect(accept(...edits("more", 2), ...edits("team", 1, false))).rejects.toMatchObject({
        code: "METADATA_TOO_LARGE",
      });
      await accept(...edits("more", 2), ...edits("team", 2, false), ...edits("none", 3, false));
      await put("team/7", "team", "other");
      expect(await bench.store.targetCount("main", "team", 2 * MAX_TARGETS)).toBe(MAX_TARGETS);
      expect((await bench.role("team")).version).toBe(version + 2);
    });

    it("keep their order, and change what they speak for", async () => {
      await addTeam();
      const roles = [GROUP, { ...TEAM, paths: ["a", "b/*"], terminating: false }];
      expect(await commit({ roles, added: [custom("group")], updates: [trustOf("group", ["k1", "k3"])] })).toBe(
        "applied",
      );
      expect((await bench.store.repository("main"))!.customRoles).toEqual(roles);
      expect(await record("team")).toMatchObject({ version: 1 });
    });

    it("are changed by one of several at a time", async () => {
      const changes = [1, 2, 3, 4].map(() => addTeam());
      expect((await Promise.all(changes)).sort()).toEqual(["applied", "stale", "stale", "stale"]);
      expect(await bench.trust.delegatedRoles("main")).toHaveLength(2);
      const update = trustOf("team", ["k3"], 2);
      const rotations = [1, 2, 3].map(() => commit({ updates: [update] }));
      expect((await Promise.all(rotations)).sort()).toEqual(["applied", "stale", "stale"]);
      expect((await bench.store.repository("main"))!.trust["team"]?.version).toBe(2);
    });

    it("hold targets of their own, apart from those of bins with the same paths", async () => {
      await addTeam();
      const [path] = pathsIn("bins-1", 1);
      await bench.put("bins-1", new Map([[path!, targetOf("bin")]]));
      await put(path!, "team", "team");
      await put("x/y");
      const states = await bench.store.roleStates("main", ["team", "bins-1", "bins"]);
      expect(states.map(({ targets }) => [...targets].sort())).toEqual([
        [
          [path, targetOf("team")],
          ["x/y", targetOf("x/y")],
        ].sort(),
        [[path, targetOf("bin")]],
        [],
      ]);
      expect(states.map(({ version }) => version)).toEqual([3, 2, 1]);
      await put("x/y");
      await bench.edits.accept("main", [
        { bin: "team", space: "team", edits: [{ path: path!, digest: digestOf(path!), target: null }] },
      ]);
      const [team, bin] = await bench.store.roleStates("main", ["team", "bins-1"]);
      expect([team!.targets.size, bin!.targets.size, team!.version]).toEqual([1, 1, 4]);
    });

    it("are told apart from bins by those who edit them", async () => {
      await addTeam();
      const unknown = expect.objectContaining({ code: "UNKNOWN_ROLE" }) as Error;
      const edits = [{ path: "a", digest: digestOf("a"), target: targetOf("a") }];
      await expect(bench.edits.accept("main", [{ bin: "team", edits }])).rejects.toEqual(unknown);
      await expect(bench.edits.accept("main", [{ bin: "bins", edits }])).rejects.toEqual(unknown);
      await expect(bench.edits.accept("main", [{ bin: "none", space: "none", edits }])).rejects.toEqual(unknown);
      await expect(bench.edits.accept("main", [{ bin: "bins-0", space: "bins-0", edits }])).rejects.toEqual(unknown);
    });

    it("are signed under the trust that the signer read, together with targets or not at all", async () => {
      await addTeam();
      const [team, targets] = await bench.store.roleStates("main", ["team", "targets"]);
      const both = () => [
        { file: fileOf("team", 1), signedVersion: team!.version, trustSince: team!.trustSince },
        { file: fileOf("targets", 2), signedVersion: targets!.version, isExact: true },
      ];
      await commit({ updates: [trustOf("team", ["k3"], 2)] });
      expect(await bench.store.commitSignedRoles("main", both())).toBe("stale");
      expect(await bench.store.commitSignedRoles("main", both().slice(0, 1))).toBe("stale");
      expect(await bench.store.commitSignedRoles("main", both().slice(1))).toBe("stale");
      expect(await bench.file("team", 1)).toBeUndefined();
      const [again, stated] = await bench.store.roleStates("main", ["team", "targets"]);
      // An edit meanwhile is no reason: the role stays dirty.
      await put("team/x");
      expect(
        await bench.store.commitSignedRoles("main", [
          { file: fileOf("team", 1), signedVersion: again!.version, trustSince: again!.trustSince },
          { file: fileOf("targets", 2), signedVersion: stated!.version, isExact: true },
        ]),
      ).toBe("applied");
      expect(await record("team")).toMatchObject({ version: 3, signedVersion: 2, trustSince: 2, metadataVersion: 1 });
      expect((await bench.store.snapshotState("main")).pending).toHaveLength(2);
    });

    it("await signatures in events of their own, which new keys cancel", async () => {
      await addTeam();
      const event = {
        role: "team",
        signedVersion: 1,
        metadataVersion: 1,
        expiresAt: EXPIRES,
        payload: Buffer.from("{}"),
      };
      expect(await bench.trust.openEvent("main", event)).toBe(1);
      expect(await bench.trust.openEvent("main", event)).toBe("occupied");
      expect(await bench.trust.openEvent("main", { ...event, role: "root", metadataVersion: 2 })).toBe(2);
      expect(await bench.trust.openEventOf("main", "team")).toMatchObject({
        number: 1,
        role: "team",
        signedVersion: 1,
      });
      await commit({ updates: [trustOf("team", ["k3"], 2)] });
      expect((await bench.trust.signingEvent("main", 1))?.state).toBe("cancelled");
      expect((await bench.trust.openEventOf("main", "root"))?.number).toBe(2);

      const number = (await bench.trust.openEvent("main", event)) as number;
      const signed = { file: fileOf("team", 1), signedVersion: 1, event: number };
      const outcomes = await Promise.all([1, 2].map(() => bench.store.commitSignedRoles("main", [signed])));
      expect(outcomes.sort()).toEqual(["applied", "stale"]);
      expect((await bench.trust.signingEvent("main", number))?.state).toBe("finalised");
      expect(await bench.store.commitSignedRoles("main", [{ ...signed, file: fileOf("team", 2) }])).toBe("stale");
      expect(await bench.file("team", 2)).toBeUndefined();
    });

    it("go with their keys and, if that is meant, their targets, and come back above their versions", async () => {
      await addTeam();
      await put("team/x");
      await bench.sign("team");
      await bench.store.commitSnapshot("main", bench.merge(2, 2, { team: 1 }));
      const retired = [custom("team"), CATCH_ALL];
      await expect(commit({ roles: [], retired })).rejects.toMatchObject({ code: "ROLE_NOT_EMPTY" });
      expect((await bench.store.repository("main"))!.customRoles).toEqual([TEAM]);
      expect(await commit({ roles: [], retired, withTargets: true })).toBe("applied");
      const repository = (await bench.store.repository("main"))!;
      expect(repository).toMatchObject({ customRoles: [], keys: { k1: keyNamed("k1") } });
      expect(Object.keys(repository.keys)).toEqual(["k1"]);
      expect(Object.keys(repository.trust).sort()).toEqual(Object.keys(repositoryNamed("main").trust).sort());
      expect(await bench.trust.delegatedRoles("main")).toEqual([]);
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["targets"]);
      await expect(put("team/y")).rejects.toMatchObject({ code: "UNKNOWN_ROLE" });

      expect(await addTeam()).toBe("applied");
      const back = (await record("team"))!;
      expect(back).toMatchObject({ kind: "custom", metadataVersion: 1 });
      expect(back.signedVersion).toBeLessThan(back.trustSince);
      expect((await bench.role("team")).targets.size).toBe(0);
    });

    it("go while others add to them, and nothing is left behind", async () => {
      await addTeam();
      const adding = Array.from({ length: 8 }, (_, index) => put(`team/${index}`));
      const going = commit({ roles: [], retired: [custom("team"), CATCH_ALL], withTargets: true });
      const outcomes = await Promise.allSettled(adding);
      expect(await going).toBe("applied");
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "UNKNOWN_ROLE" });
      }
      await addTeam();
      expect((await bench.role("team")).targets.size).toBe(0);
    });

    it("continue the version of a role that an import left behind", async () => {
      const retired = new Map([["team", 7]]);
      await bench.store.createRepository(repositoryNamed("imported"), firstRoles(), undefined, retired);
      await bench.trust.commitDelegations("imported", {
        follows: 1,
        roles: [TEAM],
        added: [custom("team")],
        retired: [],
        updates: [trustOf("team", ["k2"])],
        withTargets: false,
      });
      expect((await bench.role("team", "imported")).metadataVersion).toBe(7);
    });

    it("share the trust of bins with the catch-all", async () => {
      await addTeam();
      for (const role of ["bins", "targets"]) await bench.sign(role);
      const update = trustOf("bins", ["k2"], 2);
      expect(await bench.trust.commitBinsTrust("main", update)).toBe("applied");
      expect(await record("bins")).toMatchObject({ version: 2, signedVersion: 1, trustSince: 2 });
      expect(await record("team")).toMatchObject({ version: 1, trustSince: 1 });
    });

    it("say which repository is not there", async () => {
      const lost = { code: "REPOSITORY_NOT_FOUND" };
      await expect(bench.trust.delegatedRoles("none")).rejects.toMatchObject(lost);
      await expect(
        bench.trust.commitDelegations("none", {
          follows: 1,
          roles: [],
          added: [],
          retired: [],
          updates: [],
          withTargets: false,
        }),
      ).rejects.toMatchObject(lost);
      await expect(bench.trust.openEventOf("none", "team")).rejects.toMatchObject(lost);
    });
  });
}
