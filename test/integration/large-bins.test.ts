import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import { PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { onSqlite } from "./backends.js";
import { contentOf, pathsOf, REPOSITORY, workerAt } from "./tuf-place.js";

/** In two bins, each has more than the 32,766 values that one SQLite statement can be given. */
const TARGETS = 70_000;

onSqlite((database) => {
  test("bins of 35,000 targets are edited, signed, verified and emptied", async () => {
    const directory = await mkdtemp(join(tmpdir(), "distinction-large-"));
    const place = { url: database().url, metadata: join(directory, "metadata"), keys: join(directory, "keys") };
    const worker = workerAt(place);
    onTestFinished(async () => {
      await worker.database.close();
      await rm(directory, { recursive: true, force: true });
    });
    const { ports } = worker;
    await createTufRepository(ports, { name: REPOSITORY, bins: 2 });
    const targets = new Map(pathsOf("many", TARGETS).map((path) => [path, contentOf(path)]));
    const published = async (): Promise<ReadonlyMap<string, string>> => {
      await new PublishTufRepository(ports).publish(REPOSITORY);
      const found = new Map<string, string>();
      for await (const { path, target } of verifyTufRepository(ports, ports.clock.now())) {
        found.set(path, target.hashes.sha256!);
      }
      return found;
    };
    await addTargets(ports, REPOSITORY, targets);
    const first = await published();
    expect(first.size).toBe(TARGETS);
    for (const [path, { sha256 }] of targets) if (first.get(path) !== sha256) expect.unreachable(`${path} is wrong`);

    const [kept] = targets.keys();
    await removeTargets(ports, REPOSITORY, [...targets.keys()].slice(1));
    expect([...(await published()).keys()]).toEqual([kept]);
  }, 120_000);
});
