import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { foreignTarget, ForeignWriter } from "../conformance/foreign-repository.js";
import { onSqlBackends } from "../integration/backends.js";
import { TufCli } from "./tuf-cli.js";

// Each command is a process of its own.
vi.setConfig({ testTimeout: 120_000 });

onSqlBackends((testDatabase) => {
  let place: string;
  let tuf: TufCli;
  let writer: ForeignWriter;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), "distinction-tuf-"));
    tuf = new TufCli(place, { DISTINCTION_DATABASE: testDatabase().url });
    writer = new ForeignWriter(join(place, "theirs"));
    await writer.root(1);
    const paths = Array.from({ length: 30 }, (_, index) => `file-${index}`);
    await writer.targets("targets", 4, Object.fromEntries(paths.map((path) => [path, foreignTarget(path)])));
    await writer.snapshot(7, 9);
  });
  afterEach(() => rm(place, { recursive: true, force: true }));

  test("a repository of other tools is taken over, told what is missing, and goes on from there", async () => {
    const lacking = await tuf.run("import", "theirs", "--bins", "4", "--json");
    expect(lacking.code).toBe(1);
    expect(JSON.parse(lacking.stdout)).toMatchObject({ error: { code: "KEY_NOT_FOUND" } });
    for (const role of ["targets", "snapshot", "timestamp"] as const) {
      await writeFile(join(place, `${role}.pem`), writer.keys[role].pem);
      await tuf.json("key", "import", `${role}.pem`);
    }
    const report = await tuf.json("import", "theirs", "--bins", "4", "--bins-by-prefix");
    expect(report).toMatchObject({ name: "default", bins: 4, targets: 30, rootVersion: 1, expired: [] });
    expect(report["snapshotVersion"]).toBeGreaterThan(7);
    expect(await tuf.json("verify")).toMatchObject({ targets: 30, bins: 4, rootVersion: 1 });

    const again = await tuf.run("import", "theirs", "--bins", "4");
    expect(again).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/4 bins, listed by hash prefixes, and for good \(REPOSITORY_EXISTS/) as string,
    });
    expect((await tuf.run("import", "nowhere", "--name", "other", "--storage", "other")).code).toBe(1);
    expect((await tuf.run("import", "theirs", "--bins", "0")).code).toBe(2);

    await tuf.json("remove", "file-0");
    await tuf.json("publish");
    expect(await tuf.json("verify")).toMatchObject({ targets: 29 });
  });
});
