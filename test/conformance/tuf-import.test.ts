import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ForeignDirectory } from "../../infrastructure/storage/foreign-directory.js";
import { importTufRepository } from "../../src/application/tuf/import/import-tuf-repository.js";
import { changeTrust } from "../../src/application/tuf/trust/change-trust.js";
import { listKeys } from "../../src/application/tuf/trust/list-keys.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { makeTufWorld, type TufWorld } from "../application/tuf-world.js";
import { foreignKey, foreignPemKey, foreignTarget, ForeignWriter } from "./foreign-repository.js";
import { serve, type TestServer, TufClient } from "./tuf-client.js";

const PATHS = Array.from({ length: 60 }, (_, index) => `dir-${index % 7}/file ${index}.ü`);

const digestOf = (path: string) => createHash("sha256").update(path).digest("hex");
const targetsAt = (paths: readonly string[]) => Object.fromEntries(paths.map((path) => [path, foreignTarget(path)]));

/** How repositories of others spread their targets. */
const LAYOUTS = {
  "plain targets": async (writer: ForeignWriter) => {
    await writer.targets("targets", 9, targetsAt(PATHS));
  },
  "succinct bins of the same names": async (writer: ForeignWriter) => {
    const succinct = { keyids: [writer.bins.keyId], threshold: 1, bit_length: 2, name_prefix: "bins" };
    for (let bin = 0; bin < 4; bin++) {
      const own = PATHS.filter((path) => parseInt(digestOf(path)[0]!, 16) >> 2 === bin);
      await writer.targets(`bins-${bin}`, 17 + bin, targetsAt(own));
    }
    await writer.targets("targets", 9, {}, { keys: writer.keysOf(writer.bins), succinct_roles: succinct });
  },
  "hash-prefix bins and targets beside them": async (writer: ForeignWriter) => {
    const digits = [..."0123456789abcdef"];
    const roles = digits.map((digit) => ({
      name: `${digit}0-${digit}f`,
      keyids: [writer.bins.keyId],
      threshold: 1,
      terminating: false,
      path_hash_prefixes: [digit],
    }));
    for (const [index, digit] of digits.entries()) {
      const own = PATHS.slice(10).filter((path) => digestOf(path).startsWith(digit));
      await writer.targets(roles[index]!.name, 3 + index, targetsAt(own));
    }
    await writer.targets("targets", 9, targetsAt(PATHS.slice(0, 10)), { keys: writer.keysOf(writer.bins), roles });
  },
};

