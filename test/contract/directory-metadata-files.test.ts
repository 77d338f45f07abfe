import { writeSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DirectoryMetadataFiles } from "../../infrastructure/storage/directory-metadata-files.js";
import { fileCalls } from "../../infrastructure/storage/file-calls.js";
import { FakeClock } from "../support/fake-clock.js";
import { describeMetadataFiles, putFile, timestampOf } from "./metadata-files.js";

describeMetadataFiles("published files in a directory", async () => {
  const directory = await mkdtemp(join(tmpdir(), "distinction-files-"));
  return {
    open: () => new DirectoryMetadataFiles(directory, new FakeClock(Date.now())),
    names: async () => (await readdir(directory)).filter((name) => name !== ".timestamps").sort(),
    put: (name, bytes) => writeFile(join(directory, name), bytes),
    delete: (name) => rm(join(directory, name)),
    close: () => rm(directory, { recursive: true }),
  };
});

describe("a directory", () => {
  let directory: string;
  let files: DirectoryMetadataFiles;
  let clock: FakeClock;
  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), "distinction-files-")), "a", "metadata");
    clock = new FakeClock(Date.now());
    files = new DirectoryMetadataFiles(directory, clock);
  });
  afterEach(() => void vi.restoreAllMocks());
  afterEach(() => rm(join(directory, "..", ".."), { recursive: true }));

  const published = async () => JSON.parse(await readFile(join(directory, "timestamp.json"), "utf8")) as unknown;

  describe("versioned", () => {
    it("do not mind what crashed writers left behind", async () => {
      await putFile(files, "1.root.json", Buffer.from("one"));
      await writeFile(join(directory, ".tmp-0011"), "half");
      expect(await putFile(files, "2.root.json", Buffer.from("two"))).toBe(true);
      await expect(files.read(".tmp-0011")).rejects.toMatchObject({ code: "INVALID_NAME" });
    });
  });

  describe("temporary", () => {
    const HOUR = 60 * 60 * 1000;
    const LEFT_BEHIND = `.tmp-${"0f".repeat(9)}`;

    it("are removed once they are a day old, by whoever writes next; other hidden files are not ours", async () => {
      await mkdir(directory, { recursive: true });
      const others = [".tmp-notes", ".htaccess", `.tmp-${"0f".repeat(9)}.bak`];
      for (const name of [LEFT_BEHIND, ...others]) await writeFile(join(directory, name), "half");
      clock.advance(23 * HOUR);
      await putFile(files, "1.root.json", Buffer.from("one"));
      expect(await readdir(directory)).toContain(LEFT_BEHIND);
      clock.advance(2 * HOUR);
      await putFile(new DirectoryMetadataFiles(directory, clock), "2.root.json", Buffer.from("two"));
      expect((await readdir(directory)).sort()).toEqual([...others, "1.root.json", "2.root.json"].sort());
    });

    it("are removed by a writer that lives on, too", async () => {
      await putFile(files, "1.root.json", Buffer.from("one"));
      await writeFile(join(directory, LEFT_BEHIND), "half");
      clock.advance(25 * HOUR);
      await putFile(files, "2.root.json", Buffer.from("two"));
      expect(await readdir(directory)).toEqual(["1.root.json", "2.root.json"]);
    });

    it("of a slow writer may be removed: it writes again", async () => {
      const late = new FakeClock(Date.now() + 48 * HOUR);
      let isSlow = true;
      duringWrite(async (file, write) => {
        await write();
        if (!isSlow) return;
        isSlow = false;
        await fileCalls.sync(file);
        await putFile(new DirectoryMetadataFiles(directory, late), "2.root.json", Buffer.from("two"));
      });
      expect(await putFile(files, "1.root.json", Buffer.from("one"))).toBe(true);
      expect((await readdir(directory)).sort()).toEqual(["1.root.json", "2.root.json"]);
      expect(await readFile(join(directory, "1.root.json"), "utf8")).toBe("one");
    });
  });

  describe("prepared", () => {
    const next = { name: "2.bins-0.json", bytes: Buffer.from("two") };
    const claims = () => readdir(join(directory, ".timestamps"));

    it("are no claims, and leave no temporary files however they end", async () => {
      await files.prepare([next, { name: "timestamp.json", bytes: timestampOf(2) }]);
      expect(await claims()).toEqual([expect.stringMatching(/^\.tmp-/)]);
      await files.replaceTimestamp(3, timestampOf(3));
      expect(await published()).toMatchObject({ signed: { version: 3 } });
      expect(await claims()).toEqual([]);
      await files.prepare([{ name: "3.bins-0.json", bytes: Buffer.from("three") }]);
      await files.discardPrepared();
      expect(await readdir(directory)).toEqual([".timestamps", "timestamp.json"]);
    });

    it("are not written again when they are put; those that could not be written are", async () => {
      const written: string[] = [];
      let isFull = true;
      const room = duringWrite(async (_, write) => {
        written.push("file");
        if (isFull) throw new Error("full");
        await write();
      });
      await files.prepare([next]);
      isFull = false;
      await files.prepare([next]);
      expect(await putFile(files, next.name, next.bytes)).toBe(true);
      expect(written).toHaveLength(2);
      isFull = true;
      const third = { name: "3.bins-0.json", bytes: Buffer.from("three") };
      await files.prepare([third]);
      isFull = false;
      expect(await putFile(files, third.name, third.bytes)).toBe(true);
      expect(written).toHaveLength(4);
      room();
      expect(await readdir(directory)).toEqual(["2.bins-0.json", "3.bins-0.json"]);
    });

    it("are written anew where their directory went meanwhile", async () => {
      await files.prepare([next]);
      await rm(directory, { recursive: true });
      expect(await putFile(files, next.name, next.bytes)).toBe(true);
      expect(await readdir(directory)).toEqual(["2.bins-0.json"]);
    });
  });

  describe("on a full disk", () => {
    const full = expect.objectContaining({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining("ENOSPC") as string,
    }) as object;
    const enospc = () =>
      Object.assign(new Error("no space left on device, write"), { code: "ENOSPC", syscall: "write" });

    it("are not there in part; once there is room again, the same call succeeds", async () => {
      await files.replaceTimestamp(1, timestampOf(1));
      const room = duringWrite((file) => {
        writeSync(file, "{");
        return Promise.reject(enospc());
      });
      await expect(putFile(files, "2.root.json", Buffer.from("two"))).rejects.toEqual(full);
      await expect(files.replaceTimestamp(2, timestampOf(2))).rejects.toEqual(full);
      expect(await readdir(directory)).toEqual([".timestamps", "timestamp.json"]);
      expect(await readdir(join(directory, ".timestamps"))).toEqual([]);
      expect(await published()).toEqual({ signed: { version: 1 }, mark: "" });
      room();
      expect(await putFile(files, "2.root.json", Buffer.from("two"))).toBe(true);
      expect(await files.replaceTimestamp(2, timestampOf(2))).toBe(true);
    });
  });

  /** Stands in for the system's write, which cannot be made to fail or wait for everybody who runs the tests. */
  function duringWrite(act: (file: number, write: () => Promise<void>) => Promise<void>): () => void {
    const { write } = fileCalls;
    const spy = vi
      .spyOn(fileCalls, "write")
      .mockImplementation((file, content) => act(file, () => write(file, content)));
    return () => spy.mockRestore();
  }

  describe("timestamp", () => {
    it("is raised by the next writer to what one claimed that died before its rename", async () => {
      await files.replaceTimestamp(6, timestampOf(6));
      await writeFile(join(directory, ".timestamps", "9.00ff.json"), timestampOf(9));
      await writeFile(join(directory, ".timestamps", "7.00ff.json"), timestampOf(7));
      expect(await files.replaceTimestamp(8, timestampOf(8))).toBe(false);
      expect(await published()).toMatchObject({ signed: { version: 9 } });
      expect(await readdir(join(directory, ".timestamps"))).toEqual([]);
    });
  });
});
