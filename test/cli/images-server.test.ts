import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";
import { begin, images, lines } from "./images-cli.js";

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "distinction-images-server-"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

const path = (name: string): string => join(place, name);

describe.each([
  ["SQLite", createSqliteFile],
  ["a server", createServerDatabase],
] as const)("distinction images on %s", { timeout: 60_000 }, (_, create) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await create();
  });
  afterAll(() => database.drop());

  test("an import that was killed goes on, and what it leads to is exported whole", async () => {
    const into = ["--database", database.url];
    const whole = lines(230);
    const run = begin("import", "-", ...into);
    run.process.stdin!.write(`${["{", ...whole.slice(0, 150)].join("\n")}\n`);
    await run.says("line 1"); // lines are told once their batch is stored, here that of 99 images
    run.process.kill("SIGKILL");
    expect((await run.ended).code).toBeNull();
    await writeFile(path("whole.jsonl"), whole.join("\n"));
    expect(await images("import", path("whole.jsonl"), ...into)).toMatchObject({
      code: 0,
      err: expect.stringContaining("131 imported, 99 there already (0 otherwise), 0 removed before, 0 bad") as string,
    });
    expect((await images("export", path("out.jsonl"), ...into, "--force")).code).toBe(0);
    const exported = (await readFile(path("out.jsonl"), "utf8")).trimEnd().split("\n");
    expect(exported).toHaveLength(230);
    for (const [index, line] of exported.entries()) {
      expect(JSON.parse(line)).toMatchObject(JSON.parse(whole[index]!) as object);
    }
    expect((await images("import", path("out.jsonl"), ...into)).err).toContain(
      "0 imported, 230 there already (0 other",
    );
  });
});
