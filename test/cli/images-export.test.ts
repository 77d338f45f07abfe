import { watch } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { begin, images, line, lines, type Run } from "./images-cli.js";

let place: string;
let whole: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "distinction-export-"));
  // Enough to be stopped on the way.
  await writeFile(path("in.jsonl"), lines(1_500, { long: "x".repeat(20_000) }).join("\n"));
  await images("import", path("in.jsonl"), ...from("a.db"));
  whole = (await images("export", "-", ...from("a.db"))).out;
  await writeFile(path("other.jsonl"), line(7));
  await images("import", path("other.jsonl"), ...from("b.db"));
}, 120_000);
afterAll(() => rm(place, { recursive: true, force: true }));
beforeEach(async () => {
  for (const name of await readdir(place)) if (name.startsWith("out.jsonl")) await rm(path(name));
});

const path = (name: string): string => join(place, name);
const from = (name: string): string[] => ["--database", `sqlite:${path(name)}`];
const exported = (): Promise<string> => readFile(path("out.jsonl"), "utf8");
const left = async (): Promise<string[]> =>
  (await readdir(place)).filter((name) => name.startsWith("out.jsonl")).sort();

/** An export into `out.jsonl` that has written some images. */
async function underWay(): Promise<Run> {
  const watcher = watch(place);
  const run = begin("export", path("out.jsonl"), ...from("a.db"));
  const hasBegun = async (): Promise<boolean> =>
    stat(path("out.jsonl.part")).then(
      ({ size }) => size > 0,
      () => false,
    );
  try {
    while (!(await hasBegun())) await new Promise((resolve) => watcher.once("change", resolve));
  } finally {
    watcher.close();
  }
  return run;
}

describe("an export into a file", { timeout: 60_000 }, () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGKILL", null],
  ] as const)("that %s stopped goes on where it was, and leaves nothing beside its file", async (signal, code) => {
    const run = await underWay();
    run.process.kill(signal);
    expect((await run.ended).code).toBe(code);
    expect(await left()).toEqual(expect.arrayContaining(["out.jsonl.part", "out.jsonl.part.source"]));
    const before = (await stat(path("out.jsonl.part"))).size;
    expect(before).toBeLessThan(Buffer.byteLength(whole));
    const again = await images("export", path("out.jsonl"), ...from("a.db"));
    expect(again.code).toBe(0);
    expect(Number(/exporting \(images\) +1500\/1500 \((\d+) before\)/.exec(again.err)![1])).toBeGreaterThan(0);
    expect(await exported()).toBe(whole);
    expect(await left()).toEqual(["out.jsonl"]);
  });

  test("goes on behind its last whole line, or from the start where it has none", async () => {
    for (const length of [Math.floor(whole.length / 3), 10, 0]) {
      await writeFile(path("out.jsonl.part"), whole.slice(0, length));
      await writeFile(path("out.jsonl.part.source"), path("a.db"));
      expect((await images("export", path("out.jsonl"), ...from("a.db"), "--force")).code).toBe(0);
      expect(await exported()).toBe(whole);
    }
  });

  test("that another process writes is left to it", async () => {
    const first = await underWay();
    first.process.kill("SIGSTOP");
    const second = await images("export", path("out.jsonl"), ...from("a.db"));
    expect(second).toMatchObject({
      code: 2,
      err: expect.stringContaining(`another export (process ${first.process.pid}) writes`) as string,
    });
    first.process.kill("SIGCONT");
    expect((await first.ended).code).toBe(0);
    expect(await exported()).toBe(whole);
  });

  test.each([
    ["another database", () => [whole.slice(0, whole.indexOf("\n") + 1), path("b.db")], "it was begun from"],
    ["somebody else", () => ["junk\n", undefined], "it was not begun by an export"],
    ["whoever wrote an object into it", () => ['{"x":1}\n', path("a.db")], "its last line is no image"],
    ["whoever wrote null into it", () => ["null\n", path("a.db")], "its last line is no image"],
    ["whoever wrote no JSON into it", () => ["junk\n", path("a.db")], "its last line is no image"],
  ] as const)("does not go on behind what %s left", async (_, parts, reason) => {
    const [part, source] = parts();
    await writeFile(path("out.jsonl.part"), part!);
    if (source !== undefined) await writeFile(path("out.jsonl.part.source"), source);
    const { code, err } = await images("export", path("out.jsonl"), ...from("a.db"));
    expect(code).toBe(2);
    expect(err).toContain(`out.jsonl.part cannot be continued: ${reason}`);
    expect(err).toContain("remove it to start anew");
    expect(await readFile(path("out.jsonl.part"), "utf8")).toBe(part);
    expect(await left()).not.toContain("out.jsonl.part.pid");
  });
});
