import { describe, expect, it } from "vitest";
import { ALL, ZERO, type TufStoreBench } from "./tuf-store-bench.js";
import { binOfPath, EXPIRES, fileOf, firstRoles, pathsIn, repositoryNamed, targetOf } from "./tuf-store-fixture.js";

/** Creating repositories and editing targets. */
export function tufEditsContract(bench: TufStoreBench): void {
  describe("creation", () => {
    it("stores everything once, whoever tries again", async () => {
      expect(await bench.store.createRepository(repositoryNamed("main"), firstRoles())).toBe("exists");
      expect(await bench.store.repository("main")).toEqual(repositoryNamed("main"));
      expect(await bench.store.repository("Main")).toBeUndefined();
      const attempts = [1, 2, 3, 4].map(() => bench.store.createRepository(repositoryNamed("race"), firstRoles()));
      expect((await Promise.all(attempts)).sort()).toEqual(["created", "exists", "exists", "exists"]);
    });

    it("starts clean, with every role in the head", async () => {
      expect(await bench.store.rolesToSign("main", ALL)).toEqual([]);
      const roles = ["targets", "bins-0", "bins-1", "bins-2", "bins-3"];
      expect(new Map(await bench.store.snapshotHead("main"))).toEqual(new Map(roles.map((role) => [role, 1])));
      const { length, sha256 } = fileOf("snapshot", 1);
      expect(await bench.store.snapshotState("main")).toEqual({
        timestamp: { metadataVersion: 1, expiresAt: EXPIRES },
        snapshot: { metadataVersion: 1, expiresAt: EXPIRES, length, sha256 },
        pending: [],
      });
      expect(await bench.store.roleState("main", "bins-1")).toEqual({
        name: "bins-1",
        kind: "bin",
        version: 1,
        signedVersion: 1,
        metadataVersion: 1,
        expiresAt: EXPIRES,
        targets: new Map(),
      });
      expect(await bench.store.roleState("main", "targets")).toMatchObject({
        kind: "targets",
        version: 1,
        signedVersion: 1,
      });
    });

    it("keeps repositories apart", async () => {
      await bench.store.createRepository(repositoryNamed("other"), firstRoles());
      await bench.edit("bins-0");
      expect(await bench.store.rolesToSign("main", ALL)).toEqual(["bins-0"]);
      expect(await bench.store.rolesToSign("other", ALL)).toEqual([]);
      expect((await bench.store.roleState("other", "bins-0")).targets.size).toBe(0);
    });

    it("says which repository or role is not there", async () => {
      const lost = expect.objectContaining({ code: "REPOSITORY_NOT_FOUND" });
      await expect(bench.store.rolesToSign("none", ALL)).rejects.toEqual(lost);
      await expect(bench.store.roleState("none", "targets")).rejects.toEqual(lost);
      await expect(bench.store.snapshotState("none")).rejects.toEqual(lost);
      await expect(bench.store.snapshotHead("none")).rejects.toEqual(lost);
      await expect(bench.store.commitSnapshot("none", bench.merge(2, 2))).rejects.toEqual(lost);
      await expect(bench.store.commitTimestamp("none", fileOf("timestamp", 2))).rejects.toEqual(lost);
      await expect(bench.store.exportPosition("none")).rejects.toEqual(lost);
      await expect(bench.store.exportBacklog("none", ZERO)).rejects.toEqual(lost);
      await expect(bench.store.recordExport("none", ZERO)).rejects.toEqual(lost);
      const unknown = expect.objectContaining({ code: "UNKNOWN_ROLE" });
      await expect(bench.store.roleState("main", "bins-9")).rejects.toEqual(unknown);
      await expect(bench.store.roleState("main", "BINS-0")).rejects.toEqual(unknown);
      const commit = { file: fileOf("bins-9", 2), signedVersion: 1 };
      await expect(bench.store.commitSignedRole("main", commit)).rejects.toEqual(unknown);
      const targets = new Map([["a", targetOf("a")]]);
      await expect(bench.edits.put("main", "bins-9", targets)).rejects.toEqual(unknown);
      await expect(bench.edits.put("none", "bins-0", targets)).rejects.toEqual(unknown);
      await expect(bench.edits.put("main", "targets", targets)).rejects.toEqual(unknown);
      await expect(bench.edits.drop("main", "bins-9", new Set(["a"]))).rejects.toEqual(unknown);
    });
  });

  describe("edits", () => {
    it("keep targets exactly and make their bin dirty", async () => {
      const [first, second] = pathsIn("bins-2", 2) as [string, string];
      const custom = { name: "ünï", tags: ["b", "a"], deep: { n: 1, none: null } };
      await bench.edits.put(
        "main",
        "bins-2",
        new Map([
          [first, targetOf("1", custom)],
          [second, targetOf("2")],
        ]),
      );
      const state = await bench.store.roleState("main", "bins-2");
      expect(new Map(state.targets)).toEqual(
        new Map([
          [first, targetOf("1", custom)],
          [second, targetOf("2")],
        ]),
      );
      expect(state).toMatchObject({ version: 2, signedVersion: 1, metadataVersion: 1 });
      expect(await bench.store.rolesToSign("main", ALL)).toEqual(["bins-2"]);
      for (const other of ["bins-0", "bins-1", "bins-3"]) {
        expect((await bench.store.roleState("main", other)).targets.size).toBe(0);
      }
    });

    it("change nothing when nothing differs", async () => {
      const [path, absent] = pathsIn("bins-0", 2) as [string, string];
      await bench.edits.put("main", "bins-0", new Map([[path, targetOf(path, { a: 1, b: 2 })]]));
      await bench.edits.put("main", "bins-0", new Map([[path, targetOf(path, { b: 2, a: 1 })]]));
      await bench.edits.drop("main", "bins-0", new Set([absent]));
      await bench.edits.put("main", "bins-0", new Map());
      await bench.edits.drop("main", "bins-0", new Set());
      expect((await bench.store.roleState("main", "bins-0")).version).toBe(2);
    });

    it("replace and remove", async () => {
      const [path, kept] = pathsIn("bins-0", 2) as [string, string];
      await bench.edits.put(
        "main",
        "bins-0",
        new Map([
          [path, targetOf("1", { a: 1 })],
          [kept, targetOf("k")],
        ]),
      );
      await bench.edits.put("main", "bins-0", new Map([[path, targetOf("2")]]));
      expect((await bench.store.roleState("main", "bins-0")).targets.get(path)).toEqual(targetOf("2"));
      await bench.edits.drop("main", "bins-0", new Set([path]));
      expect([...(await bench.store.roleState("main", "bins-0")).targets.keys()]).toEqual([kept]);
    });

    it("keep paths apart that differ only by case, Unicode form or trailing space", async () => {
      const paths = ["a", "A", "a ", "\u00e9", "e\u0301", "__proto__/x", "1", "01"];
      for (const path of paths) await bench.edits.put("main", binOfPath(path), new Map([[path, targetOf(path)]]));
      const all = ["bins-0", "bins-1", "bins-2", "bins-3"];
      const states = await Promise.all(all.map((bin) => bench.store.roleState("main", bin)));
      const stored = new Map(states.flatMap(({ targets }) => [...targets]));
      expect(stored.size).toBe(paths.length);
      for (const path of paths) expect(stored.get(path), path).toEqual(targetOf(path));
    });

    it("of the same bin at the same time are all kept", async () => {
      const paths = pathsIn("bins-1", 24);
      await Promise.all(paths.map((path) => bench.edits.put("main", "bins-1", new Map([[path, targetOf(path)]]))));
      const state = await bench.store.roleState("main", "bins-1");
      expect([...state.targets.keys()].sort()).toEqual([...paths].sort());
      expect(state.version).toBeGreaterThan(1);
    });

    it("of one path at the same time leave one of them, whole", async () => {
      const [path] = pathsIn("bins-1", 1) as [string];
      const candidates = Array.from({ length: 8 }, (_, index) => targetOf("x".repeat(index + 1), { writer: index }));
      await Promise.all(candidates.map((target) => bench.edits.put("main", "bins-1", new Map([[path, target]]))));
      expect(candidates).toContainEqual((await bench.store.roleState("main", "bins-1")).targets.get(path));
    });
  });
}
