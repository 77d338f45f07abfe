import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** What people run: `npm test` builds it first. */
const MAIN = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "distinction-images-"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function images(...parameters: string[]): Promise<Ended> {
  const process = spawn(globalThis.process.execPath, [MAIN, "images", ...parameters], { stdio: "pipe" });
  const texts = { out: "", err: "" };
  process.stdout.on("data", (chunk: Buffer) => (texts.out += chunk.toString()));
  process.stderr.on("data", (chunk: Buffer) => (texts.err += chunk.toString()));
  const [code] = (await once(process, "close")) as [number | null];
  return { code, ...texts };
}

const path = (name: string): string => join(place, name);
const into = (name: string): string[] => ["--database", `sqlite:${path(name)}`];

const id = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;

function line(index: number): string {
  return JSON.stringify({
    id: id(index),
    name: `image ${index} 🎉`,
    status: "active",
    diskFormat: "raw",
    size: index,
    createdAt: "2026-01-01T00:00:00.000Z",
    properties: { __proto__x: "y", n: String(index) },
    tags: ["t"],
    locations: [{ id: "one", url: `file:///${index}`, metadata: { a: [1] } }],
  });
}

describe("distinction images", () => {
  test("a catalogue survives import and export, byte for byte", { timeout: 60_000 }, async () => {
    await writeFile(path("in.jsonl"), Array.from({ length: 260 }, (_, index) => line(index)).join("\n"));
    expect(await images("import", path("in.jsonl"), ...into("a.db"))).toMatchObject({
      code: 0,
      err: expect.stringContaining("260 imported, 0 there already, 0 bad") as string,
    });
    expect((await images("export", path("out.jsonl"), ...into("a.db"))).code).toBe(0);
    await images("import", path("out.jsonl"), ...into("b.db"));
    const again = await images("export", "-", ...into("b.db"));
    expect(again.out).toBe(await readFile(path("out.jsonl"), "utf8"));
    const documents = again.out.trimEnd().split("\n");
    expect(documents).toHaveLength(260);
    expect(JSON.parse(documents[7]!)).toMatchObject(JSON.parse(line(7)) as object);
  });

  test("bad lines are told by number and reason, and the rest is imported", { timeout: 60_000 }, async () => {
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
    expect(told.sort()).toEqual([
      "line 11: no UTF-8",
      "line 2: no JSON",
      "line 4: an object with an image is needed",
      "line 5: name: text, got number",
      'line 6: properties["owner"]: key: a property name that is not reserved, got owner',
      "line 7: colour: unknown attribute of image",
      "line 8: tags: at most 128, got 129",
      "line 9: id: a value is required",
    ]);
    expect(err).toContain("2 imported, 0 there already, 8 bad");
  });

  test("an import that was stopped goes on when it is run again", { timeout: 60_000 }, async () => {
    const lines = Array.from({ length: 150 }, (_, index) => line(index));
    await writeFile(path("half.jsonl"), lines.slice(0, 120).join("\n"));
    await writeFile(path("whole.jsonl"), lines.join("\n"));
    await images("import", path("half.jsonl"), ...into("d.db"));
    const { err } = await images("import", path("whole.jsonl"), ...into("d.db"));
    expect(err).toContain("30 imported, 120 there already, 0 bad");
  });

  test("an export that was stopped goes on behind its last whole line", { timeout: 60_000 }, async () => {
    const whole = await readFile(path("out.jsonl"), "utf8");
    await writeFile(path("part.jsonl.part"), whole.slice(0, Math.floor(whole.length / 3)));
    expect((await images("export", path("part.jsonl"), ...into("a.db"))).code).toBe(0);
    expect(await readFile(path("part.jsonl"), "utf8")).toBe(whole);
  });

  test("a reader that goes away ends an export quietly", { timeout: 60_000 }, async () => {
    const process = spawn(globalThis.process.execPath, [MAIN, "images", "export", "-", ...into("a.db")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let err = "";
    process.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    process.stdout.destroy();
    const [code] = (await once(process, "close")) as [number | null];
    expect(err).not.toContain("EPIPE");
    expect(code).toBe(141);
  });

  test("Ctrl-C ends it between two batches, and says how to go on", { timeout: 60_000 }, async () => {
    const process = spawn(globalThis.process.execPath, [MAIN, "images", "import", "-", ...into("e.db")], {
      stdio: "pipe",
    });
    let err = "";
    process.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    // Bad lines are told as they are read: once one is, the program is at work and its handler in place.
    process.stdin.write("{\n");
    while (!err.includes("line 1")) await once(process.stderr, "data");
    process.kill("SIGINT"); // while it waits for more
    const [code] = (await once(process, "close")) as [number | null];
    expect(code).toBe(130);
    expect(err).toContain("Stopped; run it again to go on.");
  });

  test("a full disk is told as such", { timeout: 60_000 }, async () => {
    const process = spawn("sh", [
      "-c",
      `"${globalThis.process.execPath}" "${MAIN}" images export - ${into("a.db").join(" ")} > /dev/full`,
    ]);
    let err = "";
    process.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const [code] = (await once(process, "close")) as [number | null];
    expect(code).toBe(1);
    expect(err).toContain("no space left; make some and run it again to go on");
  });

  test("a file that is not there is told", { timeout: 60_000 }, async () => {
    const { code, err } = await images("import", path("nowhere"), ...into("f.db"));
    expect(code).toBe(1);
    expect(err).toContain("ENOENT");
  });
});
