import { beforeEach, describe, expect, it } from "vitest";
import { LATE } from "../../domain/tuf/publish-plan.js";
import type { LateExport } from "../../domain/tuf/tuf-store.js";
import { ALL, ZERO, type TufStoreBench } from "./tuf-store-bench.js";
import { EXPIRES, fileOf, SIGNED } from "./tuf-store-fixture.js";

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
        timestamp: { version: 1, signedVersion: 1, metadataVersion: 2, expiresAt: EXPIRES },
        snapshot: { version: 1, signedVersion: 1, metadataVersion: 2, expiresAt: EXPIRES, length, sha256 },
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
      expect((await bench.file("timestamp", 2))?.sha256).toBe(fileOf("timestamp", 2).sha256);
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual([]);
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

    it("tell what later ones changed of the head", async () => {
      await bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-0": 2 }));
      await bench.store.commitSnapshot("main", bench.merge(3, 3, { "bins-1": 2 }));
      await bench.store.commitSnapshot("main", bench.merge(4, 4, { "bins-1": 3, "bins-2": 2 }));
      const after = async (version: number) => Object.fromEntries(await bench.store.snapshotHead("main", version));
      expect(await after(1)).toEqual({ "bins-0": 2, "bins-1": 3, "bins-2": 2 });
      expect(await after(2)).toEqual({ "bins-1": 3, "bins-2": 2 });
      expect(await after(3)).toEqual({ "bins-1": 3, "bins-2": 2 });
      expect(await after(4)).toEqual({});
    });

    it("never lower an entry of the head", async () => {
      await bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-0": 5 }));
      expect(await bench.store.commitSnapshot("main", bench.merge(3, 3, { "bins-0": 4 }))).toBe("applied");
      expect((await bench.store.snapshotHead("main")).get("bins-0")).toBe(5);
    });

    it("take roles along that are signed with them, without these being pending first", async () => {
      await bench.edit("bins-0");
      await bench.edit("bins-3");
      const { version } = await bench.role("bins-0");
      await bench.edit("bins-0", 1);
      const signed = ["bins-3", "bins-0"].map((role) => ({ file: fileOf(role, 2), signedVersion: version }));
      const merge = { ...bench.merge(2, 2, { "bins-0": 2, "bins-3": 2 }), merged: [], signed };
      expect(await bench.store.commitSnapshot("main", merge)).toBe("applied");
      expect((await bench.store.snapshotState("main")).pending).toEqual([]);
      expect((await bench.store.snapshotHead("main")).get("bins-0")).toBe(2);
      expect((await bench.file("bins-3", 2))?.sha256).toBe(fileOf("bins-3", 2).sha256);
      expect(await bench.role("bins-3")).toMatchObject({
        metadataVersion: 2,
        signedVersion: version,
        expiresAt: EXPIRES,
      });
      // An edit since then leaves its bin dirty.
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["bins-0"]);
      const { files } = await bench.store.exportBacklog("main", { root: 1, snapshot: 1, timestamp: 1 });
      expect(files.map(({ role, metadataVersion }) => `${metadataVersion}.${role}`).sort()).toEqual([
        "2.bins-0",
        "2.bins-3",
        "2.snapshot",
        "2.timestamp",
      ]);
    });

    it("write nothing at all when a role that is signed with them was signed by another first, or is none", async () => {
      await bench.edit("bins-0");
      await bench.edit("bins-3");
      await bench.sign("bins-3");
      const before = await bench.store.snapshotState("main");
      const merge = bench.merge(2, 2, { "bins-0": 2, "bins-3": 2 }, "other");
      const signedAs = (roles: readonly string[]) =>
        roles.map((role) => ({ file: fileOf(role, 2, "other"), signedVersion: 2 }));
      const together = (...roles: readonly string[]) =>
        bench.store.commitSnapshot("main", { ...merge, merged: [], signed: signedAs(roles) });
      expect(await together("bins-0", "bins-3")).toBe("stale");
      await expect(together("bins-0", "bins-9")).rejects.toMatchObject({ code: "UNKNOWN_ROLE" });
      expect(await bench.store.snapshotState("main")).toEqual(before);
      expect(await bench.role("bins-0")).toMatchObject({ metadataVersion: 1, signedVersion: 1 });
      for (const role of ["bins-0", "snapshot", "timestamp"]) expect(await bench.file(role, 2)).toBeUndefined();
      expect((await bench.store.snapshotHead("main")).get("bins-0")).toBe(1);
    });

    it("write nothing at all when another merger was first", async () => {
      await bench.edit("bins-0");
      await bench.sign("bins-0");
      expect(await bench.store.commitTimestamp("main", bench.timestamp(2))).toBe("applied");
      const before = await bench.store.snapshotState("main");
      expect(await bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-0": 2 }, "other"))).toBe("stale");
      expect(await bench.store.commitSnapshot("main", bench.merge(3, 3, { "bins-0": 2 }, "other"))).toBe("stale");
      expect(await bench.store.snapshotState("main")).toEqual(before);
      expect((await bench.store.snapshotHead("main")).get("bins-0")).toBe(1);
      expect(await bench.file("snapshot", 2)).toBeUndefined();
      expect(await bench.file("timestamp", 3)).toBeUndefined();
    });

    it("let one of many concurrent mergers win", async () => {
      const commits = Array.from({ length: 6 }, (_, index) =>
        bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-0": index + 2 }, `merger ${index}`)),
      );
      const outcomes = await Promise.all(commits);
      expect(outcomes.filter((outcome) => outcome === "applied")).toHaveLength(1);
      const winner = outcomes.indexOf("applied");
      expect((await bench.store.snapshotHead("main")).get("bins-0")).toBe(winner + 2);
      expect((await bench.file("timestamp", 2))?.sha256).toBe(fileOf("timestamp", 2, `merger ${winner}`).sha256);
    });

    it("stay as they are when only the timestamp is renewed", async () => {
      const renewed = { file: fileOf("timestamp", 2, "", EXPIRES + 5_000), signedVersion: 1 };
      expect(await bench.store.commitTimestamp("main", renewed)).toBe("applied");
      expect(await bench.store.commitTimestamp("main", bench.timestamp(2, "other"))).toBe("stale");
      expect(await bench.store.snapshotState("main")).toMatchObject({
        timestamp: { metadataVersion: 2, expiresAt: EXPIRES + 5_000 },
        snapshot: { metadataVersion: 1, expiresAt: EXPIRES },
      });
    });
  });

  describe("snapshots as differences", () => {
    const initial = { targets: 1, "bins-0": 1, "bins-1": 1, "bins-2": 1, "bins-3": 1 };
    const meta = async (version: number) => Object.fromEntries(await bench.store.snapshotMeta("main", version));

    it("tell what every snapshot listed, changed or renewed", async () => {
      await bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-0": 2, "bins-1": 2 }));
      await bench.store.commitSnapshot("main", bench.merge(3, 3));
      await bench.store.commitSnapshot("main", bench.merge(4, 4, { "bins-0": 3 }));
      await bench.store.commitSnapshot("main", bench.merge(5, 5, { "bins-0": 4, extra: 1 }));
      expect(await meta(1)).toEqual(initial);
      expect(await meta(2)).toEqual({ ...initial, "bins-0": 2, "bins-1": 2 });
      expect(await meta(3)).toEqual(await meta(2));
      expect(await meta(4)).toEqual({ ...initial, "bins-0": 3, "bins-1": 2 });
      expect(await meta(5)).toEqual({ ...initial, "bins-0": 4, "bins-1": 2, extra: 1 });
      expect(await meta(5)).toEqual(Object.fromEntries(await bench.store.snapshotHead("main")));
    });

    it("leave none behind where another merger was first", async () => {
      await bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-0": 2 }));
      expect(await bench.store.commitSnapshot("main", bench.merge(2, 2, { "bins-1": 2 }, "other"))).toBe("stale");
      expect(await meta(1)).toEqual(initial);
    });
  });

  describe("old files", () => {
    const old = async (time: number, limit = 100) =>
      (await bench.store.oldFiles("main", time, limit))
        .map(({ role, metadataVersion }) => `${metadataVersion}.${role}`)
        .sort();

    /** Snapshot and timestamp `n` are signed at `SIGNED + n`. Snapshot 3 lists what is not in 2 of bins-0. */
    beforeEach(async () => {
      for (const version of [2, 3, 4]) {
        await bench.edit("bins-0", version);
        await bench.sign("bins-0");
        await bench.store.commitSnapshot("main", bench.merge(version, version, { "bins-0": version }));
      }
    });
    const at = (version: number) => ({ root: 1, snapshot: version, timestamp: version });
    const publish = (version: number, late?: LateExport) => bench.store.recordExport("main", at(version), late);

    it("are none that the published timestamp leads to, however far storage is behind", async () => {
      await publish(1);
      expect(await old(SIGNED + 1_000)).toEqual([]);
      await publish(2);
      expect(await old(SIGNED + 1_000)).toEqual(["1.bins-0", "1.snapshot", "1.timestamp"]);
    });

    it("stay as long as clients may be reading them, where what replaces them is published late", async () => {
      const late = SIGNED + LATE + 4; // for snapshot 3, not for 4
      await publish(2);
      await publish(4, { at: late, after: at(2) });
      expect(await old(SIGNED + 3)).toEqual(["1.bins-0", "1.snapshot", "1.timestamp"]);
      expect(await old(late - 1)).toContain("3.bins-0");
    });

    it.each(["alone", "beside one that did not find it"])(
      "are none where storage was found behind, and count their age from when it is published again: %s",
      async (how) => {
        await publish(4);
        await bench.store.forgetExport("main", at(4));
        expect(await old(SIGNED + 1_000)).toEqual([]);
        const again = SIGNED + 2 * LATE;
        if (how !== "alone") await publish(4);
        await publish(4, { at: again, after: ZERO });
        expect(await old(again - 1)).toEqual([]);
        expect(await old(again)).toContain("3.bins-0");
      },
    );

    it("are those that a client of that time did not read any more", async () => {
      await publish(4);
      expect(await old(SIGNED)).toEqual([]);
      expect(await old(SIGNED + 1)).toEqual([]);
      expect(await old(SIGNED + 3)).toEqual([
        "1.bins-0",
        "1.snapshot",
        "1.timestamp",
        "2.bins-0",
        "2.snapshot",
        "2.timestamp",
      ]);
      expect(await old(SIGNED + 3, 2)).toEqual(["1.bins-0", "2.bins-0"]);
      expect(await old(SIGNED + 1_000)).not.toContain("4.bins-0");
    });

    it("are forgotten with what only they need, and everything else stays", async () => {
      await publish(4);
      const kept = await bench.store.snapshotMeta("main", 3);
      for (;;) {
        const files = await bench.store.oldFiles("main", SIGNED + 3, 2);
        if (files.length === 0) break;
        await bench.store.forgetFiles("main", files);
      }
      expect(await bench.file("bins-0", 2)).toBeUndefined();
      for (const [role, version] of [
        ["bins-0", 3],
        ["bins-1", 1],
        ["targets", 1],
        ["root", 1],
        ["snapshot", 3],
        ["timestamp", 3],
      ] as const) {
        expect(await bench.file(role, version), role).toBeDefined();
      }
      expect(await bench.store.snapshotMeta("main", 3)).toEqual(kept);
      expect(await bench.store.snapshotState("main")).toMatchObject({ snapshot: { metadataVersion: 4 } });
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
      await bench.store.commitTimestamp("main", bench.timestamp(2));
      const { files } = await bench.store.exportBacklog("main", { root: 1, snapshot: 1, timestamp: 1 });
      expect(names(files)).toEqual(["2.timestamp"]);
    });

    it("forgets what storage was found to lack, but for root, and unless another timestamp is recorded", async () => {
      const recorded = { root: 1, snapshot: 3, timestamp: 4 };
      await bench.store.recordExport("main", recorded);
      await bench.store.forgetExport("main", { ...recorded, timestamp: 3 });
      expect(await bench.store.exportPosition("main")).toEqual(recorded);
      await bench.store.forgetExport("main", recorded);
      expect(await bench.store.exportPosition("main")).toEqual({ ...ZERO, root: 1 });
      await bench.store.recordExport("main", recorded);
      expect(await bench.store.exportPosition("main")).toEqual(recorded);
    });

    it("records positions that only rise", async () => {
      await bench.store.recordExport("main", { root: 1, snapshot: 3, timestamp: 4 });
      await bench.store.recordExport("main", { root: 1, snapshot: 2, timestamp: 5 });
      await bench.store.recordExport("main", ZERO);
      expect(await bench.store.exportPosition("main")).toEqual({ root: 1, snapshot: 3, timestamp: 5 });
    });
  });
}
