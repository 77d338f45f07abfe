import "reflect-metadata";
import { Container, inject, injectable } from "inversify";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NamedFile } from "../../domain/tuf/metadata-files.js";
import { DirectoryMetadataFiles } from "../../infrastructure/storage/directory-metadata-files.js";
import { distinctionModule, openDistinction, TOKENS } from "../../src/index.js";
import type { TufRepositoryService } from "../../src/tuf.js";
import { PollingClient } from "../conformance/polling-client.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";

@injectable()
class ReleaseService {
  constructor(@inject(TOKENS.TufRepository) private readonly tuf: TufRepositoryService) {}

  async release(path: string): Promise<number> {
    await this.tuf.add(new Map([[path, { length: 1, sha256: "ab".repeat(32) }]]));
    return (await this.tuf.publish()).snapshotVersion;
  }
}

describe.each([
  ["SQLite", createSqliteFile],
  ["a server", createServerDatabase],
] as const)("a service embeds a TUF repository on %s", (_, createDatabase) => {
  let place: TestDatabase;
  let directory: string;
  beforeEach(async () => {
    place = await createDatabase();
    directory = await mkdtemp(join(tmpdir(), "distinction-embedded-"));
  });
  afterEach(async () => {
    await place.drop();
    await rm(directory, { recursive: true });
  });

  const options = () => ({
    database: place.url,
    tuf: { name: "main", storage: join(directory, "metadata"), keys: join(directory, "keys") },
  });

  test("with storage of its own, which prepares what is published while the database commits", async () => {
    const prepared: string[] = [];
    class Watched extends DirectoryMetadataFiles {
      override prepare(files: readonly NamedFile[]): Promise<void> {
        prepared.push(...files.map(({ name }) => name));
        return super.prepare(files);
      }
    }
    const { database, tuf } = options();
    const storage = new Watched(tuf.storage, { now: () => Date.now() });
    const distinction = openDistinction({ database, tuf: { ...tuf, storage } });
    await distinction.tuf.create({ bins: 2 });
    await distinction.tuf.add(new Map([["one", { length: 1, sha256: "ab".repeat(32) }]]));
    await distinction.tuf.publish();
    await distinction.close();
    expect(prepared).toEqual(expect.arrayContaining(["2.snapshot.json", "timestamp.json"]));
  });

  test("by its token in a container, beside others over the same database", async () => {
    const container = new Container();
    const module = distinctionModule(options());
    container.load(module);
    container.bind(ReleaseService).toSelf();
    const tuf = container.get(TOKENS.TufRepository);
    expect(tuf).toBe(container.get(TOKENS.TufRepository));
    expect(await tuf.exists()).toBe(false);
    await tuf.create({ bins: 4 });
    const client = await PollingClient.over(join(directory, "metadata"));
    expect(await container.get(ReleaseService).release("one")).toBe(2);
    await client.poll();

    const other = openDistinction(options());
    await other.tuf.add(new Map([["two", { length: 2, sha256: "cd".repeat(32) }]]));
    await Promise.all([other.tuf.publish(), container.get(ReleaseService).release("three")]);
    await client.poll();
    const found: string[] = [];
    for await (const { path } of tuf.verify()) found.push(path);
    expect(found.sort()).toEqual(["one", "three", "two"]);
    expect(await tuf.status()).toMatchObject({ name: "main", isPublished: true });
    expect(await tuf.damaged()).toEqual([]);
    await client.stop();
    await other.close();
    await container.unloadAsync(module);
  });
});

describe("options of a TUF repository that callers without types get wrong", () => {
  const tuf = { storage: "metadata", keys: "keys" };

  test.each([
    ["no keys", { ...tuf, keys: undefined }, "keys"],
    ["no storage", { ...tuf, storage: undefined }, "storage"],
    ["a storage that lacks methods", { ...tuf, storage: { read: () => undefined } }, "putAll, replaceTimestamp"],
    ["keys without a directory", { ...tuf, keys: { passphrase: "secret" } }, "directory"],
    ["a misspelt name", { ...tuf, onstep: () => undefined }, "onstep"],
    ["a number for a name", { ...tuf, name: 7 }, "name"],
  ])("%s", (_, wrong, named) => {
    const options = { database: "sqlite::memory:", tuf: wrong as never };
    for (const open of [openDistinction, distinctionModule]) {
      expect(() => open(options)).toThrow(expect.objectContaining({ code: "INVALID_VALUE" }) as Error);
      expect(() => open(options)).toThrow(named);
    }
  });
});
