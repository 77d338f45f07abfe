import { beforeEach, describe, expect, it } from "vitest";
import type { TargetEdits } from "../../domain/tuf/target-edits.js";
import type { SnapshotCommit, TufStore } from "../../domain/tuf/tuf-store.js";
import { binOfPath, EXPIRES, fileOf, firstRoles, pathsIn, repositoryNamed, targetOf } from "./tuf-store-fixture.js";

export interface TufStoreUnderTest {
  readonly store: TufStore;
  readonly edits: TargetEdits;
}

const NOTHING_EXPIRES = { targetsHorizon: 0, binsHorizon: 0 };
const ALL = { ...NOTHING_EXPIRES, after: "", limit: 100 };
const ZERO = { root: 0, snapshot: 0, timestamp: 0 };

/**
 * What every implementation of `TufStore` and `TargetEdits` keeps.
 * @param makeStore two ports over one empty database; called before each test
 */
export function tufStoreContract(name: string, makeStore: () => Promise<TufStoreUnderTest>): void {
  describe(`TufStore: ${name}`, () => {
    let store: TufStore;
    let edits: TargetEdits;

    beforeEach(async () => {
      ({ store, edits } = await makeStore());
      expect(await store.createRepository(repositoryNamed("main"), firstRoles())).toBe("created");
    });

    const merge = (s: number, t: number, changed: Record<string, number> = {}, mark = ""): SnapshotCommit => ({
      timestamp: fileOf("timestamp", t, mark),
      snapshot: fileOf("snapshot", s, mark),
      changed: new Map(Object.entries(changed)),
      merged: Object.entries(changed).map(([role, metadataVersion]) => ({ role, metadataVersion })),
    });
    const edit = (bin: string, index = 0) => {
      const path = pathsIn(bin, index + 1)[index]!;
      return edits.put("main", bin, new Map([[path, targetOf(path)]]));
    };
    /** Signs the bin as it is now. */
    const sign = async (role: string) => {
      const { version, metadataVersion } = await store.roleState("main", role);
      return store.commitSignedRole("main", { file: fileOf(role, metadataVersion + 1), signedVersion: version });
    };

    describe("creation", () => {
      it("stores everything once, whoever tries again", async () => {
        expect(await store.createRepository(repositoryNamed("main"), firstRoles())).toBe("exists");
        expect(await store.repository("main")).toEqual(repositoryNamed("main"));
        expect(await store.repository("Main")).toBeUndefined();
        const attempts = [1, 2, 3, 4].map(() => store.createRepository(repositoryNamed("race"), firstRoles()));
        expect((await Promise.all(attempts)).sort()).toEqual(["created", "exists", "exists", "exists"]);
      });

      it("starts clean, with every role in the head", async () => {
        expect(await store.rolesToSign("main", ALL)).toEqual([]);
        const roles = ["targets", "bins-0", "bins-1", "bins-2", "bins-3"];
        expect(new Map(await store.snapshotHead("main"))).toEqual(new Map(roles.map((role) => [role, 1])));
        const { length, sha256 } = fileOf("snapshot", 1);
        expect(await store.snapshotState("main")).toEqual({
          timestamp: { metadataVersion: 1, expiresAt: EXPIRES },
          snapshot: { metadataVersion: 1, expiresAt: EXPIRES, length, sha256 },
          pending: [],
        });
        expect(await store.roleState("main", "bins-1")).toEqual({
          name: "bins-1",
          kind: "bin",
          version: 1,
          signedVersion: 1,
          metadataVersion: 1,
          expiresAt: EXPIRES,
          targets: new Map(),
        });
        expect(await store.roleState("main", "targets")).toMatchObject({
          kind: "targets",
          version: 1,
          signedVersion: 1,
        });
      });

      it("keeps repositories apart", async () => {
        await store.createRepository(repositoryNamed("other"), firstRoles());
        await edit("bins-0");
        expect(await store.rolesToSign("main", ALL)).toEqual(["bins-0"]);
        expect(await store.rolesToSign("other", ALL)).toEqual([]);
        expect((await store.roleState("other", "bins-0")).targets.size).toBe(0);
      });

      it("says which repository or role is not there", async () => {
        const lost = expect.objectContaining({ code: "REPOSITORY_NOT_FOUND" });
        await expect(store.rolesToSign("none", ALL)).rejects.toEqual(lost);
        await expect(store.roleState("none", "targets")).rejects.toEqual(lost);
        await expect(store.snapshotState("none")).rejects.toEqual(lost);
        await expect(store.snapshotHead("none")).rejects.toEqual(lost);
        await expect(store.commitSnapshot("none", merge(2, 2))).rejects.toEqual(lost);
        await expect(store.commitTimestamp("none", fileOf("timestamp", 2))).rejects.toEqual(lost);
        await expect(store.exportPosition("none")).rejects.toEqual(lost);
        await expect(store.exportBacklog("none", ZERO)).rejects.toEqual(lost);
        await expect(store.recordExport("none", ZERO)).rejects.toEqual(lost);
        const unknown = expect.objectContaining({ code: "UNKNOWN_ROLE" });
        await expect(store.roleState("main", "bins-9")).rejects.toEqual(unknown);
        await expect(store.roleState("main", "BINS-0")).rejects.toEqual(unknown);
        const commit = { file: fileOf("bins-9", 2), signedVersion: 1 };
        await expect(store.commitSignedRole("main", commit)).rejects.toEqual(unknown);
        const targets = new Map([["a", targetOf("a")]]);
        await expect(edits.put("main", "bins-9", targets)).rejects.toEqual(unknown);
        await expect(edits.put("none", "bins-0", targets)).rejects.toEqual(unknown);
        await expect(edits.put("main", "targets", targets)).rejects.toEqual(unknown);
        await expect(edits.drop("main", "bins-9", new Set(["a"]))).rejects.toEqual(unknown);
      });
    });

    describe("edits", () => {
      it("keep targets exactly and make their bin dirty", async () => {
        const [first, second] = pathsIn("bins-2", 2) as [string, string];
        const custom = { name: "ünï", tags: ["b", "a"], deep: { n: 1, none: null } };
        await edits.put(
          "main",
          "bins-2",
          new Map([
            [first, targetOf("1", custom)],
            [second, targetOf("2")],
          ]),
        );
        const state = await store.roleState("main", "bins-2");
        expect(new Map(state.targets)).toEqual(
          new Map([
            [first, targetOf("1", custom)],
            [second, targetOf("2")],
          ]),
        );
        expect(state).toMatchObject({ version: 2, signedVersion: 1, metadataVersion: 1 });
        expect(await store.rolesToSign("main", ALL)).toEqual(["bins-2"]);
        for (const other of ["bins-0", "bins-1", "bins-3"]) {
          expect((await store.roleState("main", other)).targets.size).toBe(0);
        }
      });

      it("change nothing when nothing differs", async () => {
        const [path, absent] = pathsIn("bins-0", 2) as [string, string];
        await edits.put("main", "bins-0", new Map([[path, targetOf(path, { a: 1, b: 2 })]]));
        await edits.put("main", "bins-0", new Map([[path, targetOf(path, { b: 2, a: 1 })]]));
        await edits.drop("main", "bins-0", new Set([absent]));
        await edits.put("main", "bins-0", new Map());
        await edits.drop("main", "bins-0", new Set());
        expect((await store.roleState("main", "bins-0")).version).toBe(2);
      });

      it("replace and remove", async () => {
        const [path, kept] = pathsIn("bins-0", 2) as [string, string];
        await edits.put(
          "main",
          "bins-0",
          new Map([
            [path, targetOf("1", { a: 1 })],
            [kept, targetOf("k")],
          ]),
        );
        await edits.put("main", "bins-0", new Map([[path, targetOf("2")]]));
        expect((await store.roleState("main", "bins-0")).targets.get(path)).toEqual(targetOf("2"));
        await edits.drop("main", "bins-0", new Set([path]));
        expect([...(await store.roleState("main", "bins-0")).targets.keys()]).toEqual([kept]);
      });

      it("keep paths apart that differ only by case, Unicode form or trailing space", async () => {
        const paths = ["a", "A", "a ", "\u00e9", "e\u0301", "__proto__", "1", "01"];
        for (const path of paths) await edits.put("main", binOfPath(path), new Map([[path, targetOf(path)]]));
        const all = ["bins-0", "bins-1", "bins-2", "bins-3"];
        const states = await Promise.all(all.map((bin) => store.roleState("main", bin)));
        const stored = new Map(states.flatMap(({ targets }) => [...targets]));
        expect(stored.size).toBe(paths.length);
        for (const path of paths) expect(stored.get(path), path).toEqual(targetOf(path));
      });

      it("of the same bin at the same time are all kept", async () => {
        const paths = pathsIn("bins-1", 24);
        await Promise.all(paths.map((path) => edits.put("main", "bins-1", new Map([[path, targetOf(path)]]))));
        const state = await store.roleState("main", "bins-1");
        expect([...state.targets.keys()].sort()).toEqual([...paths].sort());
        expect(state.version).toBeGreaterThan(1);
      });

      it("of one path at the same time leave one of them, whole", async () => {
        const [path] = pathsIn("bins-1", 1) as [string];
        const candidates = Array.from({ length: 8 }, (_, index) => targetOf("x".repeat(index + 1), { writer: index }));
        await Promise.all(candidates.map((target) => edits.put("main", "bins-1", new Map([[path, target]]))));
        expect(candidates).toContainEqual((await store.roleState("main", "bins-1")).targets.get(path));
      });
    });

    describe("roles to sign", () => {
      it("come in pages, in byte order", async () => {
        for (const bin of ["bins-3", "bins-0", "bins-2"]) await edit(bin);
        expect(await store.rolesToSign("main", { ...ALL, limit: 2 })).toEqual(["bins-0", "bins-2"]);
        expect(await store.rolesToSign("main", { ...ALL, after: "bins-2", limit: 2 })).toEqual(["bins-3"]);
        expect(await store.rolesToSign("main", { ...ALL, after: "bins-3" })).toEqual([]);
      });

      it("include what expires by the horizon of its kind, never snapshot, timestamp or root", async () => {
        const page = { after: "", limit: 100 };
        expect(await store.rolesToSign("main", { ...page, targetsHorizon: EXPIRES, binsHorizon: EXPIRES - 1 })).toEqual(
          ["targets"],
        );
        expect(await store.rolesToSign("main", { ...page, targetsHorizon: 0, binsHorizon: EXPIRES })).toEqual([
          "bins-0",
          "bins-1",
          "bins-2",
          "bins-3",
        ]);
      });
    });

    describe("signing", () => {
      it("makes one version per number, cleans the role and leaves it pending", async () => {
        await edit("bins-1");
        expect(await sign("bins-1")).toBe("applied");
        expect(await store.rolesToSign("main", ALL)).toEqual([]);
        expect(await store.roleState("main", "bins-1")).toMatchObject({ metadataVersion: 2, signedVersion: 2 });
        expect((await store.snapshotState("main")).pending).toEqual([{ role: "bins-1", metadataVersion: 2 }]);
        expect((await store.snapshotHead("main")).get("bins-1")).toBe(1);
        const file = await store.file("main", "bins-1", 2);
        const { expiresAt: _, ...expected } = fileOf("bins-1", 2);
        expect({ ...file, bytes: Buffer.from(file!.bytes) }).toEqual({
          ...expected,
          bytes: Buffer.from(expected.bytes),
        });
        expect(await store.file("main", "bins-1", 3)).toBeUndefined();
      });

      it("keeps an edit dirty that was made after the read", async () => {
        await edit("bins-1", 0);
        const { version } = await store.roleState("main", "bins-1");
        await edit("bins-1", 1);
        const commit = { file: fileOf("bins-1", 2), signedVersion: version };
        expect(await store.commitSignedRole("main", commit)).toBe("applied");
        expect(await store.rolesToSign("main", ALL)).toEqual(["bins-1"]);
      });

      it("writes nothing at all when another signer was first", async () => {
        await edit("bins-1");
        expect(await sign("bins-1")).toBe("applied");
        const before = await Promise.all([store.roleState("main", "bins-1"), store.snapshotState("main")]);
        for (const version of [2, 4, 1]) {
          const stale = { file: fileOf("bins-1", version, "other", EXPIRES + 1_000), signedVersion: 1 };
          expect(await store.commitSignedRole("main", stale)).toBe("stale");
        }
        expect(await Promise.all([store.roleState("main", "bins-1"), store.snapshotState("main")])).toEqual(before);
        expect((await store.file("main", "bins-1", 2))?.sha256).toBe(fileOf("bins-1", 2).sha256);
        expect(await store.file("main", "bins-1", 4)).toBeUndefined();
      });

      it("lets one of many concurrent signers win", async () => {
        await edit("bins-1");
        const commits = Array.from({ length: 6 }, (_, index) =>
          store.commitSignedRole("main", { file: fileOf("bins-1", 2, `signer ${index}`), signedVersion: 2 }),
        );
        const outcomes = await Promise.all(commits);
        expect(outcomes.filter((outcome) => outcome === "applied")).toHaveLength(1);
        const winner = outcomes.indexOf("applied");
        expect((await store.file("main", "bins-1", 2))?.sha256).toBe(fileOf("bins-1", 2, `signer ${winner}`).sha256);
      });

      it("signs the targets role too, and keeps only the newest version pending", async () => {
        await sign("targets");
        await sign("targets");
        expect((await store.snapshotState("main")).pending).toEqual([{ role: "targets", metadataVersion: 3 }]);
      });
    });

    describe("snapshots", () => {
      it("raise the head, clear what was merged, and take the next numbers", async () => {
        for (const bin of ["bins-0", "bins-3"]) {
          await edit(bin);
          await sign(bin);
        }
        expect(await store.commitSnapshot("main", merge(2, 2, { "bins-0": 2, "bins-3": 2 }))).toBe("applied");
        const { length, sha256 } = fileOf("snapshot", 2);
        expect(await store.snapshotState("main")).toEqual({
          timestamp: { metadataVersion: 2, expiresAt: EXPIRES },
          snapshot: { metadataVersion: 2, expiresAt: EXPIRES, length, sha256 },
          pending: [],
        });
        expect(new Map(await store.snapshotHead("main"))).toEqual(
          new Map([
            ["targets", 1],
            ["bins-0", 2],
            ["bins-1", 1],
            ["bins-2", 1],
            ["bins-3", 2],
          ]),
        );
        expect((await store.file("main", "timestamp", 2))?.sha256).toBe(fileOf("timestamp", 2).sha256);
        expect(await store.rolesToSign("main", ALL)).toEqual([]);
      });

      it("leave what was signed after the read pending", async () => {
        await edit("bins-0");
        await sign("bins-0");
        const { pending } = await store.snapshotState("main");
        await edit("bins-0", 1);
        await sign("bins-0");
        expect(await store.commitSnapshot("main", { ...merge(2, 2, { "bins-0": 2 }), merged: pending })).toBe(
          "applied",
        );
        expect((await store.snapshotState("main")).pending).toEqual([{ role: "bins-0", metadataVersion: 3 }]);
      });

      it("never lower an entry of the head", async () => {
        await store.commitSnapshot("main", merge(2, 2, { "bins-0": 5 }));
        expect(await store.commitSnapshot("main", merge(3, 3, { "bins-0": 4 }))).toBe("applied");
        expect((await store.snapshotHead("main")).get("bins-0")).toBe(5);
      });

      it("write nothing at all when another merger was first", async () => {
        await edit("bins-0");
        await sign("bins-0");
        expect(await store.commitTimestamp("main", fileOf("timestamp", 2))).toBe("applied");
        const before = await store.snapshotState("main");
        expect(await store.commitSnapshot("main", merge(2, 2, { "bins-0": 2 }, "other"))).toBe("stale");
        expect(await store.commitSnapshot("main", merge(3, 3, { "bins-0": 2 }, "other"))).toBe("stale");
        expect(await store.snapshotState("main")).toEqual(before);
        expect((await store.snapshotHead("main")).get("bins-0")).toBe(1);
        expect(await store.file("main", "snapshot", 2)).toBeUndefined();
        expect(await store.file("main", "timestamp", 3)).toBeUndefined();
      });

      it("let one of many concurrent mergers win", async () => {
        const commits = Array.from({ length: 6 }, (_, index) =>
          store.commitSnapshot("main", merge(2, 2, { "bins-0": index + 2 }, `merger ${index}`)),
        );
        const outcomes = await Promise.all(commits);
        expect(outcomes.filter((outcome) => outcome === "applied")).toHaveLength(1);
        const winner = outcomes.indexOf("applied");
        expect((await store.snapshotHead("main")).get("bins-0")).toBe(winner + 2);
        expect((await store.file("main", "timestamp", 2))?.sha256).toBe(
          fileOf("timestamp", 2, `merger ${winner}`).sha256,
        );
      });

      it("stay as they are when only the timestamp is renewed", async () => {
        const renewed = fileOf("timestamp", 2, "", EXPIRES + 5_000);
        expect(await store.commitTimestamp("main", renewed)).toBe("applied");
        expect(await store.commitTimestamp("main", fileOf("timestamp", 2, "other"))).toBe("stale");
        expect(await store.snapshotState("main")).toMatchObject({
          timestamp: { metadataVersion: 2, expiresAt: EXPIRES + 5_000 },
          snapshot: { metadataVersion: 1, expiresAt: EXPIRES },
        });
      });
    });

    describe("export", () => {
      const names = (files: readonly { role: string; metadataVersion: number }[]) =>
        files.map(({ role, metadataVersion }) => `${metadataVersion}.${role}`).sort();

      it("begins with every current file", async () => {
        expect(await store.exportPosition("main")).toEqual(ZERO);
        const { position, files } = await store.exportBacklog("main", ZERO);
        expect(position).toEqual({ root: 1, snapshot: 1, timestamp: 1 });
        const roles = ["bins-0", "bins-1", "bins-2", "bins-3", "root", "snapshot", "targets", "timestamp"];
        expect(names(files)).toEqual(roles.map((role) => `1.${role}`));
      });

      it("continues with what later snapshots changed, in its newest version", async () => {
        const from = { root: 1, snapshot: 1, timestamp: 1 };
        await store.commitSnapshot("main", merge(2, 2, { "bins-0": 2, "bins-1": 2 }));
        await store.commitSnapshot("main", merge(3, 3, { "bins-0": 3 }));
        const { position, files } = await store.exportBacklog("main", from);
        expect(position).toEqual({ root: 1, snapshot: 3, timestamp: 3 });
        expect(names(files)).toEqual(["2.bins-1", "3.bins-0", "3.snapshot", "3.timestamp"]);
        const later = await store.exportBacklog("main", { root: 1, snapshot: 2, timestamp: 2 });
        expect(names(later.files)).toEqual(["3.bins-0", "3.snapshot", "3.timestamp"]);
        expect((await store.exportBacklog("main", position)).files).toEqual([]);
      });

      it("continues with a renewed timestamp alone", async () => {
        await store.commitTimestamp("main", fileOf("timestamp", 2));
        const { files } = await store.exportBacklog("main", { root: 1, snapshot: 1, timestamp: 1 });
        expect(names(files)).toEqual(["2.timestamp"]);
      });

      it("records positions that only rise", async () => {
        await store.recordExport("main", { root: 1, snapshot: 3, timestamp: 4 });
        await store.recordExport("main", { root: 1, snapshot: 2, timestamp: 5 });
        await store.recordExport("main", ZERO);
        expect(await store.exportPosition("main")).toEqual({ root: 1, snapshot: 3, timestamp: 5 });
      });
    });
  });
}
