import { execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDistinction } from "../../src/composition/open-distinction.js";
import { begin, beginInShell, id, images, line, lines } from "./images-cli.js";

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "distinction-images-"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

const path = (name: string): string => join(place, name);
const into = (name: string): string[] => ["--database", `sqlite:${path(name)}`];

describe("distinction images", { timeout: 60_000 }, () => {
  test("a catalogue survives import and export, byte for byte", async () => {
    await writeFile(path("in.jsonl"), lines(260).join("\n"));
    expect(await images("import", path("in.jsonl"), ...into("a.db"))).toMatchObject({
      code: 0,
      err: expect.stringContaining("260 imported, 0 there already (0 otherwise), 0 removed before, 0 bad") as string,
    });
    expect((await images("export", path("out.jsonl"), ...into("a.db"))).code).toBe(0);
    await images("import", path("out.jsonl"), ...into("b.db"));
    const again = await images("export", "-", ...into("b.db"));
    expect(again.out).toBe(await readFile(path("out.jsonl"), "utf8"));
    const documents = again.out.trimEnd().split("\n");
    expect(documents).toHaveLength(260);
    expect(JSON.parse(documents[7]!)).toMatchObject(JSON.parse(line(7)) as object);
  });

  test("an import is told the service's quotas, and refuses what is none", async () => {
    const tags = Array.from({ length: 200 }, (_, index) => `t${index}`);
    await writeFile(path("many.jsonl"), JSON.stringify({ id: id(0), tags, locations: [] }));
    const imported = (...quotas: string[]): ReturnType<typeof images> =>
      images("import", path("many.jsonl"), ...into("quotas.db"), ...quotas.flatMap((quota) => ["--quota", quota]));
    expect((await imported()).err).toContain("line 1: tags: at most 128, got 200");
    expect((await imported("tags=500", "tags=199", "locations=0")).err).toContain("at most 199, got 200");
    for (const odd of ["tags", "tags=", "tags=-2", "tags=1.5", "tag=5", "constructor=5", "tags=1,members=2"]) {
      const refused = await imported(odd);
      expect([odd, refused.code]).toEqual([odd, 2]);
      expect(refused.err).toContain("It is one of properties, tags, locations, members, and a number");
    }
    expect(await imported("members=1", "tags=-1")).toMatchObject({ code: 0 });
  });

  test("a catalogue that is not there is told in one line", async () => {
    const failed = await images("import", path("nofile"), ...into("nofile.db"));
    const reason = `there is no file ${path("nofile")}`;
    expect(failed).toEqual({ code: 2, out: "", err: `distinction images import: ${reason}\n` });
    expect((await images("import", place, ...into("nofile.db"))).err).toContain("is a directory\n");
    expect(await readdir(place)).not.toContain("nofile.db");
  });

  test("bad lines are told by number and reason, in their order, and the rest is imported", async () => {
    const bad = [
      line(0),
      "{",
      "",
      "[]",
      JSON.stringify({ id: id(1), name: 5 }),
      JSON.stringify({ id: id(2), properties: { owner: "reserved" } }),
      JSON.stringify({ id: id(3), colour: "red" }),
      JSON.stringify({ id: id(4), tags: Array.from({ length: 129 }, (_, index) => String(index)) }),
      JSON.stringify({ name: "no id" }),
      line(5),
    ];
    const bytes = Buffer.concat([Buffer.from(bad.join("\r\n")), Buffer.from([0x0a, 0xff, 0xfe, 0x0a])]);
    await writeFile(path("bad.jsonl"), bytes);
    const { code, err } = await images("import", path("bad.jsonl"), ...into("c.db"));
    expect(code).toBe(1);
    const told = err.split("\n").filter((one) => one.startsWith("line "));
    expect(told.map((one) => one.split(":")[0])).toEqual([2, 4, 5, 6, 7, 8, 9, 11].map((number) => `line ${number}`));
    expect(told).toEqual(
      expect.arrayContaining([
        expect.stringContaining("line 2: no JSON, from character "),
        "line 4: an object with an image is needed",
        "line 7: colour: unknown attribute of image",
        "line 8: tags: at most 128, got 129",
        "line 11: no UTF-8",
      ]),
    );
    expect(err).toContain("2 imported, 0 there already (0 otherwise), 0 removed before, 8 bad");
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends an import between two batches; run again, it goes on", async (signal, expected) => {
    const database = into(`${signal}.db`);
    const run = begin("import", "-", ...database);
    const whole = lines(150);
    run.process.stdin!.write(`${["{", ...whole.slice(0, 120)].join("\n")}\n`);
    await run.says("line 1"); // lines are told once their batch is stored, here that of 99 images
    run.process.kill(signal); // while it waits for more
    const { code, err } = await run.ended;
    expect(code).toBe(expected);
    expect(err).toContain("Stopped; run it again to go on.");
    await writeFile(path("whole.jsonl"), whole.join("\n"));
    const again = await images("import", path("whole.jsonl"), ...database);
    expect(again.err).toContain("51 imported, 99 there already (0 otherwise)");
  });

  test("a pipe with a name has no total", async () => {
    execFileSync("mkfifo", [path("pipe")]);
    const run = begin("import", path("pipe"), ...into("f.db"));
    createWriteStream(path("pipe")).end(line(0));
    const { code, err } = await run.ended;
    expect([code, err]).toMatchObject([0, expect.stringMatching(/importing \(bytes\) +\d+ {2}\d/)]);
  });

  test("a reader that goes away ends an export quietly", async () => {
    const run = begin("export", "-", ...into("a.db"));
    run.process.stdout!.destroy();
    const { code, err } = await run.ended;
    expect([code, err]).toEqual([141, ""]);
  });

  test("a full disk is told as such, with how to go on", async () => {
    const full = "no space left; make some and run it again to go on";
    const exported = await beginInShell(["export", "-", ...into("a.db")], "> /dev/full").ended;
    expect([exported.code, exported.err]).toMatchObject([1, expect.stringContaining(full)]);
  });

  test.each([
    ["import", "nowhere", "a.db", 2, "there is no file"],
    ["export", "x.jsonl", "mistyped/nowhere.db", 2, "there is no database"],
    ["export", ".", "a.db", 2, "is no file; - writes to standard output"],
    ["export", "in.jsonl", "a.db", 2, "is there already; --force overwrites it"],
    ["export", "x.jsonl", "foreign.db", 1, "lacks migrations"],
  ])("%s %s from %s ends with %d: %s", async (command, file, database, code, message) => {
    await writeFile(path("foreign.db"), "");
    await writeFile(path("in.jsonl"), "kept");
    const before = await readdir(place);
    const ended = await images(command, path(file), ...into(database));
    expect(ended).toMatchObject({ code, err: expect.stringContaining(message) as string });
    expect((await readdir(place)).filter((name) => !before.includes(name) && !name.startsWith("foreign"))).toEqual([]);
    expect(await readFile(path("in.jsonl"), "utf8")).toBe("kept");
  });

  test("purge takes removed images away, and an import brings none of them back", async () => {
    await writeFile(path("purged.jsonl"), lines(120).join("\n"));
    await images("import", path("purged.jsonl"), ...into("p.db"));
    const { images: stored, close } = openDistinction({ database: `sqlite:${path("p.db")}` });
    for (let index = 0; index < 60; index++) await stored.remove(await stored.get(id(index)));
    await close();
    expect((await images("export", "-", ...into("p.db"))).err).toMatch(/exporting \(images\) +60\/60 /);
    expect(await images("purge", ...into("p.db"))).toMatchObject({ code: 0, err: "60 purged\n" });
    expect(await images("purge", ...into("p.db"))).toMatchObject({ code: 0, err: "0 purged\n" });
    expect((await images("import", path("purged.jsonl"), ...into("p.db"))).err).toContain(
      "0 imported, 60 there already (0 otherwise), 60 removed before, 0 bad",
    );
    expect(await images("purge", ...into("nowhere.db"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("there is no database") as string,
    });
  });

  test("--force overwrites a file", async () => {
    await writeFile(path("old.jsonl"), "old");
    expect((await images("export", path("old.jsonl"), ...into("a.db"), "--force")).code).toBe(0);
    expect(await readFile(path("old.jsonl"), "utf8")).toBe((await images("export", "-", ...into("a.db"))).out);
  });

  test("exporting migrates nothing", async () => {
    await mkdir(path("empty"));
    await writeFile(path("empty/empty.db"), "");
    const { err } = await images("export", path("empty/x.jsonl"), ...into("empty/empty.db"));
    expect(err).toContain("lacks migrations");
    expect(await readdir(path("empty"))).not.toContain("x.jsonl");
  });
});
