import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";

/** A storage, and a way to it beside the port. */
export interface MetadataStorage {
  /** An adapter of its own, as another process has one. */
  open(): MetadataFiles;
  /** The names of what readers may ask for, sorted. */
  names(): Promise<readonly string[]>;
  put(name: string, bytes: Uint8Array): Promise<void>;
  delete(name: string): Promise<void>;
  close(): Promise<void>;
}

export const timestampOf = (version: number, mark = ""): Buffer =>
  Buffer.from(JSON.stringify({ signed: { version }, mark }));

/** Whether the file is new. */
export async function putFile(files: MetadataFiles, name: string, bytes: Uint8Array): Promise<boolean> {
  return (await files.putAll([[{ name, bytes }]])).includes(name);
}

const corrupt = expect.objectContaining({ code: "CORRUPT_REPOSITORY" }) as object;

/** What every storage of published files does. */
export function describeMetadataFiles(what: string, make: () => Promise<MetadataStorage>): void {
  describe(what, () => {
    let storage: MetadataStorage;
    let files: MetadataFiles;
    beforeEach(async () => {
      storage = await make();
      files = storage.open();
    });
    afterEach(() => storage.close());

    const published = async () => {
      const bytes = await files.read("timestamp.json");
      return (JSON.parse(Buffer.from(bytes!).toString("utf8")) as { signed: { version: number } }).signed.version;
    };

    describe("versioned files", () => {
      it("are put once; the same content again is fine, other content is corrupt", async () => {
        expect(await files.read("1.root.json")).toBeUndefined();
        expect(await putFile(files, "1.root.json", Buffer.from("one"))).toBe(true);
        expect(await putFile(files, "1.root.json", Buffer.from("one"))).toBe(false);
        await expect(putFile(files, "1.root.json", Buffer.from("two"))).rejects.toEqual(corrupt);
        await expect(putFile(files, "1.root.json", Buffer.from("on"))).rejects.toEqual(corrupt);
        expect(Buffer.from((await files.read("1.root.json"))!).toString()).toBe("one");
        expect(await storage.names()).toEqual(["1.root.json"]);
      });

      it("that were prepared are not there until they are put, and nothing stays of those that never are", async () => {
        const file = (name: string, text: string) => ({ name, bytes: Buffer.from(text) });
        const prepared = [file("1.bins-0.json", "bin"), file("1.snapshot.json", "snapshot")];
        const timestamp = { name: "timestamp.json", bytes: timestampOf(1) };
        await files.prepare?.([...prepared, timestamp]);
        for (const { name } of [...prepared, timestamp]) expect(await files.read(name), name).toBeUndefined();
        await files.discardPrepared?.();
        expect(await storage.names()).toEqual([]);

        await files.prepare?.([...prepared, timestamp]);
        expect(await files.putAll([[prepared[0]!]])).toEqual(["1.bins-0.json"]);
        expect(await files.putAll([[file("1.snapshot.json", "another")]])).toEqual(["1.snapshot.json"]);
        expect(await files.replaceTimestamp(1, timestampOf(1))).toBe(true);
        expect(Buffer.from((await files.read("1.snapshot.json"))!).toString()).toBe("another");
        expect(await storage.names()).toEqual(["1.bins-0.json", "1.snapshot.json", "timestamp.json"]);
      });

      it("that were prepared and that another has put meanwhile are fine", async () => {
        const next = { name: "1.bins-0.json", bytes: Buffer.from("bin") };
        await files.prepare?.([next, { name: "timestamp.json", bytes: timestampOf(1) }]);
        const other = storage.open();
        await putFile(other, next.name, next.bytes);
        await other.replaceTimestamp(1, timestampOf(1));
        expect(await files.putAll([[next]])).toEqual([]);
        expect(await files.replaceTimestamp(1, timestampOf(1))).toBe(false);
        expect(await storage.names()).toEqual(["1.bins-0.json", "timestamp.json"]);
      });

      it("can be taken back, but for root and the timestamp", async () => {
        await putFile(files, "1.bins-0.json", Buffer.from("one"));
        await putFile(files, "1.root.json", Buffer.from("root"));
        const refused = expect.objectContaining({ code: "INVALID_NAME" }) as object;
        for (const name of ["1.root.json", "timestamp.json", "../1.bins-0.json"]) {
          await expect(files.remove(["1.bins-0.json", name]), name).rejects.toEqual(refused);
        }
        expect(await files.read("1.bins-0.json")).toBeDefined();
        await files.remove(["1.bins-0.json", "2.bins-0.json"]);
        await files.remove([]);
        expect(await storage.names()).toEqual(["1.root.json"]);
      });

      it("tell their length as storage has them, not as they were put", async () => {
        expect(await files.lengthOf("1.bins-0.json")).toBeUndefined();
        await putFile(files, "1.bins-0.json", Buffer.from("four"));
        expect(await files.lengthOf("1.bins-0.json")).toBe(4);
        await storage.put("1.bins-0.json", Buffer.from("cut"));
        expect(await files.lengthOf("1.bins-0.json")).toBe(3);
        await storage.delete("1.bins-0.json");
        expect(await files.lengthOf("1.bins-0.json")).toBeUndefined();
        await expect(files.lengthOf("../1.bins-0.json")).rejects.toMatchObject({ code: "INVALID_NAME" });
      });

      it("are restored once, in the place of what was damaged and of nothing else", async () => {
        const [right, damaged] = [Buffer.from("right"), Buffer.from("damaged")];
        await storage.put("1.root.json", damaged);
        expect(await files.restore("1.root.json", right, Buffer.from("otherwise"))).toBe(false);
        expect(Buffer.from((await files.read("1.root.json"))!)).toEqual(damaged);
        expect(await files.restore("1.root.json", right, damaged)).toBe(true);
        expect(await files.restore("1.root.json", right, damaged)).toBe(false);
        expect(await files.restore("2.root.json", right, damaged)).toBe(false);
        expect(Buffer.from((await files.read("1.root.json"))!)).toEqual(right);
        expect(await storage.names()).toEqual(["1.root.json"]);
        const refused = files.restore("../3.root.json", right, damaged);
        await expect(refused).rejects.toMatchObject({ code: "INVALID_NAME" });
      });

      it("are put together; those that are there already are not new", async () => {
        const named = (name: string) => ({ name, bytes: Buffer.from(name) });
        const [bins, snapshot] = [
          ["1.bins-0.json", "1.bins-1.json", "1.bins-2.json"].map(named),
          named("1.snapshot.json"),
        ];
        await putFile(files, bins[1]!.name, bins[1]!.bytes);
        const created = await files.putAll([bins, [snapshot]]);
        expect([...created].sort()).toEqual(["1.bins-0.json", "1.bins-2.json", "1.snapshot.json"]);
        expect(await storage.names()).toEqual([...bins, snapshot].map(({ name }) => name));
        expect(await files.putAll([bins, [snapshot]])).toEqual([]);
        expect(await files.putAll([])).toEqual([]);
      });

      it("of a phase are not put where one of an earlier phase cannot be", async () => {
        await putFile(files, "1.bins-0.json", Buffer.from("one"));
        const phases = [
          [{ name: "1.bins-0.json", bytes: Buffer.from("two") }],
          [{ name: "1.snapshot.json", bytes: Buffer.from("s") }],
        ];
        await expect(files.putAll(phases)).rejects.toEqual(corrupt);
        expect(await storage.names()).toEqual(["1.bins-0.json"]);
      });

      it("appear phase by phase, however they are watched", async () => {
        const bins = Array.from({ length: 20 }, (_, bin) => ({ name: `1.bins-${bin}.json`, bytes: Buffer.alloc(9) }));
        let ended = false;
        const putting = files.putAll([bins, [{ name: "1.snapshot.json", bytes: Buffer.alloc(9) }]]);
        const watching = (async () => {
          while (!ended) {
            const names = (await storage.names()).filter((name) => !name.startsWith("."));
            if (names.includes("1.snapshot.json")) expect(names).toHaveLength(21);
            await new Promise((resolve) => setImmediate(resolve));
          }
        })();
        await putting.finally(() => (ended = true));
        await watching;
      });

      it("have one content, whoever races", async () => {
        const writers = Array.from({ length: 12 }, () => storage.open());
        const outcomes = await Promise.allSettled(
          writers.map((writer, index) => putFile(writer, "7.bins-0.json", Buffer.from(`writer ${index % 2}`))),
        );
        expect(outcomes.filter((outcome) => outcome.status === "fulfilled" && outcome.value)).toHaveLength(1);
        expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(6);
        expect(await storage.names()).toEqual(["7.bins-0.json"]);
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
        await expect(putFile(files, name, Buffer.from(""))).rejects.toMatchObject({ code: "INVALID_NAME" });
        if (name === "timestamp.json") return;
        await expect(files.read(name)).rejects.toMatchObject({ code: "INVALID_NAME" });
      });
    });

    describe("the timestamp", () => {
      it("only rises", async () => {
        expect(await files.replaceTimestamp(3, timestampOf(3))).toBe(true);
        expect(await files.replaceTimestamp(3, timestampOf(3))).toBe(false);
        expect(await files.replaceTimestamp(2, timestampOf(2))).toBe(false);
        expect(await published()).toBe(3);
        expect(await files.replaceTimestamp(12, timestampOf(12))).toBe(true);
        expect(await published()).toBe(12);
        expect(await storage.names()).toEqual(["timestamp.json"]);
      });

      it("has one content per version and states its own version", async () => {
        await files.replaceTimestamp(3, timestampOf(3));
        await expect(files.replaceTimestamp(3, timestampOf(3, "other"))).rejects.toEqual(corrupt);
        await expect(files.replaceTimestamp(5, timestampOf(4))).rejects.toEqual(corrupt);
        await storage.put("timestamp.json", Buffer.from("not a timestamp"));
        await expect(files.replaceTimestamp(4, timestampOf(4))).rejects.toEqual(corrupt);
      });

      it("never falls, whoever races, ends at the highest and is whole at every instant", async () => {
        const writers = Array.from({ length: 4 }, () => storage.open());
        await files.replaceTimestamp(1, timestampOf(1));
        let ended = false;
        const seen: number[] = [];
        const reader = (async () => {
          while (!ended) seen.push(await published());
        })();
        const order = Array.from({ length: 60 }, (_, index) => ((index * 37) % 61) + 2);
        await Promise.all(
          writers.map(async (writer, mine) => {
            for (const [index, version] of order.entries()) {
              if (index % 4 === mine) await writer.replaceTimestamp(version, timestampOf(version));
            }
          }),
        );
        ended = true;
        await reader;
        expect(seen.length).toBeGreaterThan(0);
        expect(seen).toEqual(seen.toSorted((left, right) => left - right));
        expect(await published()).toBe(Math.max(...order));
      });

      it.each([
        ["cannot be read", Buffer.from("no timestamp")],
        ["is another one of its version", timestampOf(6, "other")],
        ["is older", timestampOf(5)],
        ["states a version far above", timestampOf(1_000_000, "damaged")],
      ])("is restored where what is there %s", async (_, there) => {
        await storage.put("timestamp.json", there);
        expect(await files.restore("timestamp.json", timestampOf(6), there)).toBe(true);
        expect(await files.restore("timestamp.json", timestampOf(6), there)).toBe(false);
        expect(Buffer.from((await files.read("timestamp.json"))!)).toEqual(timestampOf(6));
        expect(await files.replaceTimestamp(7, timestampOf(7))).toBe(true);
        expect(await storage.names()).toEqual(["timestamp.json"]);
      });

      it("is not taken back by a repair that comes late", async () => {
        await files.replaceTimestamp(7, timestampOf(7));
        expect(await files.restore("timestamp.json", timestampOf(6), Buffer.from("damaged"))).toBe(false);
        expect(await published()).toBe(7);
      });

      it("rises, whoever repairs it and whoever raises it meanwhile", async () => {
        const damaged = timestampOf(1_000_000, "damaged");
        await storage.put("timestamp.json", damaged);
        const repairs = [6, 7, 8].map((version) =>
          storage.open().restore("timestamp.json", timestampOf(version), damaged),
        );
        await Promise.all(repairs);
        await files.replaceTimestamp(8, timestampOf(8));
        expect(await published()).toBe(8);
        expect(await storage.names()).toEqual(["timestamp.json"]);
      });

      it("comes back when somebody deleted it", async () => {
        await files.replaceTimestamp(6, timestampOf(6));
        await storage.delete("timestamp.json");
        await files.replaceTimestamp(6, timestampOf(6));
        expect(await published()).toBe(6);
      });
    });
  });
}