describe("a repository that other tools made", () => {
  let world: TufWorld;
  let directory: string;
  let writer: ForeignWriter;
  const closing: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    world = await makeTufWorld(4, Date.now(), "none");
    directory = await mkdtemp(join(tmpdir(), "distinction-foreign-"));
    writer = new ForeignWriter(directory);
    for (const role of ["targets", "snapshot", "timestamp"] as const)
      await world.ports.keys.importKey(writer.keys[role].pem);
    closing.push(
      () => rm(directory, { recursive: true }),
      () => world.remove(),
    );
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const source = () => new ForeignDirectory(directory);
  const imported = (ports = world.ports) =>
    importTufRepository({ ...ports, source: source() }, { name: "main", bins: 4 });

  async function writeSource(
    layout: (writer: ForeignWriter) => Promise<void> = LAYOUTS["plain targets"],
  ): Promise<void> {
    const [former] = [writer.keys.root];
    await writer.root(1);
    writer.keys.root = foreignKey();
    await writer.root(2, [former, writer.keys.root]);
    await layout(writer);
    await writer.snapshot(23, 41);
  }

  async function served(metadata: string): Promise<TestServer> {
    const server = await serve(metadata, (path) => Buffer.from(path));
    closing.unshift(() => server.close());
    return server;
  }

  async function publishedCustom(): Promise<ReadonlyMap<string, unknown>> {
    const found = new Map<string, unknown>();
    for await (const { path, target } of verifyTufRepository(world.ports, world.clock.now()))
      found.set(path, target.custom);
    return found;
  }

  it.each(Object.entries(LAYOUTS))("with %s goes on under its clients", async (_, layout) => {
    await writeSource(layout);
    // One address, as clients know it: first it has the old files, then ours.
    const address = await mkdtemp(join(tmpdir(), "distinction-address-"));
    closing.push(() => rm(address, { recursive: true }));
    await cp(directory, address, { recursive: true });
    const { url } = await served(address);
    const client = await TufClient.trusting(join(directory, "1.root.json"), url);
    closing.push(() => client.remove());
    expect(await client.download(...PATHS)).toEqual(PATHS);

    const report = await imported();
    expect(report).toMatchObject({ targets: PATHS.length, rootVersion: 2, expired: [] });
    expect(report.snapshotVersion).toBeGreaterThan(23);
    for (const name of await readdir(address)) await rm(join(address, name));
    await cp(world.metadata, address, { recursive: true });
    expect(await client.download(...PATHS)).toEqual(PATHS);
    for (const root of ["1.root.json", "2.root.json"]) {
      expect(await readFile(join(world.metadata, root))).toEqual(await readFile(join(directory, root)));
    }
    expect(await publishedCustom()).toEqual(new Map(PATHS.map((path) => [path, foreignTarget(path).custom])));

    await world.add("new");
    await world.publisher().publish("main");
    await cp(world.metadata, address, { recursive: true });
    expect(await client.download("new", ...PATHS)).toEqual(["new", ...PATHS]);
  });

  it("signs on with keys in PEM form, under the ids that others gave them", async () => {
    const { keys } = writer;
    [keys.snapshot, keys.timestamp] = [foreignPemKey("snapshot-key", "rsa"), foreignPemKey("timestamp-key", "ecdsa")];
    const root = keys.root;
    await writer.root(1);
    keys.root = foreignPemKey(digestOf("of nothing"), "ecdsa");
    await writer.root(2, [root, keys.root]);
    await LAYOUTS["plain targets"](writer);
    await writer.snapshot(23, 41);
    for (const { pem } of [keys.root, keys.snapshot, keys.timestamp]) await world.ports.keys.importKey(pem);
    await imported();
    const { url } = await served(world.metadata);
    const client = await TufClient.trusting(join(directory, "1.root.json"), url);
    closing.push(() => client.remove());
    expect(await client.download(...PATHS.slice(0, 3))).toEqual(PATHS.slice(0, 3));

    const listed = (await listKeys(world.ports, "main")).map(({ role, keyId, atHand }) => [role, keyId, atHand]);
    expect(listed).toContainEqual(["snapshot", "snapshot-key", true]);
    const added = await world.ports.keys.generate();
    await changeTrust(world.ports, "main", [
      { change: "add-key", role: "timestamp", keyId: added.keyId, key: added.publicKey },
    ]);
    expect((await signRoot(world.ports, "main")).signedWith).toEqual([keys.root.keyId]);
    await world.add("new");
    await world.publisher().publish("main");
    expect(await client.download("new")).toEqual(["new"]);
  });

  it("may be published where it was", async () => {
    await writeSource();
    await cp(directory, world.metadata, { recursive: true });
    const { url } = await served(world.metadata);
    const client = await TufClient.trusting(join(directory, "1.root.json"), url);
    closing.push(() => client.remove());
    await client.refreshed();
    await imported();
    expect(await client.download(...PATHS)).toEqual(PATHS);
  });

  it("is not published in part, whatever fails, and is completed by the same call", async () => {
    await writeSource();
    const failing = { ...world.ports, edits: { accept: () => Promise.reject(new Error("lost")) } };
    await expect(imported(failing as never)).rejects.toThrow("lost");
    await expect(world.publisher().publish("main")).rejects.toMatchObject({ code: "ROOT_UNSIGNED" });
    await expect(readdir(world.metadata)).rejects.toThrow("ENOENT");
    expect(await imported()).toMatchObject({ targets: PATHS.length });
    expect((await publishedCustom()).size).toBe(PATHS.length);
    await expect(imported()).rejects.toMatchObject({ code: "REPOSITORY_EXISTS" });
  });

  it("that went on since an import was begun is another", async () => {
    await writeSource();
    const failing = { ...world.ports, edits: { accept: () => Promise.reject(new Error("lost")) } };
    await expect(imported(failing as never)).rejects.toThrow("lost");
    await writer.snapshot(24, 42);
    await expect(imported()).rejects.toMatchObject({ code: "REPOSITORY_EXISTS" });
  });

  it("tells which metadata had expired", async () => {
    await writeSource();
    writer.expires = "2020-01-01T00:00:00Z";
    await writer.snapshot(24, 42);
    expect(await imported()).toMatchObject({ expired: ["snapshot", "timestamp"] });
  });

  type Damage = () => Promise<unknown>;
  const edit = async (name: string, change: (text: string) => string) => {
    await writeFile(join(directory, name), change(await readFile(join(directory, name), "utf8")));
  };
  const damages: readonly (readonly [string, string, Damage])[] = [
    ["no first root", "UNVERIFIED_METADATA", () => rm(join(directory, "1.root.json"))],
    ["a root signed by its own keys only", "THRESHOLD_NOT_MET", () => writer.root(3, [foreignKey()])],
    ["a future root", "ROOT_OUT_OF_ORDER", () => cp(join(directory, "2.root.json"), join(directory, "3.root.json"))],
    [
      "an expired root",
      "ROOT_EXPIRED",
      () => {
        writer.expires = "2020-01-01T00:00:00Z";
        return writer.root(3);
      },
    ],
    ["plain file names", "INVALID_METADATA", () => writer.root(3, [writer.keys.root], { consistent_snapshot: false })],
    ["a missing file", "UNVERIFIED_METADATA", () => rm(join(directory, "9.targets.json"))],
    ["a file cut off", "UNVERIFIED_METADATA", () => edit("9.targets.json", (text) => text.slice(0, -9))],
    ["a changed file", "UNVERIFIED_METADATA", () => edit("23.snapshot.json", (text) => text.replace(": 9", ": 8"))],
    ["a timestamp that is no JSON", "INVALID_METADATA", () => edit("timestamp.json", () => "{")],
    [
      "a foreign signature",
      "THRESHOLD_NOT_MET",
      () => edit("timestamp.json", (text) => text.replace(/"sig": "../, '"sig": "00')),
    ],
    [
      "a path that escapes",
      "INVALID_TARGET_PATH",
      async () => {
        await writer.targets("targets", 10, { ...targetsAt(PATHS), "../x": foreignTarget("x") });
        await writer.snapshot(24, 42);
      },
    ],
    [
      "a target without SHA-256",
      "INVALID_TARGET",
      async () => {
        await writer.targets("targets", 10, { x: { length: 1, hashes: { sha512: "00" } } });
        await writer.snapshot(24, 42);
      },
    ],
    [
      "a bin with a path of another",
      "UNVERIFIED_METADATA",
      async () => {
        const succinct = { keyids: [writer.bins.keyId], threshold: 1, bit_length: 1, name_prefix: "b" };
        for (const bin of ["b-0", "b-1"]) await writer.targets(bin, 1, targetsAt(PATHS));
        await writer.targets("targets", 10, {}, { keys: writer.keysOf(writer.bins), succinct_roles: succinct });
        await writer.snapshot(24, 42);
      },
    ],
  ];

  it.each(damages)("with %s is refused (%s), and nothing is stored", async (_, code, damage) => {
    await writeSource();
    await damage();
    await expect(imported()).rejects.toMatchObject({ code });
    expect(world.state.repositories.size).toBe(0);
    await expect(readdir(world.metadata)).rejects.toThrow("ENOENT");
  });

  it("asks for its online keys, and stores nothing without them", async () => {
    writer.keys.snapshot = foreignKey();
    await writeSource();
    await expect(imported()).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
    expect(world.state.repositories.size).toBe(0);
  });
});
