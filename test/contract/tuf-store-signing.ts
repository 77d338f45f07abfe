import { describe, expect, it } from "vitest";
import { ALL, type TufStoreBench } from "./tuf-store-bench.js";
import { EXPIRES, fileOf } from "./tuf-store-fixture.js";

/** Finding roles to sign and committing what was signed. */
export function tufSigningContract(bench: TufStoreBench): void {
  describe("roles to sign", () => {
    it("come in pages, in byte order", async () => {
      for (const bin of ["bins-3", "bins-0", "bins-2"]) await bench.edit(bin);
      expect(await bench.store.rolesToSign("main", { ...ALL, limit: 2 })).toEqual(["bins-0", "bins-2"]);
      expect(await bench.store.rolesToSign("main", { ...ALL, after: "bins-2", limit: 2 })).toEqual(["bins-3"]);
      expect(await bench.store.rolesToSign("main", { ...ALL, after: "bins-3" })).toEqual([]);
    });

    it("include what expires by the horizon of its kind, never snapshot, timestamp or root", async () => {
      const page = { after: "", limit: 100 };
      expect(
        await bench.store.rolesToSign("main", { ...page, targetsHorizon: EXPIRES, binsHorizon: EXPIRES - 1 }),
      ).toEqual(["targets"]);
      expect(await bench.store.rolesToSign("main", { ...page, targetsHorizon: 0, binsHorizon: EXPIRES })).toEqual([
        "bins-0",
        "bins-1",
        "bins-2",
        "bins-3",
      ]);
    });
  });

  describe("signing", () => {
    it("makes one version per number, cleans the role and leaves it pending", async () => {
      await bench.edit("bins-1");
      expect(await bench.sign("bins-1")).toBe("applied");
      expect(await bench.store.rolesToSign("main", ALL)).toEqual([]);
      expect(await bench.store.roleState("main", "bins-1")).toMatchObject({ metadataVersion: 2, signedVersion: 2 });
      expect((await bench.store.snapshotState("main")).pending).toEqual([{ role: "bins-1", metadataVersion: 2 }]);
      expect((await bench.store.snapshotHead("main")).get("bins-1")).toBe(1);
      const file = await bench.store.file("main", "bins-1", 2);
      const { expiresAt: _, ...expected } = fileOf("bins-1", 2);
      expect({ ...file, bytes: Buffer.from(file!.bytes) }).toEqual({
        ...expected,
        bytes: Buffer.from(expected.bytes),
      });
      expect(await bench.store.file("main", "bins-1", 3)).toBeUndefined();
    });

    it("keeps an edit dirty that was made after the read", async () => {
      await bench.edit("bins-1", 0);
      const { version } = await bench.store.roleState("main", "bins-1");
      await bench.edit("bins-1", 1);
      const commit = { file: fileOf("bins-1", 2), signedVersion: version };
      expect(await bench.store.commitSignedRole("main", commit)).toBe("applied");
      expect(await bench.store.rolesToSign("main", ALL)).toEqual(["bins-1"]);
    });

    it("writes nothing at all when another signer was first", async () => {
      await bench.edit("bins-1");
      expect(await bench.sign("bins-1")).toBe("applied");
      const before = await Promise.all([bench.store.roleState("main", "bins-1"), bench.store.snapshotState("main")]);
      for (const version of [2, 4, 1]) {
        const stale = { file: fileOf("bins-1", version, "other", EXPIRES + 1_000), signedVersion: 1 };
        expect(await bench.store.commitSignedRole("main", stale)).toBe("stale");
      }
      expect(await Promise.all([bench.store.roleState("main", "bins-1"), bench.store.snapshotState("main")])).toEqual(
        before,
      );
      expect((await bench.store.file("main", "bins-1", 2))?.sha256).toBe(fileOf("bins-1", 2).sha256);
      expect(await bench.store.file("main", "bins-1", 4)).toBeUndefined();
    });

    it("lets one of many concurrent signers win", async () => {
      await bench.edit("bins-1");
      const commits = Array.from({ length: 6 }, (_, index) =>
        bench.store.commitSignedRole("main", { file: fileOf("bins-1", 2, `signer ${index}`), signedVersion: 2 }),
      );
      const outcomes = await Promise.all(commits);
      expect(outcomes.filter((outcome) => outcome === "applied")).toHaveLength(1);
      const winner = outcomes.indexOf("applied");
      expect((await bench.store.file("main", "bins-1", 2))?.sha256).toBe(
        fileOf("bins-1", 2, `signer ${winner}`).sha256,
      );
    });

    it("signs the targets role too, and keeps only the newest version pending", async () => {
      await bench.sign("targets");
      await bench.sign("targets");
      expect((await bench.store.snapshotState("main")).pending).toEqual([{ role: "targets", metadataVersion: 3 }]);
    });
  });
}
