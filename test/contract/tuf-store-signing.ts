import { describe, expect, it } from "vitest";
import { ALL, type TufStoreBench } from "./tuf-store-bench.js";
import { EXPIRES, fileOf } from "./tuf-store-fixture.js";

/** Finding roles to sign and committing what was signed. */
export function tufSigningContract(bench: TufStoreBench): void {
  describe("roles to sign", () => {
    it("come in pages, in byte order", async () => {
      for (const bin of ["bins-3", "bins-0", "bins-2"]) await bench.edit(bin);
      expect(await bench.store.dirtyRoles("main", { ...ALL, limit: 2 })).toEqual(["bins-0", "bins-2"]);
      expect(await bench.store.dirtyRoles("main", { ...ALL, after: "bins-2", limit: 2 })).toEqual(["bins-3"]);
      expect(await bench.store.dirtyRoles("main", { ...ALL, after: "bins-3" })).toEqual([]);
    });

    it("are those that expire by the horizon of their kind, never snapshot, timestamp or root", async () => {
      const limit = 100;
      expect(
        await bench.store.expiringRoles("main", { limit, targetsHorizon: EXPIRES, binsHorizon: EXPIRES - 1 }),
      ).toEqual(["targets"]);
      expect(await bench.store.expiringRoles("main", { limit, targetsHorizon: 0, binsHorizon: EXPIRES })).toEqual([
        "bins-0",
        "bins-1",
        "bins-2",
        "bins-3",
      ]);
    });

    it("are those first that expire first, and no more than asked for", async () => {
      for (const [index, role] of ["bins-2", "targets", "bins-0"].entries()) {
        const file = fileOf(role, 2, "", EXPIRES - 10_000 * (index + 1));
        expect(await bench.store.commitSignedRoles("main", [{ file, signedVersion: 1 }])).toBe("applied");
      }
      const horizons = { targetsHorizon: EXPIRES, binsHorizon: EXPIRES };
      expect(await bench.store.expiringRoles("main", { ...horizons, limit: 4 })).toEqual([
        "bins-0",
        "targets",
        "bins-2",
        "bins-1",
      ]);
      expect(await bench.store.expiringRoles("main", { ...horizons, limit: 1 })).toEqual(["bins-0"]);
    });

    it("are told together, dirty ones and those that expire, each once", async () => {
      const none = { targetsHorizon: 0, binsHorizon: 0, limit: 100 };
      expect(await bench.store.dueRoles("main", none)).toEqual([]);
      await bench.edit("bins-3");
      await bench.edit("bins-1");
      expect(await bench.store.dueRoles("main", none)).toEqual(["bins-1", "bins-3"]);
      expect(await bench.store.dueRoles("main", { ...none, limit: 1 })).toEqual(["bins-1"]);
      const early = fileOf("bins-0", 2, "", EXPIRES - 10_000);
      expect(await bench.store.commitSignedRoles("main", [{ file: early, signedVersion: 1 }])).toBe("applied");
      const due = { targetsHorizon: EXPIRES, binsHorizon: EXPIRES, limit: 100 };
      expect([...(await bench.store.dueRoles("main", due))].sort()).toEqual([
        ...["bins-0", "bins-1", "bins-2", "bins-3", "targets"],
      ]);
      const lost = expect.objectContaining({ code: "REPOSITORY_NOT_FOUND" }) as Error;
      await expect(bench.store.dueRoles("none", none)).rejects.toEqual(lost);
    });
  });

  describe("signing", () => {
    it("makes one version per number, cleans the role and leaves it pending", async () => {
      await bench.edit("bins-1");
      expect(await bench.sign("bins-1")).toBe("applied");
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual([]);
      expect(await bench.role("bins-1")).toMatchObject({ metadataVersion: 2, signedVersion: 2 });
      expect((await bench.store.snapshotState("main")).pending).toEqual([{ role: "bins-1", metadataVersion: 2 }]);
      expect((await bench.store.snapshotHead("main")).get("bins-1")).toBe(1);
      const file = await bench.file("bins-1", 2);
      const { expiresAt: _, signedAt: storedAt, ...expected } = fileOf("bins-1", 2);
      expect({ ...file, bytes: Buffer.from(file!.bytes) }).toEqual({
        ...expected,
        storedAt,
        bytes: Buffer.from(expected.bytes),
      });
      expect(await bench.file("bins-1", 3)).toBeUndefined();
    });

    it("keeps an edit dirty that was made after the read", async () => {
      await bench.edit("bins-1", 0);
      const { version } = await bench.role("bins-1");
      await bench.edit("bins-1", 1);
      const commit = { file: fileOf("bins-1", 2), signedVersion: version };
      expect(await bench.store.commitSignedRoles("main", [commit])).toBe("applied");
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["bins-1"]);
    });

    it("writes nothing at all when another signer was first", async () => {
      await bench.edit("bins-1");
      expect(await bench.sign("bins-1")).toBe("applied");
      const before = await Promise.all([bench.role("bins-1"), bench.store.snapshotState("main")]);
      for (const version of [2, 4, 1]) {
        const stale = { file: fileOf("bins-1", version, "other", EXPIRES + 1_000), signedVersion: 1 };
        expect(await bench.store.commitSignedRoles("main", [stale])).toBe("stale");
      }
      expect(await Promise.all([bench.role("bins-1"), bench.store.snapshotState("main")])).toEqual(before);
      expect((await bench.file("bins-1", 2))?.sha256).toBe(fileOf("bins-1", 2).sha256);
      expect(await bench.file("bins-1", 4)).toBeUndefined();
    });

    it("lets one of many concurrent signers win", async () => {
      await bench.edit("bins-1");
      const commits = Array.from({ length: 6 }, (_, index) =>
        bench.store.commitSignedRoles("main", [{ file: fileOf("bins-1", 2, `signer ${index}`), signedVersion: 2 }]),
      );
      const outcomes = await Promise.all(commits);
      expect(outcomes.filter((outcome) => outcome === "applied")).toHaveLength(1);
      const winner = outcomes.indexOf("applied");
      expect((await bench.file("bins-1", 2))?.sha256).toBe(fileOf("bins-1", 2, `signer ${winner}`).sha256);
    });

    it("takes many roles at a time, more than one statement has", async () => {
      const bins = ["bins-3", "bins-0", "bins-2", "bins-1"];
      for (const bin of bins) await bench.edit(bin);
      const states = await bench.store.roleStates("main", bins);
      expect(states.map(({ name, targets }) => [name, targets.size])).toEqual(bins.map((bin) => [bin, 1]));
      const commits = states.map(({ name, version }) => ({ file: fileOf(name, 2), signedVersion: version }));
      expect(await bench.store.commitSignedRoles("main", commits)).toBe("applied");
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual([]);
      const { pending } = await bench.store.snapshotState("main");
      expect(pending.map(({ role }) => role).sort()).toEqual([...bins].sort());
      const files = await bench.store.files(
        "main",
        bins.map((role) => ({ role, metadataVersion: 2 })),
      );
      expect(files.map(({ role }) => role).sort()).toEqual([...bins].sort());
      expect(await bench.store.roleStates("main", [])).toEqual([]);
      expect(await bench.store.commitSignedRoles("main", [])).toBe("applied");
    });

    it("writes nothing of many roles where one of them is stale", async () => {
      for (const bin of ["bins-0", "bins-1"]) await bench.edit(bin);
      await bench.sign("bins-1");
      const before = await bench.store.snapshotState("main");
      const commits = ["bins-0", "bins-1"].map((role) => ({ file: fileOf(role, 2, "mine"), signedVersion: 2 }));
      expect(await bench.store.commitSignedRoles("main", commits)).toBe("stale");
      expect(await bench.store.snapshotState("main")).toEqual(before);
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["bins-0"]);
      expect(await bench.file("bins-0", 2)).toBeUndefined();
    });

    it("signs the targets role too, and keeps only the newest version pending", async () => {
      await bench.sign("targets");
      await bench.sign("targets");
      expect((await bench.store.snapshotState("main")).pending).toEqual([{ role: "targets", metadataVersion: 3 }]);
    });
  });
}
