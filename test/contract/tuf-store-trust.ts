import { describe, expect, it } from "vitest";
import type { NewSigningEvent } from "../../domain/tuf/signing-event.js";
import { succeeding } from "../../domain/tuf/trust.js";
import type { RootCommit, TrustUpdate } from "../../domain/tuf/trust-store.js";
import type { TrustedRole } from "../../domain/tuf/trust.js";
import { ALL, type TufStoreBench } from "./tuf-store-bench.js";
import { EXPIRES, fileOf, firstRoles, keyNamed, repositoryNamed } from "./tuf-store-fixture.js";

const lost = expect.objectContaining({ code: "REPOSITORY_NOT_FOUND" });

/** Trust and the roots that await signatures. */
export function tufTrustContract(bench: TufStoreBench): void {
  const proposal = (metadataVersion = 2, mark = ""): NewSigningEvent => ({
    role: "root",
    signedVersion: 0,
    metadataVersion,
    expiresAt: EXPIRES,
    payload: new TextEncoder().encode(`{"ü":"${mark}"}`),
  });
  const open = async (event = proposal()) => (await bench.trust.openEvent("main", event)) as number;

  /** The role's trust with these keys instead, as of now. */
  const update = async (role: TrustedRole, keyIds: readonly string[], now = 1_000): Promise<TrustUpdate> => {
    const { trust } = (await bench.store.repository("main"))!;
    const keys = Object.fromEntries(keyIds.map((keyId) => [keyId, keyNamed(keyId)]));
    return { role, trust: succeeding(trust[role], { keyIds, threshold: keyIds.length }, now), keys };
  };
  const root = async (event: number | undefined, ...updates: readonly TrustUpdate[]): Promise<RootCommit> => {
    const { metadataVersion } = await bench.role("root");
    return { file: fileOf("root", metadataVersion + 1), updates, event };
  };

  describe("signing events", () => {
    it("are numbered, kept exactly, and one at a time is open for root", async () => {
      expect(await bench.trust.openEventOf("main", "root")).toBeUndefined();
      expect(await open()).toBe(1);
      expect(await bench.trust.openEvent("main", proposal(2, "other"))).toBe("occupied");
      const event = await bench.trust.signingEvent("main", 1);
      expect({ ...event, payload: Buffer.from(event!.payload).toString() }).toEqual({
        ...proposal(),
        number: 1,
        state: "open",
        signatures: [],
        payload: '{"ü":""}',
      });
      expect((await bench.trust.openEventOf("main", "root"))?.number).toBe(1);
      expect(await bench.trust.cancelEvent("main", 1)).toBe("applied");
      expect(await bench.trust.cancelEvent("main", 1)).toBe("stale");
      expect(await bench.trust.openEventOf("main", "root")).toBeUndefined();
      expect(await open()).toBe(2);
      expect((await bench.trust.signingEvent("main", 1))?.state).toBe("cancelled");
      expect(await bench.trust.signingEvent("main", 3)).toBeUndefined();
    });

    it("are opened by one of several who try", async () => {
      const attempts = [1, 2, 3, 4].map((mark) => bench.trust.openEvent("main", proposal(2, `${mark}`)));
      const outcomes = await Promise.all(attempts);
      expect(outcomes.filter((outcome) => outcome === "occupied")).toHaveLength(3);
    });

    it("are for the version that follows on the newest root only", async () => {
      for (const other of [1, 3]) expect(await bench.trust.openEvent("main", proposal(other))).toBe("stale");
      await bench.trust.commitRoot("main", await root(undefined));
      expect(await bench.trust.openEvent("main", proposal(2))).toBe("stale");
      expect(await bench.trust.openEventOf("main", "root")).toBeUndefined();
      expect(await bench.trust.openEvent("main", proposal(3))).toBe(1);
    });

    it("keep every signature of concurrent signers, each once", async () => {
      const number = await open();
      const signers = Array.from({ length: 8 }, (_, index) => `key-${index}`);
      const sign = (keyid: string, sig: string) => bench.trust.addSignature("main", number, { keyid, sig });
      expect(await Promise.all(signers.map((keyid) => sign(keyid, "00".repeat(400))))).toEqual(
        signers.map(() => "added"),
      );
      expect(await sign("key-0", "ff")).toBe("duplicate");
      const event = await bench.trust.signingEvent("main", number);
      expect(event?.signatures).toEqual(signers.map((keyid) => ({ keyid, sig: "00".repeat(400) })));
    });

    it("begin with the repository, where root awaits its first signatures", async () => {
      const [first, ...others] = firstRoles();
      const waiting = [{ name: first!.name, kind: first!.kind }, ...others];
      await bench.store.createRepository(repositoryNamed("waiting"), waiting, proposal(1));
      expect(await bench.trust.openEventOf("waiting", "root")).toMatchObject({ number: 1, metadataVersion: 1 });
      expect(await bench.trust.releasedRoot("waiting")).toBe(0);
      const commit = { file: fileOf("root", 1), updates: [], event: 1 };
      expect(await bench.trust.commitRoot("waiting", commit)).toBe("applied");
      expect(await bench.trust.releasedRoot("waiting")).toBe(1);
    });

    it("say which repository is not there", async () => {
      await expect(bench.trust.openEvent("none", proposal())).rejects.toEqual(lost);
      await expect(bench.trust.signingEvent("none", 1)).rejects.toEqual(lost);
      await expect(bench.trust.openEventOf("none", "root")).rejects.toEqual(lost);
      await expect(bench.trust.addSignature("none", 1, { keyid: "k", sig: "00" })).rejects.toEqual(lost);
      await expect(bench.trust.cancelEvent("none", 1)).rejects.toEqual(lost);
      await expect(bench.trust.areBinsBehind("none")).rejects.toEqual(lost);
      await expect(bench.trust.releasedRoot("none")).rejects.toEqual(lost);
      await expect(bench.trust.commitRoot("none", await root(undefined))).rejects.toEqual(lost);
      await expect(bench.trust.commitBinsTrust("none", await update("bins", ["k2"]))).rejects.toEqual(lost);
      await expect(bench.trust.revokeKey("none", "k")).rejects.toEqual(lost);
    });
  });

  describe("roots", () => {
    it("replace the trust that they change, and no other", async () => {
      const number = await open();
      const before = (await bench.store.repository("main"))!;
      const commit = await root(number, await update("timestamp", ["k3", "k2"]));
      expect(await bench.trust.commitRoot("main", commit)).toBe("applied");
      const after = (await bench.store.repository("main"))!;
      expect(after.trust).toEqual({ ...before.trust, timestamp: commit.updates[0]!.trust });
      expect(after.trust.timestamp).toMatchObject({ keyIds: ["k3", "k2"], retiring: ["k1"], version: 2 });
      expect(after.keys).toEqual({ k1: keyNamed("k1"), k2: keyNamed("k2"), k3: keyNamed("k3") });
      expect((await bench.trust.signingEvent("main", number))?.state).toBe("finalised");
      expect((await bench.role("root")).metadataVersion).toBe(2);
      expect((await bench.file("root", 2))?.sha256).toBe(fileOf("root", 2).sha256);
    });

    it("are committed by one of several signers who complete them", async () => {
      const number = await open();
      const commits = await Promise.all([1, 2, 3, 4].map(async () => root(number, await update("snapshot", ["k2"]))));
      const outcomes = await Promise.all(commits.map((commit) => bench.trust.commitRoot("main", commit)));
      expect(outcomes.sort()).toEqual(["applied", "stale", "stale", "stale"]);
      expect((await bench.store.repository("main"))!.trust.snapshot.version).toBe(2);
    });

    it("are not committed for an event that was given up", async () => {
      const number = await open();
      const commit = await root(number, await update("snapshot", ["k2"]));
      await bench.trust.cancelEvent("main", number);
      const before = await bench.store.repository("main");
      expect(await bench.trust.commitRoot("main", commit)).toBe("stale");
      expect(await bench.store.repository("main")).toEqual(before);
      expect(await bench.file("root", 2)).toBeUndefined();
    });

    it("cancel the event whose version they take", async () => {
      const number = await open();
      expect(await bench.trust.commitRoot("main", await root(undefined))).toBe("applied");
      expect((await bench.trust.signingEvent("main", number))?.state).toBe("cancelled");
    });

    it("make snapshot and timestamp dirty until they are signed anew, and are held back so long", async () => {
      await bench.store.recordExport("main", { root: 1, snapshot: 1, timestamp: 1 });
      await bench.trust.commitRoot("main", await root(undefined, await update("timestamp", ["k2"])));
      expect((await bench.store.snapshotState("main")).timestamp).toMatchObject({ version: 2, signedVersion: 1 });
      expect((await bench.store.snapshotState("main")).snapshot).toMatchObject({ version: 1, signedVersion: 1 });
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual([]);
      expect(await bench.trust.releasedRoot("main")).toBe(1);
      // Signed from what was read before: still under the former trust.
      expect(await bench.store.commitTimestamp("main", bench.timestamp(2))).toBe("applied");
      expect(await bench.trust.releasedRoot("main")).toBe(1);
      const merged = { ...bench.merge(2, 3), signedVersions: { timestamp: 2, snapshot: 1 } };
      expect(await bench.store.commitSnapshot("main", merged)).toBe("applied");
      expect((await bench.store.snapshotState("main")).timestamp).toMatchObject({ version: 2, signedVersion: 2 });
      expect(await bench.trust.releasedRoot("main")).toBe(2);
    });

    it("wait for targets, where its keys change, to be signed and in the snapshot", async () => {
      await bench.store.recordExport("main", { root: 1, snapshot: 1, timestamp: 1 });
      await bench.trust.commitRoot("main", await root(undefined, await update("targets", ["k2"])));
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["targets"]);
      expect(await bench.trust.releasedRoot("main")).toBe(1);
      await bench.sign("targets");
      expect(await bench.trust.releasedRoot("main")).toBe(1);
      await bench.store.commitSnapshot("main", bench.merge(2, 2, { targets: 2 }));
      expect(await bench.trust.releasedRoot("main")).toBe(2);
    });
  });

  describe("trust of bins", () => {
    it("makes every bin and targets dirty, and is behind until each bin is signed", async () => {
      expect(await bench.trust.areBinsBehind("main")).toBe(false);
      const change = await update("bins", ["k2"]);
      expect(await bench.trust.commitBinsTrust("main", change)).toBe("applied");
      expect((await bench.store.repository("main"))!.trust.bins).toEqual(change.trust);
      const dirty = ["bins-0", "bins-1", "bins-2", "bins-3", "targets"];
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(dirty);
      for (const bin of dirty.slice(0, 4)) {
        expect(await bench.trust.areBinsBehind("main")).toBe(true);
        await bench.sign(bin);
      }
      expect(await bench.trust.areBinsBehind("main")).toBe(false);
      await bench.edit("bins-2");
      expect(await bench.trust.areBinsBehind("main")).toBe(false);
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["bins-2", "targets"]);
    });

    it("is changed by one of several at a time", async () => {
      const change = await update("bins", ["k2"]);
      const outcomes = await Promise.all([1, 2, 3].map(() => bench.trust.commitBinsTrust("main", change)));
      expect(outcomes.sort()).toEqual(["applied", "stale", "stale"]);
      expect((await bench.role("bins-0")).version).toBe(2);
    });
  });

  it("remembers revoked keys per repository", async () => {
    expect(await bench.trust.revokedKeys("main")).toEqual(new Set());
    await bench.trust.revokeKey("main", "k1");
    await bench.trust.revokeKey("main", "k1");
    expect(await bench.trust.revokedKeys("main")).toEqual(new Set(["k1"]));
    await bench.store.createRepository(repositoryNamed("other"), firstRoles());
    expect(await bench.trust.revokedKeys("other")).toEqual(new Set());
  });
}
