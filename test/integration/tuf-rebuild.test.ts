import { join } from "node:path";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { DirectoryMetadataFiles } from "../../infrastructure/storage/directory-metadata-files.js";
import { S3MetadataFiles } from "../../infrastructure/storage/s3-metadata-files.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import { exportTufRepository } from "../../src/application/tuf/publish/export-tuf-repository.js";
import { proposeRoot } from "../../src/application/tuf/trust/propose-root.js";
import { PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import type { TufPorts } from "../../src/application/tuf/tuf-repository-service.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { S3Server } from "../support/s3-server.js";
import { onSqlBackends } from "./backends.js";
import { contentOf, pathsOf, type TufWorker, workerAt } from "./tuf-place.js";

/** Where files are published, with a way to look at all of them and to lose them. */
interface LosableStorage {
  readonly files: MetadataFiles;
  content(): Promise<ReadonlyMap<string, string>>;
  lose(...names: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

async function inDirectory(): Promise<LosableStorage> {
  const directory = await mkdtemp(join(tmpdir(), "distinction-rebuild-"));
  return {
    files: new DirectoryMetadataFiles(directory, systemClock),
    content: async () => {
      const names = (await readdir(directory)).filter((name) => !name.startsWith("."));
      const texts = names.map(async (name) => [name, await readFile(join(directory, name), "latin1")] as const);
      return new Map(await Promise.all(texts));
    },
    lose: async (...names) => {
      for (const name of names) await rm(join(directory, name));
    },
    remove: () => rm(directory, { recursive: true }),
  };
}

async function inS3(): Promise<LosableStorage> {
  const server = await S3Server.start();
  const client = server.client();
  return {
    files: new S3MetadataFiles(client, { bucket: server.bucket }),
    content: () => {
      const objects = [...server.objects].filter(([name]) => !name.startsWith("."));
      return Promise.resolve(new Map(objects.map(([name, bytes]) => [name, Buffer.from(bytes).toString("latin1")])));
    },
    lose: (...names) => {
      for (const name of names) server.objects.delete(name);
      return Promise.resolve();
    },
    remove: () => {
      client.destroy();
      return server.close();
    },
  };
}

onSqlBackends((testDatabase) => {
  describe.each([
    ["a directory", inDirectory],
    ["S3", inS3],
  ])("published files in %s, lost", (what, open) => {
    const name = what === "S3" ? "in-s3" : "in-directory";
    let storage: LosableStorage;
    let worker: TufWorker;
    let ports: TufPorts;
    let keys: string;
    beforeEach(async () => {
      storage = await open();
      keys = await mkdtemp(join(tmpdir(), "distinction-keys-"));
      worker = workerAt({ url: testDatabase().url, metadata: "", keys });
      ports = { ...worker.ports, files: storage.files, keys: new KeyFiles(keys, new JsonMetadataCodec()) };
    });
    afterEach(async () => {
      await worker.database.close();
      await storage.remove();
      await rm(keys, { recursive: true });
    });

    test("come back from the database alone, byte for byte, all at once or what is missing", async () => {
      const paths = pathsOf("rebuilt", 40);
      await createTufRepository(ports, { name, bins: 4 });
      const publish = (): Promise<unknown> => new PublishTufRepository(ports).publish(name);
      for (let round = 0; round < 4; round++) {
        const some = paths.slice(10 * round, 10 * round + 10);
        await addTargets(ports, name, new Map(some.map((path) => [path, contentOf(path)])));
        await publish();
      }
      await removeTargets(ports, name, paths.slice(0, 5));
      const key = await ports.keys.generate();
      const added = { change: "add-key", role: "timestamp", keyId: key.keyId, key: key.publicKey } as const;
      await proposeRoot(ports, name, { changes: [added] });
      await signRoot(ports, name);
      await publish();

      const published = await storage.content();
      const current = await currentFiles(ports, published);
      expect(current.size).toBe(2 + 1 + 1 + 1 + 4);

      await storage.lose(...published.keys());
      expect(await storage.content()).toEqual(new Map());
      await exportTufRepository(ports, name);
      expect(await storage.content()).toEqual(current);

      const verified = new Set<string>();
      for await (const target of verifyTufRepository(ports, Date.now())) verified.add(target.path);
      expect([...verified].sort()).toEqual(paths.slice(5).sort());
      expect((await exportTufRepository(ports, name)).filesWritten).toEqual([]);

      await storage.lose("timestamp.json", "1.root.json");
      await exportTufRepository(ports, name);
      expect(await storage.content()).toEqual(current);
    });
  });
});

/** Every root, the timestamp, and what it leads to. */
async function currentFiles(
  ports: TufPorts,
  published: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const parsed = (file: string) =>
    JSON.parse(Buffer.from(published.get(file)!, "latin1").toString("utf8")) as {
      signed: { meta: Record<string, { version: number }> };
    };
  const snapshot = `${parsed("timestamp.json").signed.meta["snapshot.json"]!.version}.snapshot.json`;
  const listed = Object.entries(parsed(snapshot).signed.meta).map(([file, { version }]) => `${version}.${file}`);
  const roots = [...published.keys()].filter((file) => file.endsWith(".root.json"));
  const names = new Set(["timestamp.json", snapshot, ...listed, ...roots]);
  return new Map([...published].filter(([file]) => names.has(file)));
}
