import { createRequire, syncBuiltinESMExports } from "node:module";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { DirectoryMetadataFiles } from "../../infrastructure/storage/directory-metadata-files.js";
import { fileCalls } from "../../infrastructure/storage/file-calls.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import { FakeClock } from "../support/fake-clock.js";
import { timestampOf } from "./metadata-files.js";

type Call = (...given: unknown[]) => Promise<unknown>;
const promises = createRequire(import.meta.url)("node:fs/promises") as Record<string, Call>;
const calls = fileCalls as unknown as Record<string, Call>;

/**
 * What a power failure would find, told from the calls that were made: SIGKILL alone proves nothing here, since what was
 * written stays in the system's memory. Content counts as durable from the `sync` of its file on, a name from the `sync` of its
 * directory on.
 */
class Disk {
  readonly #undo: (() => void)[] = [];
  /** By descriptor, or by what stands for it. */
  readonly #paths = new Map<unknown, string>();
  /** Files by the path under which they were opened for writing, and whether their content is durable. */
  readonly #contents = new Map<string, boolean>();
  /** Names that were given, with whether they are durable, in order. */
  readonly names = new Map<string, boolean>();
  /** Directories whose names for what they hold are durable. */
  readonly synced = new Set<string>();
  /** What was done in the wrong order. */
  readonly faults: string[] = [];

  async watch(): Promise<void> {
    const probe = await open(tmpdir());
    const handles = Object.getPrototypeOf(probe) as Record<string, Call>;
    await probe.close();
    this.#wrap(handles, "sync", (call, given, self) => this.#synced(self, () => call.apply(self, given)));
    this.#wrap(calls, "sync", (call, given) => this.#synced(given[0], () => call(...given)));
    for (const fs of [promises, calls]) {
      this.#wrap(fs, "open", async (call, given) => {
        const opened = await call(...given);
        this.#paths.set(opened, given[0] as string);
        if (given[1] !== "r") this.#contents.set(given[0] as string, false);
        return opened;
      });
      for (const name of ["link", "rename"]) {
        this.#wrap(fs, name, async (call, given) => {
          const [from, to] = given as [string, string];
          if (this.#contents.get(from) === false)
            this.faults.push(`${basename(to)} was named before its content was durable`);
          if (basename(to) === "timestamp.json") this.#expectNamesDurable();
          await call(...given);
          this.#contents.set(to, this.#contents.get(from) ?? true);
          this.names.set(to, false);
        });
      }
    }
    syncBuiltinESMExports();
  }

  end(): void {
    for (const undo of this.#undo) undo();
    syncBuiltinESMExports();
  }

  async #synced(opened: unknown, sync: () => Promise<unknown>): Promise<void> {
    const path = this.#paths.get(opened)!;
    const before = [...this.names].filter(([name, isDurable]) => !isDurable && dirname(name) === path);
    await sync();
    if (this.#contents.has(path)) this.#contents.set(path, true);
    else this.synced.add(path);
    for (const [name] of before) this.names.set(name, true);
  }

  /** Names given in the directory itself that a power failure could still take back. */
  lost(directory: string): readonly string[] {
    return [...this.names]
      .filter(([name, isDurable]) => dirname(name) === directory && !isDurable)
      .map(([name]) => basename(name));
  }

  #expectNamesDurable(): void {
    for (const [name, isDurable] of this.names) {
      if (!isDurable && /^\d+\.[^/]*[a-z]\.json$/.test(basename(name)) && !dirname(name).endsWith(".timestamps")) {
        this.faults.push(`timestamp.json was named before the name of ${basename(name)} was durable`);
      }
    }
  }

  #wrap(
    on: Record<string, Call>,
    name: string,
    around: (call: Call, given: unknown[], self: unknown) => Promise<unknown>,
  ) {
    const original = on[name]!;
    this.#undo.push(() => void (on[name] = original));
    on[name] = function (this: unknown, ...given: unknown[]) {
      return around(original, given, this);
    };
  }
}

const file = (name: string) => ({ name, bytes: Buffer.from(name) });

describe("files in a directory are durable", () => {
  let directory: string;
  let disk: Disk;
  let files: DirectoryMetadataFiles;
  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), "distinction-durable-")), "a", "metadata");
    disk = new Disk();
    await disk.watch();
    files = new DirectoryMetadataFiles(directory, new FakeClock(Date.now()));
  });
  afterEach(async () => {
    disk.end();
    await rm(join(directory, "..", ".."), { recursive: true });
  });

  it("together with the directories that were made for them", async () => {
    await files.putAll([[file("1.root.json")]]);
    const [grandparent, parent] = [join(directory, "..", ".."), join(directory, "..")];
    expect([...disk.synced]).toEqual(expect.arrayContaining([grandparent, parent, directory]));
    await files.replaceTimestamp(1, timestampOf(1));
    expect(disk.names.get(join(directory, "timestamp.json"))).toBe(true);
  });

  it("as keys are that were made", async () => {
    const keys = new KeyFiles(join(directory, "keys"), new JsonMetadataCodec());
    const { keyId } = await keys.generate();
    expect([...disk.names]).toEqual([[join(directory, "keys", `${keyId}.pem`), true]]);
    expect(disk.faults).toEqual([]);
  });

  /** In the order in which they came. */
  const names = () =>
    [...disk.names.keys()].filter((path) => dirname(path) === directory).map((path) => basename(path));

  /** Those of one phase are put side by side, in any order. */
  const expectDurable = (...expected: readonly string[]) => {
    expect(names().sort()).toEqual(expected);
    expect(disk.lost(directory)).toEqual([]);
    expect(disk.faults).toEqual([]);
  };

  it("once they are put: content before its name, and the name when the call answers", async () => {
    await files.putAll([[file("2.bins-0.json"), file("2.bins-1.json")], [file("2.snapshot.json")]]);
    expect(names().at(-1)).toBe("2.snapshot.json");
    expectDurable("2.bins-0.json", "2.bins-1.json", "2.snapshot.json");
  });

  it("once they are put that were written ahead", async () => {
    await files.prepare([
      file("2.bins-0.json"),
      file("2.snapshot.json"),
      { name: "timestamp.json", bytes: timestampOf(2) },
    ]);
    await files.putAll([[file("2.bins-0.json")], [file("2.snapshot.json")]]);
    await files.replaceTimestamp(2, timestampOf(2));
    expectDurable("2.bins-0.json", "2.snapshot.json", "timestamp.json");
  });

  it("before the timestamp that leads to them, which is durable itself when the call answers", async () => {
    await files.putAll([[file("2.bins-0.json")], [file("2.snapshot.json")]]);
    await files.replaceTimestamp(2, timestampOf(2));
    expectDurable("2.bins-0.json", "2.snapshot.json", "timestamp.json");
  });

  it("once they are put back", async () => {
    const damaged = Buffer.from("damaged");
    await files.putAll([[{ name: "2.bins-0.json", bytes: damaged }]]);
    expect(await files.restore("2.bins-0.json", Buffer.from("content"), damaged)).toBe(true);
    expectDurable("2.bins-0.json");
  });

  it("also where somebody else was first, and may not have synced the name yet", async () => {
    const other = new DirectoryMetadataFiles(directory, new FakeClock(Date.now()));
    await other.putAll([[file("2.bins-0.json")]]);
    disk.names.set(join(directory, "2.bins-0.json"), false); // as if it had stopped before its own sync
    expect(await files.putAll([[file("2.bins-0.json")]])).toEqual([]);
    expectDurable("2.bins-0.json");
  });
});
