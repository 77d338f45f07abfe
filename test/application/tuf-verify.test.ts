import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { damagedFiles } from "../../src/application/tuf/damaged-files.js";
import { exportTufRepository } from "../../src/application/tuf/publish/export-tuf-repository.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

describe("verifying published files", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld(2);
    await world.add("a", "b", "c", "d", "e");
    await world.publisher().publish("main");
  });
  afterEach(() => world.remove());

  const change = async (name: string, edit: (text: string) => string) => {
    const path = join(world.metadata, name);
    await writeFile(path, edit(await readFile(path, "utf8")));
  };

  it("finds every target of an untouched repository", async () => {
    expect(await world.published()).toEqual(hashesOf("a", "b", "c", "d", "e"));
  });

  it.each<[string, string, () => Promise<void>]>([
    [
      "a changed bin",
      "2.bins-0.json has fewer valid",
      () => change("2.bins-0.json", (text) => text.replace('"length":1', '"length":2')),
    ],
    ["a changed root", "root 1 has fewer valid", () => change("1.root.json", (text) => text.replace("2027", "2037"))],
    [
      "a signature of another key",
      "2.bins-1.json has fewer",
      () => change("2.bins-1.json", (text) => text.replace(/"keyid":"../, '"keyid":"zz')),
    ],
    ["a snapshot of another length", "another length", () => change("2.snapshot.json", (text) => `${text} `)],
    [
      "a snapshot of another digest",
      "another SHA-256",
      () => change("2.snapshot.json", (text) => text.replace('"version":2', '"version":1')),
    ],
    [
      "an older bin under a newer name",
      "states version 1",
      () => copyFile(join(world.metadata, "1.bins-0.json"), join(world.metadata, "2.bins-0.json")),
    ],
    [
      "the content of another bin",
      "path of another bin",
      () => copyFile(join(world.metadata, "2.bins-0.json"), join(world.metadata, "2.bins-1.json")),
    ],
    ["a missing bin", "2.bins-1.json is missing", () => rm(join(world.metadata, "2.bins-1.json"))],
    ["a missing timestamp", "timestamp.json is missing", () => rm(join(world.metadata, "timestamp.json"))],
    ["an expired timestamp", "timestamp expired", async () => void (world.clock.time += 25 * 3_600_000)],
  ])("refuses %s", async (_, message, tamper) => {
    await tamper();
    await expect(world.published()).rejects.toMatchObject({
      code: "UNVERIFIED_METADATA",
      message: expect.stringContaining(message) as string,
    });
  });

  it("refuses what is no metadata", async () => {
    await change("1.targets.json", () => "{}");
    await expect(world.published()).rejects.toMatchObject({ code: "INVALID_METADATA" });
  });
});

describe("comparing published files with the database", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld(2);
    await world.add("a", "b", "c", "d", "e");
    await world.publisher().publish("main");
  });
  afterEach(() => world.remove());

  const damaged = () => damagedFiles(world.ports, "main");
  const path = (name: string) => join(world.metadata, name);

  it("finds nothing where nothing is wrong", async () => {
    expect(await damaged()).toEqual([]);
  });

  it("finds what is lost, and what is another file although it verifies, and changes nothing", async () => {
    await rm(path("2.bins-0.json"));
    await copyFile(path("1.root.json"), path("2.snapshot.json"));
    const text = await readFile(path("2.bins-1.json"), "utf8");
    await writeFile(path("2.bins-1.json"), JSON.stringify(JSON.parse(text), null, 1)); // clients do not mind
    expect(await damaged()).toEqual(["2.bins-0.json", "2.bins-1.json", "2.snapshot.json"]);
    expect(await damaged()).toHaveLength(3);
    await exportTufRepository(world.ports, "main", { isMending: true });
    expect(await damaged()).toEqual([]);
  });

  it("finds what a publish committed and did not put there", async () => {
    await world.add("f");
    const replaceTimestamp = () => Promise.reject(new Error("crashed"));
    const { files } = world.ports;
    const crashing = new Proxy(files, {
      get: (target, name) => {
        if (name === "replaceTimestamp") return replaceTimestamp;
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    await expect(world.publisher({ files: crashing }).publish("main")).rejects.toThrow("crashed");
    expect(await damaged()).toContain("timestamp.json");
  });

  it("does not take for damage what others publish meanwhile", async () => {
    let isFirst = true;
    const read = async (name: string): Promise<Uint8Array | undefined> => {
      if (isFirst) {
        isFirst = false;
        await world.add("f");
        await world.publisher().publish("main");
      }
      return world.ports.files.read(name);
    };
    expect(await damagedFiles({ ...world.ports, files: { read } }, "main")).toEqual([]);
  });
});
