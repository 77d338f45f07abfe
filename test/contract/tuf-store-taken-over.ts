import { describe, expect, it } from "vitest";
import type { CustomRole } from "../../domain/tuf/custom-role.js";
import { DEFAULT_EXPIRY } from "../../domain/tuf/expiry.js";
import { binNames, binOf, digestRange, wholeRange } from "../../domain/tuf/hash-bins.js";
import type { TargetEdit } from "../../domain/tuf/target-edits.js";
import { firstTrust } from "../../domain/tuf/trust.js";
import type { NewRole } from "../../domain/tuf/tuf-store.js";
import { ALL, type TufStoreBench, ZERO } from "./tuf-store-bench.js";
import { digestOf, fileOf, firstRoles, keyNamed, repositoryNamed, targetOf } from "./tuf-store-fixture.js";

const TEAM: CustomRole = { name: "team", paths: ["team/*"], terminating: false, expiry: DEFAULT_EXPIRY.targets };
const WHEELS: CustomRole = { ...TEAM, name: "wheels", paths: ["*.whl"], terminating: true, bitLength: 1 };
const BELOW = { bitLength: 1, namePrefix: "wheels" };
const NAME = "taken";

/** Custom roles that a repository has from its beginning, as others signed them. */
export function tufTakenOverContract(bench: TufStoreBench): void {
  const create = async () => {
    const one = repositoryNamed(NAME);
    const trust = { ...one.trust, team: firstTrust({ keyIds: ["k2", "k3"], threshold: 2 }), wheels: one.trust.bins };
    const keys = { ...one.keys, k2: keyNamed("k2"), k3: keyNamed("k3") };
    const custom: readonly NewRole[] = [
      { name: "team", kind: "custom", file: fileOf("team", 5), range: wholeRange(), space: "team" },
      { name: "wheels", kind: "custom", file: fileOf("wheels", 6) },
      ...binNames(BELOW).map((name, index): NewRole => {
        return { name, kind: "bin", file: fileOf(name, 7), range: digestRange(BELOW, index), space: "wheels" };
      }),
      { name: "bins", kind: "catch-all", file: fileOf("bins", 1) },
    ];
    const repository = { ...one, trust, keys, customRoles: [TEAM, WHEELS] };
    expect(await bench.store.createRepository(repository, [...firstRoles(), ...custom])).toBe("created");
  };
  const editOf = (path: string): TargetEdit => ({ path, digest: digestOf(path), target: targetOf(path) });
  const state = (path: string, statedBy?: number, bin = "team", space = bin) =>
    bench.edits.accept(NAME, [{ bin, space, edits: [editOf(path)], ...(statedBy === undefined ? {} : { statedBy }) }]);
  const dirty = () => bench.store.dirtyRoles(NAME, ALL);

  describe("custom roles that a repository begins with", () => {
    it("are there as they were signed, with their keys and their bins", async () => {
      await create();
      const repository = (await bench.store.repository(NAME))!;
      expect(repository.customRoles).toEqual([TEAM, WHEELS]);
      expect(repository.trust["team"]).toEqual(firstTrust({ keyIds: ["k2", "k3"], threshold: 2 }));
      expect(repository.keys["k3"]).toEqual(keyNamed("k3"));
      expect(await dirty()).toEqual([]);
      const counters = { version: 1, signedVersion: 1, trustSince: 0 };
      const records = [...(await bench.trust.delegatedRoles(NAME))].sort((one, other) =>
        one.name < other.name ? -1 : 1,
      );
      expect(records).toMatchObject([
        { name: "bins", kind: "catch-all", metadataVersion: 1, ...counters },
        { name: "team", kind: "custom", metadataVersion: 5, ...counters },
        { name: "wheels", kind: "custom", metadataVersion: 6, ...counters },
      ]);
      const head = await bench.store.snapshotHead(NAME);
      expect(head).toEqual(
        new Map([
          ...["targets", "bins", "bins-0", "bins-1", "bins-2", "bins-3"].map((name) => [name, 1] as const),
          ...([
            ["team", 5],
            ["wheels", 6],
            ["wheels-0", 7],
            ["wheels-1", 7],
          ] as const),
        ]),
      );
      const { files } = await bench.store.exportBacklog(NAME, ZERO);
      expect(files).toEqual(expect.arrayContaining([{ role: "team", metadataVersion: 5 }]));
      const [stored] = await bench.store.files(NAME, [{ role: "wheels-1", metadataVersion: 7 }]);
      expect(Buffer.from(stored!.bytes)).toEqual(Buffer.from(fileOf("wheels-1", 7).bytes));
    });

    it("take targets that their metadata states, and are as clean as before", async () => {
      await create();
      const wheel = binOf(BELOW, digestOf("a.whl"));
      await state("team/a", 5);
      await state("team/a", 5);
      await state("team/b", 5);
      await state("a.whl", 7, wheel, "wheels");
      expect(await dirty()).toEqual([]);
      expect([...(await bench.role("team", NAME)).targets.keys()].sort()).toEqual(["team/a", "team/b"]);
      expect((await bench.role("team", NAME)).version).toBe(3);
      expect((await bench.role(wheel, NAME)).targets.size).toBe(1);

      // What others accepted stays to be signed, whatever is stated beside it.
      await state("team/c");
      await state("team/d", 5);
      expect(await dirty()).toEqual(["team"]);
    });

    it("are to be signed where what is stated is not their newest metadata", async () => {
      await create();
      const { version: signedVersion } = await bench.role("team", NAME);
      const commit = { file: fileOf("team", 6), signedVersion };
      expect(await bench.store.commitSignedRoles(NAME, [commit])).toBe("applied");
      expect(await dirty()).toEqual([]);
      await state("team/a", 5);
      expect(await dirty()).toEqual(["team"]);
    });

    it("take stated targets together with others, all or none", async () => {
      await create();
      const stray = { bin: "bins-0", edits: [editOf("a stranger of bins-0"), editOf("another"), editOf("a third")] };
      const stated = { bin: "team", space: "team", edits: [editOf("team/a")], statedBy: 5 };
      await expect(bench.edits.accept(NAME, [stated, stray])).rejects.toMatchObject({ code: "INVALID_TARGET_PATH" });
      expect((await bench.role("team", NAME)).targets.size).toBe(0);
      const own = editOf("a");
      const bin = binOf({ bitLength: 2, namePrefix: "bins" }, own.digest);
      await bench.edits.accept(NAME, [stated, { bin, edits: [own] }]);
      expect(await dirty()).toEqual([bin]);
    });
  });
}
