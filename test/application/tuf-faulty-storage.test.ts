import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";
import { exportTufRepository } from "../../src/application/tuf/publish/export-tuf-repository.js";
import { fileByFile } from "../support/file-by-file.js";
import { overridden } from "../support/overridden.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

/** In each of four bins. */
const PATHS = Array.from({ length: 16 }, (_, index) => `f${index}`);

describe("storage that loses what it acknowledged", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld();
  });
  afterEach(() => world.remove());

  /** Puts for which `isLost` holds are acknowledged, and nothing is there. */
  const losing = (isLost: (put: number, name: string) => boolean): MetadataFiles => {
    const { files } = world.ports;
    let puts = 0;
    const unless = (name: string, put: () => Promise<boolean>) =>
      isLost(++puts, name) ? Promise.resolve(true) : put();
    return {
      putAll: fileByFile(files, unless),
      replaceTimestamp: (version, bytes) => unless("timestamp.json", () => files.replaceTimestamp(version, bytes)),
      remove: (names) => files.remove(names),
      read: (name) => files.read(name),
      lengthOf: (name) => files.lengthOf(name),
      restore: (name, bytes, damaged) => files.restore(name, bytes, damaged),
    };
  };

  it("is given it again, before anybody is led there", async () => {
    for (let lost = 1; ; lost++) {
      const paths = PATHS.map((path) => `${path}/${lost}`);
      await world.add(...paths);
      const names: string[] = [];
      const files = losing((put, name) => put === lost && names.push(name) > 0);
      await world.publisher({ files }).publish("main");
      const published = await world.published();
      for (const path of paths) expect(published.has(path), `${path} without ${names[0]}`).toBe(true);
      if (names.length > 0) continue;
      expect(lost).toBeGreaterThan(4);
      return;
    }
  });

  it.each(["snapshot", "bins-", "timestamp"])("for ever is told of, and a lost %s misleads nobody", async (role) => {
    await world.add("before");
    await world.publisher().publish("main");
    await world.add(...PATHS);
    const files = losing((_, name) => name.includes(role));
    await expect(world.publisher({ files }).publish("main")).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    expect(await world.published()).toEqual(hashesOf("before"));
    await world.publisher().publish("main");
    expect(await world.published()).toEqual(hashesOf("before", ...PATHS));
  });

  describe("later", () => {
    beforeEach(async () => {
      await world.add(...PATHS);
      await world.publisher().publish("main");
    });
    const mend = async () => (await exportTufRepository(world.ports, "main", { isMending: true })).filesWritten;
    const at = (name: string) => join(world.metadata, name);
    const damaged = (name: string) => writeFile(at(name), "{}");
    const forged = async (name: string) => {
      const [sig] = /(?<="sig":")[0-9a-f]+/.exec(await readFile(at(name), "utf8"))!;
      await writeFile(at(name), (await readFile(at(name), "utf8")).replace(sig, sig.replaceAll("0", "1")));
    };
    const cutOff = async (name: string) => writeFile(at(name), (await readFile(at(name))).subarray(0, -1));

    it.each<[string, string, (name: string) => Promise<void>]>([
      ["a bin that is gone", "2.bins-0.json", (name) => rm(at(name))],
      ["a bin with other content", "2.bins-1.json", damaged],
      ["a bin that is cut off", "2.bins-2.json", cutOff],
      ["a snapshot with other content", "2.snapshot.json", damaged],
      ["a root with other content", "1.root.json", damaged],
      ["targets that are gone", "1.targets.json", (name) => rm(at(name))],
      ["a timestamp that is gone", "timestamp.json", (name) => rm(at(name))],
      ["a timestamp that is none", "timestamp.json", damaged],
      ["a timestamp with another signature", "timestamp.json", forged],
      ["a timestamp that is empty", "timestamp.json", (name) => writeFile(at(name), "")],
    ])("is mended: %s", async (_, name, damage) => {
      const before = await readFile(at(name));
      await damage(name);
      await expect(world.published()).rejects.toThrow();
      expect(await mend()).toEqual([name]);
      expect(await readFile(at(name))).toEqual(before);
      expect(await world.published()).toEqual(hashesOf(...PATHS));
      expect(await mend()).toEqual([]);
    });

    it.each<[string, string, (name: string) => Promise<void>]>([
      ["1.root.json", "with other content", damaged],
      ["2.bins-1.json", "with other content", damaged],
      ["timestamp.json", "that is none", damaged],
      ["timestamp.json", "with another signature", forged],
    ])("is mended where it loses what it acknowledged once more: %s %s", async (name, _, damage) => {
      const before = await readFile(at(name));
      await damage(name);
      let restores = 0;
      const { files } = world.ports;
      const losing = overridden(files, {
        restore: (...given) => (++restores === 1 ? Promise.resolve(true) : files.restore(...given)),
      });
      const ports = { ...world.ports, files: losing };
      const { filesWritten } = await exportTufRepository(ports, "main", { isMending: true });
      expect([restores, filesWritten]).toEqual([2, [name]]);
      expect(await readFile(at(name))).toEqual(before);
    });

    it("is not told of where others published meanwhile and nothing was wrong", async () => {
      const { store } = world.ports;
      const beside = overridden(store, {
        exportBacklog: async (...of) => {
          const backlog = await store.exportBacklog(...of);
          await world.add("later");
          await world.publisher().publish("main");
          return backlog;
        },
      });
      const { filesWritten } = await exportTufRepository({ ...world.ports, store: beside }, "main", {
        isMending: true,
      });
      expect(filesWritten).toEqual([]);
      expect(await world.published()).toEqual(hashesOf(...PATHS, "later"));
    });

    it("is mended by one that stood still meanwhile without taking back what others published", async () => {
      await damaged("2.bins-1.json");
      await damaged("timestamp.json");
      const { files } = world.ports;
      let wake!: () => void;
      let reach!: () => void;
      const woken = new Promise<void>((resolve) => (wake = resolve));
      const reached = new Promise<void>((resolve) => (reach = resolve));
      const held = overridden(files, {
        restore: async (name, bytes, other) => {
          reach();
          await woken;
          return files.restore(name, bytes, other);
        },
      });
      const mending = exportTufRepository({ ...world.ports, files: held }, "main", { isMending: true });
      await reached;
      await mend();
      await world.add("later");
      const { timestampVersion } = await world.publisher().publish("main");
      wake();
      expect((await mending).filesWritten).toEqual([]);
      expect(JSON.parse(await readFile(at("timestamp.json"), "utf8"))).toMatchObject({
        signed: { version: timestampVersion },
      });
      expect(await world.published()).toEqual(hashesOf(...PATHS, "later"));
    });

    it("is not mended where the database knows less than storage", async () => {
      const { store } = world.ports;
      const behind = {
        ...world.ports,
        store: Object.assign(Object.create(store) as typeof store, {
          exportBacklog: async () => ({ position: { root: 1, snapshot: 1, timestamp: 1 }, files: [] }),
        }),
      };
      await expect(exportTufRepository(behind, "main", { isMending: true })).rejects.toMatchObject({
        code: "CORRUPT_REPOSITORY",
      });
    });
  });
});
