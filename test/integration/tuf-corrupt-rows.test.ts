import { expect, test } from "vitest";
import { PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { onSqlBackends } from "./backends.js";
import { publishedTargets } from "./tuf-invariants.js";
import { contentOf, pathsOf, REPOSITORY, tufWorkerOfEachTest } from "./tuf-place.js";

onSqlBackends((testDatabase, backend) => {
  const worker = tufWorkerOfEachTest(() => testDatabase().url);

  const corrupted = (path: string, custom: string) =>
    worker().database.session((session) =>
      session.run({ sql: "UPDATE tuf_target SET custom = ? WHERE path = ?", parameters: [custom, path] }),
    );
  const add = (...paths: readonly string[]) =>
    addTargets(worker().ports, REPOSITORY, new Map(paths.map((path) => [path, contentOf(path)])));
  const publish = () => new PublishTufRepository(worker().ports).publish(REPOSITORY);

  test("a target whose row somebody broke is named, and holds up no other bin", async () => {
    const [broken, beside] = pathsOf("packages", 2, "bins-0") as [string, string];
    const elsewhere = pathsOf("packages", 3, "bins-2");
    await add(broken, beside, ...elsewhere);
    await corrupted(broken, "[1]");
    await expect(publish()).rejects.toMatchObject({
      code: "CORRUPT_REPOSITORY",
      message: expect.stringContaining(broken),
    });
    expect([...(await publishedTargets(worker())).keys()].sort()).toEqual(elsewhere.toSorted());
    await expect(add(broken)).rejects.toMatchObject({ code: "CORRUPT_REPOSITORY" });
  });

  // Servers accept nothing but JSON in this column.
  const text = backend === "SQLite" ? "{" : "null";
  test(`so is ${text} in place of an object`, async () => {
    await add("one");
    await corrupted("one", text);
    await expect(publish()).rejects.toMatchObject({ code: "CORRUPT_REPOSITORY" });
  });
});
