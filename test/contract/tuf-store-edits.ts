import type { TargetEdit } from "../../domain/tuf/target-edits.js";
import type { Target } from "../../domain/tuf/target.js";
import type { HeldPath } from "../../domain/tuf/tuf-store.js";
import { describe, expect, it } from "vitest";
import { ALL, ZERO, type TufStoreBench } from "./tuf-store-bench.js";
import {
  binOfPath,
  digestOf,
  EXPIRES,
  fileOf,
  firstRoles,
  pathsIn,
  repositoryNamed,
  targetOf,
} from "./tuf-store-fixture.js";

const FIRST = { version: 1, signedVersion: 1, metadataVersion: 1, expiresAt: EXPIRES };

/** Creating repositories and editing targets. */
export function tufEditsContract(bench: TufStoreBench): void {
  describe("creation", () => {
    it("stores everything once, whoever tries again", async () => {
      expect(await bench.store.createRepository(repositoryNamed("main"), firstRoles())).toBe("exists");
      expect(await bench.store.repository("main")).toEqual({
        ...repositoryNamed("main"),
        customRoles: [],
        targetsVersion: 1,
      });
      expect(await bench.store.repository("Main")).toBeUndefined();
      const listing = { ...repositoryNamed("listing"), binsByPrefix: true };
      await bench.store.createRepository(listing, firstRoles());
      expect(await bench.store.repository("listing")).toMatchObject(listing);
      const attempts = [1, 2, 3, 4].map(() => bench.store.createRepository(repositoryNamed("race"), firstRoles()));
      expect((await Promise.all(attempts)).sort()).toEqual(["created", "exists", "exists", "exists"]);
    });

    it("changes how roles live, each by itself, whoever changes others at once", async () => {
      const times = { lifetime: 20_000_000_000, renewBefore: 7 };
      const { expiry } = repositoryNamed("main");
      await Promise.all([
        bench.store.changeExpiry("main", { timestamp: times }),
        bench.store.changeExpiry("main", { bins: times, snapshot: times }),
        bench.store.changeExpiry("main", {}),
      ]);
      const changed = await bench.store.repository("main");
      expect(changed?.expiry).toEqual({ ...expiry, timestamp: times, bins: times, snapshot: times });
      const missing = { code: "REPOSITORY_NOT_FOUND" };
      await expect(bench.store.changeExpiry("nowhere", { root: times })).rejects.toMatchObject(missing);
      await expect(bench.store.changeExpiry("nowhere", {})).rejects.toMatchObject(missing);
    });

    it("starts clean, with every role in the head", async () => {
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual([]);
      const roles = ["targets", "bins-0", "bins-1", "bins-2", "bins-3"];
      expect(new Map(await bench.store.snapshotHead("main"))).toEqual(new Map(roles.map((role) => [role, 1])));
      const { length, sha256 } = fileOf("snapshot", 1);
      expect(await bench.store.snapshotState("main")).toEqual({
        timestamp: FIRST,
        snapshot: { ...FIRST, length, sha256 },
        pending: [],
      });
      expect(await bench.role("bins-1")).toEqual({
        name: "bins-1",
        kind: "bin",
        version: 1,
        signedVersion: 1,
        trustSince: 0,
        metadataVersion: 1,
        expiresAt: EXPIRES,
        targets: new Map(),
      });
      expect(await bench.role("targets")).toMatchObject({
        kind: "targets",
        version: 1,
        signedVersion: 1,
      });
    });

    it("keeps repositories apart", async () => {
      await bench.store.createRepository(repositoryNamed("other"), firstRoles());
      await bench.edit("bins-0");
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["bins-0"]);
      expect(await bench.store.dirtyRoles("other", ALL)).toEqual([]);
      expect((await bench.role("bins-0", "other")).targets.size).toBe(0);
    });

    it("says which repository or role is not there", async () => {
      const lost = expect.objectContaining({ code: "REPOSITORY_NOT_FOUND" });
      await expect(bench.store.dirtyRoles("none", ALL)).rejects.toEqual(lost);
      await expect(bench.role("targets", "none")).rejects.toEqual(lost);
      await expect(bench.store.snapshotState("none")).rejects.toEqual(lost);
      await expect(bench.store.snapshotHead("none")).rejects.toEqual(lost);
      await expect(bench.store.commitSnapshot("none", bench.merge(2, 2))).rejects.toEqual(lost);
      await expect(bench.store.commitTimestamp("none", bench.timestamp(2))).rejects.toEqual(lost);
      await expect(bench.store.exportPosition("none")).rejects.toEqual(lost);
      await expect(bench.store.exportBacklog("none", ZERO)).rejects.toEqual(lost);
      await expect(bench.store.recordExport("none", ZERO)).rejects.toEqual(lost);
      await expect(bench.store.forgetExport("none", ZERO)).rejects.toEqual(lost);
      const unknown = expect.objectContaining({ code: "UNKNOWN_ROLE" });
      await expect(bench.role("bins-9")).rejects.toEqual(unknown);
      await expect(bench.role("BINS-0")).rejects.toEqual(unknown);
      const commit = { file: fileOf("bins-9", 2), signedVersion: 1 };
      await expect(bench.store.commitSignedRoles("main", [commit])).rejects.toEqual(unknown);
      const targets = new Map([["a", targetOf("a")]]);
      await expect(bench.put("bins-9", targets)).rejects.toEqual(unknown);
      await expect(bench.put("bins-0", targets, "none")).rejects.toEqual(unknown);
      await expect(bench.put("targets", targets)).rejects.toEqual(unknown);
      await expect(bench.drop("bins-9", "a")).rejects.toEqual(unknown);
    });
  });

  describe("edits", () => {
    it("keep targets exactly and make their bin dirty", async () => {
      const [first, second] = pathsIn("bins-2", 2) as [string, string];
      const custom = { name: "ünï", tags: ["b", "a"], deep: { n: 1, none: null } };
      await bench.put(
        "bins-2",
        new Map([
          [first, targetOf("1", custom)],
          [second, targetOf("2")],
        ]),
      );
      const state = await bench.role("bins-2");
      expect(new Map(state.targets)).toEqual(
        new Map([
          [first, targetOf("1", custom)],
          [second, targetOf("2")],
        ]),
      );
      expect(state).toMatchObject({ version: 2, signedVersion: 1, metadataVersion: 1 });
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["bins-2"]);
      for (const other of ["bins-0", "bins-1", "bins-3"]) {
        expect((await bench.role(other)).targets.size).toBe(0);
      }
    });

    it("change nothing when nothing differs", async () => {
      const [path, absent] = pathsIn("bins-0", 2) as [string, string];
      await bench.put("bins-0", new Map([[path, targetOf(path, { a: 1, b: 2 })]]));
      await bench.put("bins-0", new Map([[path, targetOf(path, { b: 2, a: 1 })]]));
      await bench.drop("bins-0", absent);
      await bench.put("bins-0", new Map());
      await bench.drop("bins-0");
      expect((await bench.role("bins-0")).version).toBe(2);
    });

    it("replace and remove", async () => {
      const [path, kept] = pathsIn("bins-0", 2) as [string, string];
      await bench.put(
        "bins-0",
        new Map([
          [path, targetOf("1", { a: 1 })],
          [kept, targetOf("k")],
        ]),
      );
      await bench.put("bins-0", new Map([[path, targetOf("2")]]));
      expect((await bench.role("bins-0")).targets.get(path)).toEqual(targetOf("2"));
      await bench.drop("bins-0", path);
      expect([...(await bench.role("bins-0")).targets.keys()]).toEqual([kept]);
    });

    it("keep paths apart that differ only by case, Unicode form or trailing space", async () => {
      const paths = ["a", "A", "a ", "\u00e9", "e\u0301", "__proto__/x", "1", "01"];
      for (const path of paths) await bench.put(binOfPath(path), new Map([[path, targetOf(path)]]));
      const all = ["bins-0", "bins-1", "bins-2", "bins-3"];
      const states = await Promise.all(all.map((bin) => bench.role(bin)));
      const stored = new Map(states.flatMap(({ targets }) => [...targets]));
      expect(stored.size).toBe(paths.length);
      for (const path of paths) expect(stored.get(path), path).toEqual(targetOf(path));
    });

    it("of several bins are one, whole or not at all", async () => {
      const [a, b] = [pathsIn("bins-0", 1)[0]!, pathsIn("bins-3", 1)[0]!];
      const edit = (path: string) => ({ path, digest: digestOf(path), target: targetOf(path) });
      const lost = expect.objectContaining({ code: "UNKNOWN_ROLE" });
      const unknown = { bin: "bins-9", edits: [edit(b)] };
      await expect(bench.edits.accept("main", [{ bin: "bins-0", edits: [edit(a)] }, unknown])).rejects.toEqual(lost);
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual([]);
      await bench.edits.accept("main", [
        { bin: "bins-3", edits: [edit(b)] },
        { bin: "bins-0", edits: [edit(a)] },
      ]);
      expect(await bench.store.dirtyRoles("main", ALL)).toEqual(["bins-0", "bins-3"]);
    });

    it("of one path in one call leave the last of them", async () => {
      const [path, other] = pathsIn("bins-0", 2) as [string, string];
      const edit = (target: Target | null, of = path) => ({ path: of, digest: digestOf(of), target });
      const edits = [
        edit(targetOf("1")),
        edit(null),
        edit(targetOf("2")),
        edit(targetOf("3"), other),
        edit(null, other),
      ];
      await bench.edits.accept("main", [{ bin: "bins-0", edits }]);
      expect(new Map((await bench.role("bins-0")).targets)).toEqual(new Map([[path, targetOf("2")]]));
      expect((await bench.role("bins-0")).version).toBe(2);
    });

    it("tell which of them took a target away, each in its turn", async () => {
      const [path, other, none] = pathsIn("bins-0", 3) as [string, string, string];
      const edit = (of: string, target: Target | null) => ({ path: of, digest: digestOf(of), target });
      const accept = (...edits: TargetEdit[]) => bench.edits.accept("main", [{ bin: "bins-0", edits }]);
      expect(await accept(edit(path, targetOf("1")))).toEqual(new Set());
      const [early, first, second, absent] = [edit(other, null), edit(path, null), edit(path, null), edit(none, null)];
      const late = edit(other, null);
      const removed = await accept(early, first, second, absent, edit(other, targetOf("2")), late);
      for (const one of [first, late]) expect(removed.has(one)).toBe(true);
      for (const one of [early, second, absent]) expect(removed.has(one)).toBe(false);
      expect(await accept(absent)).toEqual(new Set());
      expect(await accept()).toEqual(new Set());
    });

    it("refuse a path that belongs into another bin, new or stored, and everything with it", async () => {
      const [mine, theirs] = [pathsIn("bins-0", 1)[0]!, pathsIn("bins-1", 1)[0]!];
      for (const isStored of [false, true]) {
        if (isStored) await bench.edit("bins-1");
        const both = [mine, theirs].map((path) => ({ path, digest: digestOf(path), target: targetOf("x") }));
        await expect(bench.edits.accept("main", [{ bin: "bins-0", edits: both }])).rejects.toMatchObject({
          code: "INVALID_TARGET_PATH",
          faults: [{ path: theirs, reason: "the path does not belong into bins-0" }],
        });
        expect((await bench.role("bins-0")).targets.size).toBe(0);
        await expect(bench.drop("bins-0", theirs)).rejects.toMatchObject({ code: "INVALID_TARGET_PATH" });
      }
      expect((await bench.role("bins-1")).targets.size).toBe(1);
    });

    it("of the same bin at the same time are all kept", async () => {
      const paths = pathsIn("bins-1", 24);
      await Promise.all(paths.map((path) => bench.put("bins-1", new Map([[path, targetOf(path)]]))));
      const state = await bench.role("bins-1");
      expect([...state.targets.keys()].sort()).toEqual([...paths].sort());
      expect(state.version).toBeGreaterThan(1);
    });

    it("of one path at the same time leave one of them, whole", async () => {
      const [path] = pathsIn("bins-1", 1) as [string];
      const candidates = Array.from({ length: 8 }, (_, index) => targetOf("x".repeat(index + 1), { writer: index }));
      await Promise.all(candidates.map((target) => bench.put("bins-1", new Map([[path, target]]))));
      expect(candidates).toContainEqual((await bench.role("bins-1")).targets.get(path));
    });

    it("are found by what their paths begin with, page by page", async () => {
      const paths = [
        "a/b",
        "a/%",
        "a_b",
        "a!b",
        "A/c",
        "b",
        ...Array.from({ length: 9 }, (_, index) => `many/${index}`),
      ];
      for (const path of paths) await bench.put(binOfPath(path), new Map([[path, targetOf(path)]]));
      const found = async (prefix: string, limit: number) => {
        const all: string[] = [];
        for (let after: HeldPath | undefined; ;) {
          const page: readonly HeldPath[] = await bench.store.heldPaths("main", prefix, { after, limit });
          all.push(...page.map(({ path }) => path));
          expect(page.every(({ space }) => space === "")).toBe(true);
          if (page.length < limit) return all.filter((path) => path.startsWith(prefix)).sort();
          after = page.at(-1);
        }
      };
      expect(await found("", 4)).toEqual(paths.toSorted());
      expect(await found("many/", 2)).toEqual(paths.slice(-9));
      expect(await found("a/", 10)).toEqual(["a/%", "a/b"]);
      for (const path of ["a/%", "a_", "a!"]) expect(await found(path, 10)).toHaveLength(1);
      await expect(bench.store.heldPaths("none", "", { limit: 1 })).rejects.toMatchObject({
        code: "REPOSITORY_NOT_FOUND",
      });
    });
  });
}
