import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SchemeVerifier } from "../../infrastructure/signing/scheme-verifier.js";
import { ForeignDirectory } from "../../infrastructure/storage/foreign-directory.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import { ForeignRepository } from "../../src/application/tuf/import/foreign-repository.js";
import { importTufRepository } from "../../src/application/tuf/import/import-tuf-repository.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { makeTufWorld, type TufWorld } from "../application/tuf-world.js";
import { ForeignPlace } from "./foreign-place.js";
import { foreignTarget } from "./foreign-repository.js";

const NOW = Date.UTC(2026, 0, 1);

/**
 * Repositories as the tools wrote them, from go-tuf's own examples and tests (see foreign-files/README.md). The private keys are
 * not with them: they are read and verified, and an import ends where it asks for keys.
 */
const SOURCES: readonly (readonly [tool: string, targets: Readonly<Record<string, number>>])[] = [
  ["python-tuf", { "file1.txt": 9, "dir/file2.txt": 9 }],
  ["go-tuf", { "map.json": 596, "sigstore-tuf-root/root.json": 6_388, "staging/root.json": 6_388 }],
];

describe.each(SOURCES)("a repository that %s wrote", (tool, targets) => {
  const directory = fileURLToPath(new URL(`foreign-files/${tool}`, import.meta.url));
  const ports = {
    source: new ForeignDirectory(directory),
    codec: new JsonMetadataCodec(),
    verifier: new SchemeVerifier(),
  };
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld(4, NOW, "none");
  });
  afterEach(() => world.remove());

  it("is read and verified, signatures over its own text included", async () => {
    const repository = await ForeignRepository.open(ports, NOW);
    expect(await repository.check()).toBe(Object.keys(targets).length);
    expect(repository.expired).toEqual([]);
    const found: Record<string, number> = {};
    for await (const batch of repository.targets()) for (const [path, { length }] of batch) found[path] = length;
    expect(found).toEqual(targets);
  });

  it("is not verified any more with one digit changed anywhere", async () => {
    for (const name of ["1.root.json", "1.snapshot.json", "1.targets.json", "timestamp.json"]) {
      const read = async (asked: string): Promise<Uint8Array | undefined> => {
        const bytes = await ports.source.read(asked);
        if (asked !== name) return bytes;
        return Buffer.from((await readFile(`${directory}/${name}`, "utf8")).replace(/("expires": "20\d)\d/, "$19"));
      };
      await expect(ForeignRepository.open({ ...ports, source: { read } }, NOW), name).rejects.toMatchObject({
        code: expect.stringMatching(/UNVERIFIED_METADATA|THRESHOLD_NOT_MET/) as string,
      });
    }
  });

  it("is taken over by whoever has its keys, and by nobody else", async () => {
    const request = { name: "main", bins: 4 };
    await expect(importTufRepository({ ...world.ports, source: ports.source }, request)).rejects.toMatchObject({
      code: "KEY_NOT_FOUND",
    });
    expect(await world.ports.store.repository("main")).toBeUndefined();
  });
});

describe("what a tool writes that we do not", () => {
  let place: ForeignPlace;
  let world: TufWorld;
  beforeEach(async () => {
    place = await ForeignPlace.make();
    world = await makeTufWorld(4, Date.now(), "none");
    const { keys } = place.writer;
    for (const role of ["targets", "snapshot", "timestamp"] as const) await world.ports.keys.importKey(keys[role].pem);
  });
  afterEach(async () => {
    await world.remove();
    await place.remove();
  });

  const imported = () => importTufRepository({ ...world.ports, source: place.source }, { name: "main", bins: 4 });

  it.each([
    ["tabs and fractions of a second", "\t", "2030-01-01T00:00:00.187585Z"],
    ["nothing between members", 0, "2030-01-01T00:00:00Z"],
    ["four spaces", 4, "2030-01-01T00:00:00Z"],
  ])("is taken over with %s, and a client goes on", async (_, indent, expires) => {
    Object.assign(place.writer, { indent, expires });
    await place.writer.root(1);
    await place.writer.targets("targets", 3, { "a b": foreignTarget("a b") });
    await place.writer.snapshot(5, 7);
    await place.show();
    const client = await place.client();
    expect(await client.download("a b")).toEqual(["a b"]);
    await imported();
    await place.show(world.metadata);
    expect(await client.download("a b")).toEqual(["a b"]);
    const root = await readFile(`${world.metadata}/1.root.json`);
    expect(root).toEqual(await readFile(`${place.writer.directory}/1.root.json`));
  });

  it("is kept of root, and of a target only its length, SHA-256 and custom metadata", async () => {
    await place.writer.root(1, undefined, { "x-root": { kept: true } });
    const target = foreignTarget("one");
    await place.writer.targets("targets", 3, { one: { ...target, "x-target": 1 } });
    await place.writer.snapshot(5, 7);
    await imported();
    const { signed } = world.ports.codec.decode("root", await readFile(`${world.metadata}/1.root.json`));
    expect(signed).toMatchObject({ "x-root": { kept: true } });
    const { length, hashes, custom } = target as {
      length: number;
      hashes: { sha256: string; sha512: string };
      custom: object;
    };
    expect(hashes.sha512).toHaveLength(128);
    const found = [];
    for await (const entry of verifyTufRepository(world.ports, world.clock.now())) found.push(entry.target);
    expect(found).toEqual([{ length, hashes: { sha256: hashes.sha256 }, custom }]);
  });
});
