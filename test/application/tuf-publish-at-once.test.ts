import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { binOf } from "../../domain/tuf/hash-bins.js";
import type { SignerSource } from "../../domain/tuf/key-store.js";
import type { Signer } from "../../domain/tuf/signer.js";
import type { TufStore } from "../../domain/tuf/tuf-store.js";
import { DirectoryMetadataFiles } from "../../infrastructure/storage/directory-metadata-files.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { overridden } from "../support/overridden.js";
import { TurnTaker } from "../chaos/turn.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

const DAY = 24 * 3_600_000;

/** Some bins, signed and merged in one commit; and what becomes of it when others publish at the same time. */
describe("publishing at once", () => {
  let world: TufWorld;
  let mine: string;
  let others: string;
  beforeEach(async () => {
    world = await makeTufWorld();
    const binOfPath = (path: string) => binOf({ bitLength: 2, namePrefix: "bins" }, world.ports.codec.pathDigest(path));
    mine = "mine";
    others = Array.from({ length: 50 }, (_, index) => `others/${index}`).find(
      (path) => binOfPath(path) !== binOfPath(mine),
    )!;
  });
  afterEach(() => world.remove());

  /** The store, with something done before its first `commitSnapshot`; tells how often it committed what. */
  function storeWith(before: () => Promise<unknown>): { store: TufStore; calls: string[] } {
    const calls: string[] = [];
    const { store } = world.ports;
    const watched = Object.create(store) as TufStore;
    Object.assign(watched, {
      commitSnapshot: async (...parameters: Parameters<TufStore["commitSnapshot"]>) => {
        if (calls.length === 0) await before();
        const outcome = await store.commitSnapshot(...parameters);
        calls.push(`snapshot ${outcome}`);
        return outcome;
      },
      commitSignedRoles: async (...parameters: Parameters<TufStore["commitSignedRoles"]>) => {
        const outcome = await store.commitSignedRoles(...parameters);
        calls.push(`roles ${outcome}`);
        return outcome;
      },
    });
    return { store: watched, calls };
  }

  const nothing = () => Promise.resolve();

  /** The keys but for some, which are not at hand, or fail. */
  function keysWithout(keyIds: readonly string[], error?: Error): SignerSource {
    const { keys } = world.ports;
    return {
      load: async (keyId) => {
        if (!keyIds.includes(keyId)) return keys.load(keyId);
        if (error !== undefined) throw error;
        return undefined;
      },
    };
  }

  it("is one commit, and leaves nothing to do", async () => {
    await world.add(mine, others);
    const { store, calls } = storeWith(nothing);
    const report = await world.publisher({ store }).publish("main");
    expect(calls).toEqual(["snapshot applied"]);
    expect(report).toMatchObject({ committed: "snapshot", snapshotVersion: 2, timestampVersion: 2 });
    expect(report.rolesSigned).toHaveLength(2);
    expect(await world.published()).toEqual(hashesOf(mine, others));
  });

  // What is signed counts as signed under the trust of its record's version: that trust has to be read after the record.
  it.each([
    ["bins", "roleStates"],
    ["timestamp", "snapshotState"],
    ["snapshot", "snapshotState"],
  ] as const)("signs with a key of %s that came after the first read of the repository", async (role, read) => {
    await world.add(mine);
    const { store } = world.ports;
    let isRotated = false;
    const rotated = async (): Promise<void> => {
      if (isRotated) return;
      isRotated = true;
      await new TurnTaker(world.ports).take({ kind: "rotate", role });
    };
    const late = overridden(store, {
      [read]: async (...given: [string, string[]]) => {
        await rotated();
        return store[read](...given);
      },
    });
    await world.publisher({ store: late }).publish("main");
    expect(await world.published()).toEqual(hashesOf(mine));
    for (const minutes of [0, 11]) {
      world.clock.time += minutes * 60_000; // former keys sign along for ten of them
      await world.publisher().publish("main");
      expect(await world.published()).toEqual(hashesOf(mine));
    }
  });

  it("signs with keys that came since its last publish, and reads the repository once where none came", async () => {
    let reads = 0;
    const store = overridden(world.ports.store, {
      repository: (name) => (reads++, world.ports.store.repository(name)),
    });
    const publisher = world.publisher({ store });
    await world.add("first");
    await publisher.publish("main");
    await new TurnTaker(world.ports).take({ kind: "rotate", role: "timestamp" });
    await world.add(mine);
    await publisher.publish("main");
    expect(await world.published()).toEqual(hashesOf("first", mine));
    world.clock.time += 11 * 60_000; // former keys sign along for ten of them
    await publisher.publish("main");
    await world.add(others);
    await publisher.publish("main");
    await world.add("last");
    reads = 0;
    await publisher.publish("main");
    expect(reads).toBe(1);
    expect(await world.published()).toEqual(hashesOf("first", mine, others, "last"));
  });

  it("takes the two steps with the trust as it is, though the publish before met another one", async () => {
    const publisher = world.publisher();
    await world.add("first");
    await publisher.publish("main");
    await addDelegation(world.ports, "main", { role: "many", paths: ["many/*"], bins: 4 });
    await world.add(mine, "many/a");
    await publisher.publish("main");
    expect(await world.published()).toEqual(hashesOf("first", mine, "many/a"));
  });

  it("has a former key sign along that failed before somebody changed trust", async () => {
    await world.add(mine);
    const { store, keys } = world.ports;
    const [former] = (await store.repository("main"))!.trust.bins.keyIds;
    let isRotated = false;
    const late = overridden(store, {
      roleStates: async (...given) => {
        if (!isRotated) {
          isRotated = true;
          await new TurnTaker(world.ports).take({ kind: "rotate", role: "bins" });
        }
        return store.roleStates(...given);
      },
    });
    let failures = 0;
    const failingOnce: SignerSource = {
      load: async (keyId) => {
        const signer = await keys.load(keyId);
        if (signer === undefined || keyId !== former) return signer;
        const sign: Signer["sign"] = (bytes) => {
          if (isRotated && failures++ === 0) throw new Error("no answer");
          return signer.sign(bytes);
        };
        return { keyId, publicKey: signer.publicKey, sign };
      },
    };
    const { keyFailures } = await world.publisher({ store: late, keys: failingOnce }).publish("main");
    expect(failures).toBeGreaterThan(1);
    expect(keyFailures).toEqual([]);
    expect(await world.published()).toEqual(hashesOf(mine));
  });

  describe("beside custom roles", () => {
    beforeEach(async () => {
      const expiry = { lifetime: 10 * DAY, renewBefore: DAY };
      await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"], expiry });
      await addDelegation(world.ports, "main", { role: "many", paths: ["many/*"], bins: 4 });
      await world.add("team/a");
      await world.publisher().publish("main");
    });

    it("is one commit of bins, those below a role too", async () => {
      await world.add(mine, "many/a");
      const { store, calls } = storeWith(nothing);
      const { rolesSigned } = await world.publisher({ store }).publish("main");
      expect(calls).toEqual(["snapshot applied"]);
      expect(rolesSigned).toHaveLength(2);
      expect(await world.published()).toEqual(hashesOf("team/a", mine, "many/a"));
    });

    it.each([
      ["dirty", () => world.add("team/b"), ["team/b"]],
      ["due for renewal", () => Promise.resolve((world.clock.time += 9.5 * DAY)), []],
    ] as const)("takes two steps where one of them is %s", async (_, change, added) => {
      await world.add(mine);
      await change();
      const { store, calls } = storeWith(nothing);
      const { rolesSigned } = await world.publisher({ store }).publish("main");
      expect(calls.at(-1)).toBe("snapshot applied");
      expect(calls.length).toBeGreaterThan(1);
      expect(rolesSigned.map(({ role }) => role)).toContain("team");
      expect(await world.published()).toEqual(hashesOf("team/a", mine, ...added));
    });
  });

  it("signs no bin again where another publishes other bins first", async () => {
    await world.add(mine);
    const { store, calls } = storeWith(async () => {
      await world.add(others);
      await world.publisher().publishOnly("main", [others]);
    });
    const { rolesSigned } = await world.publisher({ store }).publish("main");
    expect(calls).toEqual(["snapshot stale", "roles applied", "snapshot applied"]);
    expect(rolesSigned.map(({ metadataVersion }) => metadataVersion)).toEqual([2]);
    expect(await world.published()).toEqual(hashesOf(mine, others));
  });

  it("writes nothing where another publishes the same bins first", async () => {
    await world.add(mine);
    const { store, calls } = storeWith(() => world.publisher().publish("main"));
    const report = await world.publisher({ store }).publish("main");
    expect(calls).toEqual(["snapshot stale", "roles stale"]);
    expect(report).toMatchObject({ rolesSigned: [], committed: "nothing", filesWritten: [], snapshotVersion: 2 });
    expect(await world.published()).toEqual(hashesOf(mine));
  });

  it("reads of what others committed since only what they changed", async () => {
    const heads: number[] = [];
    const store = Object.create(world.ports.store) as TufStore;
    store.snapshotHead = async (...parameters) => {
      const head = await world.ports.store.snapshotHead(...parameters);
      heads.push(head.size);
      return head;
    };
    const [one, other] = [world.publisher({ store }), world.publisher()];
    for (const [path, publisher] of [
      ["a", one],
      ["b", other],
      ["c", one],
      ["d", other],
      ["e", one],
      ["f", one],
    ] as const) {
      await world.add(path);
      await publisher.publish("main");
    }
    expect(heads).toEqual([5, 1, 1]);
    expect(await world.published()).toEqual(hashesOf("a", "b", "c", "d", "e", "f"));
  });

  it("loses nothing where the head that it remembers was read after others had moved on", async () => {
    await world.add(mine);
    const heads: number[] = [];
    const store = Object.create(world.ports.store) as TufStore;
    store.snapshotHead = async (...parameters) => {
      if (heads.length === 0) {
        await world.add(others);
        await world.publisher().publishOnly("main", [others]);
      }
      const head = await world.ports.store.snapshotHead(...parameters);
      heads.push(head.size);
      return head;
    };
    const publisher = world.publisher({ store });
    await publisher.publish("main");
    expect(heads).toEqual([5, 1]);
    await world.add("more");
    await publisher.publish("main");
    expect(heads).toEqual([5, 1]);
    expect(await world.published()).toEqual(hashesOf(mine, others, "more"));
  });

  it("does not believe its memory where the database was restored, and its snapshot is another one's", async () => {
    const rows = () => world.state.repositories.get("main")!;
    const backup = structuredClone(rows());
    const publisher = world.publisher();
    const metadata = world.metadata;
    await world.add(mine);
    await publisher.publish("main");
    world.state.repositories.set("main", backup);
    await rm(metadata, { recursive: true });
    await world.add(others);
    await world.publisher().publish("main");
    await world.add("more");
    await world.publisher().publish("main");
    await world.add("most");
    await publisher.publish("main");
    expect(await world.published()).toEqual(hashesOf(others, "more", "most"));
  });

  it.each([
    ["loses", () => world.publisher().publish("main")],
    ["cannot make", () => Promise.reject(new Error("unreachable"))],
  ])("leaves nothing in storage of a commit that it %s", async (_, before) => {
    await world.add(mine);
    const { store } = storeWith(before);
    store.commitSignedRoles = () => Promise.reject(new Error("unreachable"));
    const files = new DirectoryMetadataFiles(world.metadata, world.clock); // as another process has one
    await world
      .publisher({ store, files })
      .publish("main")
      .catch(() => undefined);
    const names = await readdir(world.metadata, { recursive: true });
    expect(names.filter((name) => name.includes(".tmp-"))).toEqual([]);
    expect(await readdir(join(world.metadata, ".timestamps"))).toEqual([]);
  });

  describe("leaves to the two steps", () => {
    it("a bin that cannot be signed: the others are published, then its error is thrown", async () => {
      await addDelegation(world.ports, "main", { role: "many", paths: ["many/*"], bins: 4 });
      await world.publisher().publish("main");
      await world.add(mine, "many/a");
      const { trust } = (await world.ports.store.repository("main"))!;
      const { store, calls } = storeWith(nothing);
      const keys = keysWithout(trust.many!.keyIds, new Error("no answer"));
      await expect(world.publisher({ store, keys }).publish("main")).rejects.toThrow("no answer");
      expect(calls).toEqual(["roles applied", "snapshot applied"]);
      expect(await world.published()).toEqual(hashesOf(mine));
    });

    it("a snapshot whose key is elsewhere: the bins are committed, for whoever has it", async () => {
      await world.add(mine);
      const { trust } = (await world.ports.store.repository("main"))!;
      const { store, calls } = storeWith(nothing);
      const failing = world.publisher({ store, keys: keysWithout(trust.snapshot.keyIds) }).publish("main");
      await expect(failing).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
      expect(calls).toEqual(["roles applied"]);
      const { keyIds } = trust.bins;
      expect(keyIds.some((keyId) => trust.snapshot.keyIds.includes(keyId))).toBe(false);
      await world.publisher({ keys: keysWithout(keyIds) }).publish("main");
      expect(await world.published()).toEqual(hashesOf(mine));
    });
  });

  it.each([
    ["a database that fails", new Error("unreachable")],
    ["a fault of its own", new TypeError("not a function")],
  ])("hides %s behind no second attempt", async (_, fault) => {
    await world.add(mine);
    const { store, calls } = storeWith(() => Promise.reject(fault));
    await expect(world.publisher({ store }).publish("main")).rejects.toBe(fault);
    expect(calls).toEqual([]);
  });

  it("takes along what another has signed and not merged", async () => {
    await world.add(others);
    const crashing = Object.create(world.ports.store) as TufStore;
    crashing.commitSnapshot = () => Promise.reject(new Error("crashed"));
    await expect(world.publisher({ store: crashing }).publishOnly("main", [others])).rejects.toThrow("crashed");
    expect(world.state.repositories.get("main")!.pending.size).toBe(1);
    await world.add(mine);
    await world.publisher().publish("main");
    expect(world.state.repositories.get("main")!.pending.size).toBe(0);
    expect(await world.published()).toEqual(hashesOf(mine, others));
  });
});
