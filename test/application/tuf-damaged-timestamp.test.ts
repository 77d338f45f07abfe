import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import { TRANSITION } from "../../domain/tuf/trust.js";
import { exportTufRepository } from "../../src/application/tuf/publish/export-tuf-repository.js";
import { proposeRoot } from "../../src/application/tuf/trust/propose-root.js";
import { signatureOf } from "../../src/application/tuf/trust/role-signing.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

const corrupt = expect.objectContaining({ code: "CORRUPT_REPOSITORY" }) as object;

describe("a published timestamp above what the database has", () => {
  let world: TufWorld;
  let others: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld();
    await publish("first");
  });
  beforeEach(async () => {
    others = await makeTufWorld();
    for (const path of ["1", "2", "3", "4"]) {
      await others.add(path);
      await others.publisher().publish("main");
    }
  });
  afterEach(() => Promise.all([world, others].map((each) => each.remove())));

  const at = (name: string, { metadata } = world) => join(metadata, name);
  const timestamp = () => readFile(at("timestamp.json"));
  const put = (bytes: string | Uint8Array) => writeFile(at("timestamp.json"), bytes);
  const mend = async () => (await exportTufRepository(world.ports, "main", { isMending: true })).filesWritten;
  async function publish(...paths: string[]) {
    if (paths.length > 0) await world.add(...paths);
    const publisher = world.publisher();
    const report = await publisher.publish("main");
    await publisher.recorded("main");
    return report;
  }

  const timestampKey = async () => (await world.ports.store.repository("main"))!.trust.timestamp.keyIds[0]!;

  /** What is published, of another version and signed anew. */
  async function signed(version: number): Promise<Uint8Array> {
    const { codec, keys } = world.ports;
    const signer = (await keys.load(await timestampKey()))!;
    const canonical = codec.canonical({ ...codec.decode("timestamp", await timestamp()).signed, version });
    return codec.file(canonical, [await signatureOf(signer, canonical)]);
  }

  /** Another key signs timestamps from now on, once that is published. */
  async function rotate(): Promise<void> {
    const next = await world.ports.keys.generate();
    await proposeRoot(world.ports, "main", { changes: replaceKey(["timestamp"], await timestampKey(), next) });
    await signRoot(world.ports, "main");
  }

  const raised = async () => {
    const { signatures, signed: stated } = JSON.parse((await timestamp()).toString()) as Record<string, object>;
    await put(JSON.stringify({ signatures, signed: { ...stated, version: 1_000_000 } }));
  };
  describe.each<[string, () => Promise<void>]>([
    ["states another version than it was signed with", raised],
    ["is another repository's", async () => put(await readFile(at("timestamp.json", others)))],
    ["is a snapshot", async () => put(await readFile(at("2.snapshot.json")))],
    ["is no JSON", async () => put((await timestamp()).subarray(1))],
    ["states only a version", () => put('{"signed":{"version":1000000}}')],
  ])("that %s", (_, damage) => {
    it("is replaced by the next publish", async () => {
      await damage();
      expect(await publish("late")).toMatchObject({ timestampVersion: 3 });
      expect(await world.published()).toEqual(hashesOf("first", "late"));
      expect(await publish()).toMatchObject({ committed: "nothing", filesWritten: [] });
    });

    it("is replaced where nothing else is to be published, too", async () => {
      const before = await timestamp();
      await damage();
      expect(await publish()).toMatchObject({ committed: "nothing", filesWritten: ["timestamp.json"] });
      expect(await timestamp()).toEqual(before);
    });

    it("is repaired", async () => {
      const before = await timestamp();
      await damage();
      expect(await mend()).toEqual(["timestamp.json"]);
      expect(await timestamp()).toEqual(before);
      expect(await mend()).toEqual([]);
    });
  });

  async function expectStopped(): Promise<void> {
    const names = async () => (await readdir(world.metadata)).filter((name) => !name.startsWith(".")).sort();
    const namesBefore = await names();
    const before = await timestamp();
    await world.add("late");
    await expect(world.publisher().publish("main")).rejects.toEqual(corrupt);
    await expect(mend()).rejects.toEqual(corrupt);
    expect(await timestamp()).toEqual(before);
    expect(await names()).toEqual(namesBefore);
  }

  it("that clients have accepted stops publish and repair: the database forgot something", async () => {
    await put(await signed(1_000_000));
    await expectStopped();
    const message = expect.stringContaining("published timestamp 1000000 is newer than the database's 3") as string;
    await expect(publish()).rejects.toMatchObject({ message });
  });

  it("that clients have accepted by a root that the database forgot stops them, too", async () => {
    const forgetful = structuredClone(world.state.repositories.get("main")!);
    await rotate();
    await publish("second");
    world.clock.time += 2 * TRANSITION;
    await publish("third"); // from now on the former key does not sign along
    world.state.repositories.set("main", forgetful);
    await expectStopped();
  });

  it("that was signed with a stolen key gives way once the next root takes the key away", async () => {
    await put(await signed(1_000_000));
    await expectStopped();
    await rotate();
    await publish();
    expect(await world.published()).toEqual(hashesOf("first", "late"));
    expect((await readdir(world.metadata)).filter((name) => name.endsWith(".root.json"))).toHaveLength(2);
  });

  it("stops them where all of storage is another repository's", async () => {
    await rm(world.metadata, { recursive: true });
    await cp(others.metadata, world.metadata, { recursive: true });
    await expectStopped();
  });
});
