import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { binOf } from "../../domain/tuf/hash-bins.js";
import type { TufStore } from "../../domain/tuf/tuf-store.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { Fuse } from "./fuse.js";
import { hashesOf, makeTufWorld, targetOf, type TufWorld } from "./tuf-world.js";

const paths = (count: number, prefix = "f") => Array.from({ length: count }, (_, index) => `${prefix}/${index}`);

describe("publish", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld();
  });
  afterEach(() => world.remove());

  /** The store with each call of `method` passed to `around` first. */
  const storeWith = <M extends keyof TufStore>(method: M, around: (call: TufStore[M]) => TufStore[M]): TufStore =>
    new Proxy<TufStore>(world.ports.store, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as TufStore[M];
        const call = ((...parameters: never[]) => Reflect.apply(member, target, parameters) as unknown) as TufStore[M];
        return name === method ? around(call) : call;
      },
    });

  it("makes every accepted edit visible, each dirty bin signed once", async () => {
    const all = paths(20);
    for (const path of all) await world.add(path);
    const report = await world.publisher().publish("main");
    expect(report.rolesSigned.map(({ role, metadataVersion }) => `${metadataVersion}.${role}`).sort()).toEqual([
      "2.bins-0",
      "2.bins-1",
      "2.bins-2",
      "2.bins-3",
    ]);
    expect(report).toMatchObject({ committed: "snapshot", snapshotVersion: 2, timestampVersion: 2 });
    expect(report.filesWritten.slice(-2)).toEqual(["2.snapshot.json", "timestamp.json"]);
    expect(report.filesWritten).toHaveLength(6);
    expect(await world.published()).toEqual(hashesOf(...all));
  });

  it("signs only bins that changed", async () => {
    await world.add("one");
    const { rolesSigned, filesWritten } = await world.publisher().publish("main");
    expect(rolesSigned).toHaveLength(1);
    expect(filesWritten).toHaveLength(3);
  });

  it("writes nothing when there is nothing to do", async () => {
    await world.add("one");
    await world.publisher().publish("main");
    const before = await readdir(world.metadata);
    const files = structuredClone([...world.state.repositories.get("main")!.files.keys()]);
    expect(await world.publisher().publish("main")).toEqual({
      rolesSigned: [],
      awaiting: [],
      keyFailures: [],
      committed: "nothing",
      snapshotVersion: 2,
      timestampVersion: 2,
      filesWritten: [],
    });
    expect(await readdir(world.metadata)).toEqual(before);
    expect([...world.state.repositories.get("main")!.files.keys()]).toEqual(files);
  });

  it("publishes the last accepted state of a path, and removals", async () => {
    await world.add("a", "b");
    const publisher = world.publisher();
    await publisher.publish("main");
    await addTargets(world.ports, "main", new Map([["a", targetOf("new")]]));
    await removeTargets(world.ports, "main", ["b", "never-there"]);
    await publisher.publish("main");
    expect(await world.published()).toEqual(new Map([["a", targetOf("new").sha256]]));
  });

  const digestBin = (path: string) => binOf({ bitLength: 2, namePrefix: "bins" }, world.ports.codec.pathDigest(path));

  it("runs once more, not once each, for everybody who asks meanwhile", async () => {
    let merges = 0;
    const store = storeWith("commitSnapshot", (call) => (...parameters) => {
      merges += 1;
      return call(...parameters);
    });
    const publisher = world.publisher({ store });
    const all = paths(30);
    await Promise.all(
      all.map(async (path) => {
        await world.add(path);
        await publisher.publish("main");
      }),
    );
    expect(merges).toBeLessThanOrEqual(3);
    expect(await world.published()).toEqual(hashesOf(...all));
  });

  it("loses nothing between racing publishers", async () => {
    const publishers = Array.from({ length: 4 }, () => world.publisher());
    const all = paths(48);
    const visible = await Promise.all(
      all.map(async (path, index) => {
        await world.add(path);
        await publishers[index % 4]!.publish("main");
        return path;
      }),
    );
    expect(await world.published()).toEqual(hashesOf(...visible));
    const { files, pending, roles } = world.state.repositories.get("main")!;
    expect(pending.size).toBe(0);
    for (const { name, metadataVersion } of roles.values()) {
      for (let version = 1; version <= metadataVersion; version++) expect(files.has(`${name}/${version}`)).toBe(true);
    }
  });

  it("leaves an edit that arrives while its bin is signed to the next run, and loses it not", async () => {
    await world.add("first");
    const bin = digestBin("first");
    const late = paths(50).find((path) => digestBin(path) === bin)!;
    let signing = false;
    const store = storeWith("commitSnapshot", (call) => async (repository, commit) => {
      if (!signing) await world.add(late);
      signing = true;
      return call(repository, commit);
    });
    await world.publisher({ store }).publish("main");
    expect(await world.published()).toEqual(hashesOf("first"));
    await world.publisher().publish("main");
    expect(await world.published()).toEqual(hashesOf("first", late));
  });

  it.each(["before", "after"] as const)("repairs a crash %s any step, twice in a row too", async (when) => {
    let crashes = 0;
    for (let calls = 1; ; calls++) {
      const [path, other] = [`p/${when}/${calls}`, `q/${when}/${calls}`];
      await world.add(path, other);
      const fuse = new Fuse(calls, when);
      const { store, files } = world.ports;
      const isAnswered = await world
        .publisher({ store: fuse.guard(store), files: fuse.guard(files) })
        .publish("main")
        .then(
          () => true,
          () => false,
        );
      const crashed = fuse.blown;
      expect(isAnswered).toBe(!crashed || fuse.at === "recordExport"); // which comes after the answer
      const visible = await world.published(); // what a client can see is whole at every instant
      if (isAnswered) expect(visible.has(path)).toBe(true);
      if (crashed && calls % 2 === 0) continue; // the next publisher finds two crashes at once
      await world.publisher().publish("main");
      const published = await world.published();
      for (let step = 1; step <= calls; step++) expect(published.has(`p/${when}/${step}`)).toBe(true);
      expect(await world.publisher().publish("main")).toMatchObject({ committed: "nothing", filesWritten: [] });
      if (!crashed) break;
      crashes += 1;
    }
    expect(crashes).toBeGreaterThan(8);
  });

  describe("what is broken", () => {
    const corrupt = (message: string): unknown =>
      expect.objectContaining({ code: "CORRUPT_REPOSITORY", message: expect.stringContaining(message) as string });

    it("is reported, and does not hold up the other bins", async () => {
      await world.add(...paths(40));
      const rows = world.state.repositories.get("main")!;
      rows.files.set("bins-1/2", { ...rows.files.get("bins-1/1")!, metadataVersion: 2 });
      await expect(world.publisher().publish("main")).rejects.toEqual(corrupt("bins-1 stays at metadata version 1"));
      const healthy = paths(40).filter((path) => !rows.roles.get("bins-1")!.targets.has(path));
      expect(await world.published()).toEqual(hashesOf(...healthy));
    });

    it("is told from stale: a record behind its own signature, a missing file, foreign bytes", async () => {
      await world.add("one");
      const rows = world.state.repositories.get("main")!;
      rows.roles.get("bins-3")!.signedVersion = 9;
      await expect(world.publisher().publish("main")).rejects.toEqual(corrupt("signed at version 9"));
      rows.roles.get("bins-3")!.signedVersion = 1;
      await rm(world.metadata, { recursive: true });
      const file = rows.files.get("bins-3/1")!;
      rows.files.set("bins-3/1", { ...file, bytes: Buffer.from("other") });
      await expect(world.publisher().publish("main")).rejects.toEqual(corrupt("not what its SHA-256 says"));
      rows.files.delete("bins-3/1");
      await expect(world.publisher().publish("main")).rejects.toEqual(corrupt("its file is missing"));
    });

    it("is a key that is not at hand", async () => {
      await world.add("one");
      const keys = { load: async () => undefined };
      await expect(world.publisher({ keys }).publish("main")).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
      await world.publisher().publish("main");
      expect(await world.published()).toEqual(hashesOf("one"));
    });

    it("is a repository that is not there", async () => {
      await expect(world.publisher().publish("none")).rejects.toMatchObject({ code: "REPOSITORY_NOT_FOUND" });
    });
  });

  it("rebuilds lost storage from the database, byte for byte", async () => {
    await world.add(...paths(9));
    await world.publisher().publish("main");
    const content = async () => {
      const names = (await readdir(world.metadata)).filter((name) => name.endsWith(".json"));
      return new Map(
        await Promise.all(names.map(async (name) => [name, await readFile(join(world.metadata, name))] as const)),
      );
    };
    const before = await content();
    await rm(world.metadata, { recursive: true });
    await world.publisher().publish("main");
    const after = await content();
    for (const [name, bytes] of after) expect(bytes.equals(before.get(name)!), name).toBe(true);
    expect(await world.published()).toEqual(hashesOf(...paths(9)));
  });
});
