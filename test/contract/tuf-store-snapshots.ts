import { describe, expect, it } from "vitest";
import { ALL, ZERO, type TufStoreBench } from "./tuf-store-bench.js";
import { EXPIRES, fileOf } from "./tuf-store-fixture.js";

/** Committing snapshots and exporting them. */
export function tufSnapshotContract(bench: TufStoreBench): void {
  describe("snapshots", () => {
    it("raise the head, clear what was merged, and take the next numbers", async () => {
      for (const bin of ["bins-0", "bins-3"]) {
        await bench.edit(bin);
        await bench.sign(bin);
      }
      expect(await bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-0": 2, "bins-3": 2 }))).toBe("applied");
      const { length, sha256 } = fileOf("snapshot", 2);
      expect(await bench.store.snapshotState("main")).toEqual({
        timestamp: { metadataVersion: 2, expiresAt: EXPIRES },
        snapshot: { metadataVersion: 2, expiresAt: EXPIRES, length, sha256 },
        pending: [],
      });
      expect(new Map(await bench.store.snapshotHead("main"))).toEqual(
        new Map([
          ["targets", 1],
          ["bins-0", 2],
          ["bins-1", 1],
          ["bins-2", 1],
          ["bins-3", 2],
        ]),
      );
      expect((await bench.store.file("main", "timestamp", 2))?.sha256).toBe(fileOf("timestamp", 2).sha256);
      expect(await bench.store.rolesToSign("main", ALL)).toEqual([]);
    });

    it("leave what was signed after the read pending", async () => {
      await bench.edit("bins-0");
      await bench.sign("bins-0");
      const { pending } = await bench.store.snapshotState("main");
      await bench.edit("bins-0", 1);
      await bench.sign("bins-0");
      expect(await bench.store.commitSnapshot("main", { ...bench.merge(2, 2, { "bins-0": 2 }), merged: pending })).toBe(
        "applied",
      );
      expect((await bench.store.snapshotState("main")).pending).toEqual([{ role: "bins-0", metadataVersion: 3 }]);
    });

    it("never lower an entry of the head", async () => {
      await bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-0": 5 }));
      expect(await bench.store.commitSnapshot("main", bench.merge(3, 3, { "bins-0": 4 }))).toBe("applied");
      expect((await bench.store.snapshotHead("main")).get("bins-0")).toBe(5);
    });

    it("write nothing at all when another merger was first", async () => {
      await bench.edit("bins-0");
      await bench.sign("bins-0");
      expect(await bench.store.commitTimestamp("main", fileOf("timestamp", 2))).toBe("applied");
      const before = await bench.store.snapshotState("main");
      expect(await bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-0": 2 }, "other"))).toBe("stale");
      expect(await bench.store.commitSnapshot("main", bench.merge(3, 3, { "bins-0": 2 }, "other"))).toBe("stale");
      expect(await bench.store.snapshotState("main")).toEqual(before);
      expect((await bench.store.snapshotHead("main")).get("bins-0")).toBe(1);
      expect(await bench.store.file("main", "snapshot", 2)).toBeUndefined();
      expect(await bench.store.file("main", "timestamp", 3)).toBeUndefined();
    });

    it("let one of many concurrent mergers win", async () => {
      const commits = Array.from({ length: 6 }, (_, index) =>
        bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-0": index + 2 }, `merger ${index}`)),
      );
      const outcomes = await Promise.all(commits);
      expect(outcomes.filter((outcome) => outcome === "applied")).toHaveLength(1);
      const winner = outcomes.indexOf("applied");
      expect((await bench.store.snapshotHead("main")).get("bins-0")).toBe(winner + 2);
      expect((await bench.store.file("main", "timestamp", 2))?.sha256).toBe(
        fileOf("timestamp", 2, `merger ${winner}`).sha256,
      );
    });

    it("stay as they are when only the timestamp is renewed", async () => {
      const renewed = fileOf("timestamp", 2, "", EXPIRES + 5_000);
      expect(await bench.store.commitTimestamp("main", renewed)).toBe("applied");
      expect(await bench.store.commitTimestamp("main", fileOf("timestamp", 2, "other"))).toBe("stale");
      expect(await bench.store.snapshotState("main")).toMatchObject({
        timestamp: { metadataVersion: 2, expiresAt: EXPIRES + 5_000 },
        snapshot: { metadataVersion: 1, expiresAt: EXPIRES },
      });
    });
  });

  describe("export", () => {
    const names = (files: readonly { role: string; metadataVersion: number }[]) =>
      files.map(({ role, metadataVersion }) => `${metadataVersion}.${role}`).sort();

    it("begins with every current file", async () => {
      expect(await bench.store.exportPosition("main")).toEqual(ZERO);
      const { position, files } = await bench.store.exportBacklog("main", ZERO);
      expect(position).toEqual({ root: 1, snapshot: 1, timestamp: 1 });
      const roles = ["bins-0", "bins-1", "bins-2", "bins-3", "root", "snapshot", "targets", "timestamp"];
      expect(names(files)).toEqual(roles.map((role) => `1.${role}`));
    });

    it("continues with what later snapshots changed, in its newest version", async () => {
      const from = { root: 1, snapshot: 1, timestamp: 1 };
      await bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-0": 2, "bins-1": 2 }));
      await bench.store.commitSnapshot("main", bench.merge(3, 3, { "bins-0": 3 }));
      const { position, files } = await bench.store.exportBacklog("main", from);
      expect(position).toEqual({ root: 1, snapshot: 3, timestamp: 3 });
      expect(names(files)).toEqual(["2.bins-1", "3.bins-0", "3.snapshot", "3.timestamp"]);
      const later = await bench.store.exportBacklog("main", { root: 1, snapshot: 2, timestamp: 2 });
      expect(names(later.files)).toEqual(["3.bins-0", "3.snapshot", "3.timestamp"]);
      expect((await bench.store.exportBacklog("main", position)).files).toEqual([]);
    });

    it("continues with a renewed timestamp alone", async () => {
      await bench.store.commitTimestamp("main", fileOf("timestamp", 2));
      const { files } = await bench.store.exportBacklog("main", { root: 1, snapshot: 1, timestamp: 1 });
      expect(names(files)).toEqual(["2.timestamp"]);
    });

    it("records positions that only rise", async () => {
      await bench.store.recordExport("main", { root: 1, snapshot: 3, timestamp: 4 });
      await bench.store.recordExport("main", { root: 1, snapshot: 2, timestamp: 5 });
      await bench.store.recordExport("main", ZERO);
      expect(await bench.store.exportPosition("main")).toEqual({ root: 1, snapshot: 3, timestamp: 5 });
    });
  });
}
