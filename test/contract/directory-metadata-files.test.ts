import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryMetadataFiles } from "../../infrastructure/storage/directory-metadata-files.js";

const timestamp = (version: number, mark = "") => Buffer.from(JSON.stringify({ signed: { version }, mark }));
const corrupt = expect.objectContaining({ code: "CORRUPT_REPOSITORY" });

describe("published files in a directory", () => {
  let directory: string;
  let files: DirectoryMetadataFiles;
  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), "distinction-files-")), "a", "metadata");
    files = new DirectoryMetadataFiles(directory);
  });
  afterEach(() => rm(join(directory, "..", ".."), { recursive: true }));

  const published = async () => JSON.parse(await readFile(join(directory, "timestamp.json"), "utf8")) as unknown;

  describe("versioned", () => {
    it("are put once; the same content again is fine, other content is corrupt", async () => {
      expect(await files.read("1.root.json")).toBeUndefined();
      expect(await files.putIfAbsent("1.root.json", Buffer.from("one"))).toBe(true);
      expect(await files.putIfAbsent("1.root.json", Buffer.from("one"))).toBe(false);
      await expect(files.putIfAbsent("1.root.json", Buffer.from("two"))).rejects.toEqual(corrupt);
      await expect(files.putIfAbsent("1.root.json", Buffer.from("on"))).rejects.toEqual(corrupt);
      expect(Buffer.from((await files.read("1.root.json"))!).toString()).toBe("one");
      expect(await readdir(directory)).toEqual(["1.root.json"]);
    });

    it("have one content, whoever races", async () => {
      const writers = Array.from({ length: 12 }, () => new DirectoryMetadataFiles(directory));
      const outcomes = await Promise.allSettled(
        writers.map((writer, index) => writer.putIfAbsent("7.bins-0.json", Buffer.from(`writer ${index % 2}`))),
      );
      expect(outcomes.filter((outcome) => outcome.status === "fulfilled" && outcome.value)).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(6);
      expect(await readdir(directory)).toEqual(["7.bins-0.json"]);
    });

    it.each([
      "",
      "root.json",
      "0.root.json",
      "01.root.json",
      "1.2.json",
      "1.a/b.json",
      "1.../x.json",
      "../1.root.json",
      "1.root.json/",
      "1.timestamp.json",
      "timestamp.json",
      "1.root.json.tmp",
      "1.root",
    ])("are not put under %j", async (name) => {
      await expect(files.putIfAbsent(name, Buffer.from(""))).rejects.toMatchObject({ code: "INVALID_NAME" });
      if (name === "timestamp.json") return;
      await expect(files.read(name)).rejects.toMatchObject({ code: "INVALID_NAME" });
    });

    it("do not mind what crashed writers left behind", async () => {
      await files.putIfAbsent("1.root.json", Buffer.from("one"));
      await writeFile(join(directory, ".tmp-0011"), "half");
      expect(await files.putIfAbsent("2.root.json", Buffer.from("two"))).toBe(true);
      await expect(files.read(".tmp-0011")).rejects.toMatchObject({ code: "INVALID_NAME" });
    });
  });

  describe("timestamp", () => {
    it("only rises", async () => {
      expect(await files.replaceTimestamp(3, timestamp(3))).toBe(true);
      expect(await files.replaceTimestamp(3, timestamp(3))).toBe(false);
      expect(await files.replaceTimestamp(2, timestamp(2))).toBe(false);
      expect(await published()).toEqual({ signed: { version: 3 }, mark: "" });
      expect(await files.replaceTimestamp(12, timestamp(12))).toBe(true);
      expect(await published()).toMatchObject({ signed: { version: 12 } });
      expect((await readdir(directory)).filter((name) => name.startsWith(".tmp"))).toEqual([]);
    });

    it("has one content per version and states its own version", async () => {
      await files.replaceTimestamp(3, timestamp(3));
      await expect(files.replaceTimestamp(3, timestamp(3, "other"))).rejects.toEqual(corrupt);
      await expect(files.replaceTimestamp(5, timestamp(4))).rejects.toEqual(corrupt);
      await writeFile(join(directory, "timestamp.json"), "not a timestamp");
      await expect(files.replaceTimestamp(4, timestamp(4))).rejects.toEqual(corrupt);
    });

    it("never falls, whoever races, ends at the highest and is whole at every instant", async () => {
      const writers = Array.from({ length: 4 }, () => new DirectoryMetadataFiles(directory));
      await files.replaceTimestamp(1, timestamp(1));
      let ended = false;
      const seen: number[] = [];
      const reader = (async () => {
        while (!ended) seen.push(((await published()) as { signed: { version: number } }).signed.version);
      })();
      const order = Array.from({ length: 60 }, (_, index) => ((index * 37) % 61) + 2);
      await Promise.all(
        writers.map(async (writer, mine) => {
          for (const [index, version] of order.entries()) {
            if (index % 4 === mine) await writer.replaceTimestamp(version, timestamp(version));
          }
        }),
      );
      ended = true;
      await reader;
      expect(seen.length).toBeGreaterThan(0);
      expect(seen).toEqual(seen.toSorted((left, right) => left - right));
      expect(await published()).toMatchObject({ signed: { version: Math.max(...order) } });
    });

    it("is raised by the next writer to what one claimed that died before its rename", async () => {
      await files.replaceTimestamp(6, timestamp(6));
      await writeFile(join(directory, ".timestamps", "9.00ff.json"), timestamp(9));
      await writeFile(join(directory, ".timestamps", "7.00ff.json"), timestamp(7));
      expect(await files.replaceTimestamp(8, timestamp(8))).toBe(false);
      expect(await published()).toMatchObject({ signed: { version: 9 } });
      expect(await readdir(join(directory, ".timestamps"))).toEqual([]);
    });

    it("comes back when somebody deleted it", async () => {
      await files.replaceTimestamp(6, timestamp(6));
      await rm(join(directory, "timestamp.json"));
      await files.replaceTimestamp(6, timestamp(6));
      expect(await published()).toMatchObject({ signed: { version: 6 } });
    });
  });
});
