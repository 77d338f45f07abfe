import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ForeignDirectory } from "../../infrastructure/storage/foreign-directory.js";
import { importTufRepository } from "../../src/application/tuf/import/import-tuf-repository.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { foreignKey, foreignTarget, ForeignWriter } from "../conformance/foreign-repository.js";
import { onSqlBackends } from "./backends.js";
import { pathsOf, workerAt } from "./tuf-place.js";

const RETIRED = "0-f ü";

onSqlBackends((testDatabase) => {
  test("an import that was cut off is completed; roots, versions and retired roles are kept", async () => {
    const directory = await mkdtemp(join(tmpdir(), "distinction-import-"));
    const [metadata, keys] = [join(directory, "metadata"), join(directory, "keys")];
    const { database, ports } = workerAt({ url: testDatabase().url, metadata, keys });
    const writer = new ForeignWriter(join(directory, "source"));
    for (const role of ["targets", "snapshot", "timestamp"] as const) await ports.keys.importKey(writer.keys[role].pem);
    const former = writer.keys.root;
    await writer.root(1);
    writer.keys.root = foreignKey();
    await writer.root(2, [former, writer.keys.root]);
    await writer.root(3);
    const paths = pathsOf("imported", 300);
    await writer.targets("targets", 9, Object.fromEntries(paths.map((path) => [path, foreignTarget(path)])));
    writer.meta[`${RETIRED}.json`] = { version: 7 };
    await writer.snapshot(23, 41);

    const source = new ForeignDirectory(writer.directory);
    const request = { name: "imported", bins: 16 };
    let calls = 0;
    const accept: typeof ports.edits.accept = (name, bins) => {
      if (++calls === 1) return Promise.reject(new Error("lost"));
      return ports.edits.accept(name, bins);
    };
    await expect(importTufRepository({ ...ports, source, edits: { accept } }, request)).rejects.toThrow("lost");
    expect(await ports.trust.releasedRoot("imported")).toBe(0);
    const report = await importTufRepository({ ...ports, source }, request);
    expect(report).toMatchObject({ targets: paths.length, rootVersion: 3, expired: [] });
    await expect(importTufRepository({ ...ports, source }, request)).rejects.toMatchObject({
      code: "REPOSITORY_EXISTS",
    });

    const found: string[] = [];
    for await (const { path, target } of verifyTufRepository(ports, Date.now())) {
      expect(target.custom).toEqual(foreignTarget(path).custom);
      found.push(path);
    }
    expect(found.sort()).toEqual([...paths].sort());
    for (const root of ["1.root.json", "2.root.json", "3.root.json"]) {
      expect(await readFile(join(metadata, root))).toEqual(await readFile(join(writer.directory, root)));
    }
    const snapshot = await readFile(join(metadata, `${report.snapshotVersion}.snapshot.json`), "utf8");
    const { meta } = (JSON.parse(snapshot) as { signed: { meta: Record<string, { version: number }> } }).signed;
    expect(meta[`${RETIRED}.json`]).toEqual({ version: 7 });
    expect(meta["targets.json"]!.version).toBeGreaterThan(9);
    expect(Object.keys(meta)).toHaveLength(16 + 1 + 1);

    await database.close();
    await rm(directory, { recursive: true });
  });
});
