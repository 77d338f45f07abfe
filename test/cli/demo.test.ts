import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** What people run: `npm test` builds it first. */
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "distinction-demo-"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

function start(...parameters: string[]): {
  process: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
} {
  const process = spawn(globalThis.process.execPath, [MAIN, ...parameters], { stdio: "pipe" });
  let text = "";
  process.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  process.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(process, "close").then(([code]: unknown[]) => code as number | null);
  return { process, output: () => text, ended };
}

async function run(...parameters: string[]): Promise<{ code: number | null; output: string }> {
  const demo = start(...parameters);
  return { code: await demo.ended, output: demo.output() };
}

async function packages(name: string, files: Record<string, string>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(place, name, path, ".."), { recursive: true });
    await writeFile(join(place, name, path), content);
  }
  return join(place, name);
}

describe("distinction demo", () => {
  test("loses nothing, verifies everything, and changes nothing when it runs again", { timeout: 120_000 }, async () => {
    const directory = await packages("modules", {
      "left/package.json": JSON.stringify({ name: "left", version: "1.0.0", keywords: ["pad", "left"] }),
      "left/index.js": "export {};",
      "@scope/right/package.json": JSON.stringify({ name: "@scope/right", self: "reserved" }),
    });
    const state = join(place, "state");
    const first = await run("demo", directory, "--state", state);
    expect(first.output).toContain("Nothing was lost, everything was verified.");
    expect(first.output).toMatch(/changes only \(distinction\) +320 +0 /);
    expect(first.output).toMatch(/full writes \(for comparison\) +320 +[1-9]/);
    expect(first.output).toMatch(/records added +2\n/);
    expect(first.output).toMatch(/targets downloaded and verified by tuf-js +3\n/);
    expect(first.code).toBe(0);

    await rm(join(directory, "left/index.js"));
    const second = await run("demo", directory, "--state", state);
    expect(second.output).toMatch(/targets removed, their files being gone +1\n/);
    expect(second.code).toBe(0);

    const third = await run("demo", directory, "--state", state);
    expect(third.output).toMatch(/records unchanged.* +2\n/);
    expect(third.output).toMatch(/signed by this run +0\n/);
    expect(third.code).toBe(0);
  });

  test("uses what it can, names what it cannot, and says so in its exit code", { timeout: 60_000 }, async () => {
    const directory = await packages("odd", { "a/ok.txt": "ok", "a/package.json": "{ no JSON", "b/🎉.txt": "beyond" });
    await writeFile(join(directory, "b", "package.json"), "{}");
    await symlink("/nowhere", join(directory, "a", "dangling"));
    const { code, output } = await run("demo", directory, "--state", join(place, "odd-state"));
    expect(output).toContain("not used: a/package.json (not JSON)");
    expect(output).toMatch(/not used: b\/🎉.txt .*U\+FFFF/);
    expect(output).toMatch(/TUF targets published +3\n/);
    expect(code).toBe(1);
  });

  test.each([
    ["a directory that is not there", () => "nowhere", /nowhere cannot be read \(ENOENT\)/],
    [
      "a directory without files",
      () =>
        packages("empty", { "x/y": "" })
          .then(() => rm(join(place, "empty/x/y")))
          .then(() => "empty"),
      /holds no files/,
    ],
    ["a file", () => packages("file", { plain: "" }).then(() => "file/plain"), /cannot be read \(ENOTDIR\)/],
  ])("refuses %s", async (_, input, message) => {
    const { code, output } = await run("demo", join(place, await input()), "--state", join(place, "unused"));
    expect(output).toMatch(message);
    expect(code).toBe(1);
    expect(await readdir(place)).not.toContain("unused");
  });

  test("refuses arguments that it does not know, and shows its usage", async () => {
    const { code, output } = await run("demo", "a", "b");
    expect(output).toMatch(/too many arguments[^]*Usage: distinction demo/);
    expect(code).toBe(2);
  });

  test.each([
    ["npm start", "register packages", "npm"],
    ["the demo", "register packages", process.execPath],
    ["the demo", "changes only", process.execPath],
  ])(
    "Ctrl-C in a terminal, where all processes of %s get it after %j, leaves none of them behind",
    async (_, moment, program) => {
      const directory = await packages("group", { "p/package.json": "{}", "p/file": "content" });
      const state = await mkdtemp(join(place, "group-state-"));
      // Without npm's prestart, which would build what other tests are running.
      const command = program === "npm" ? ["start", "--silent", "--ignore-scripts", "--"] : [MAIN, "demo"];
      const demo = spawn(program, [...command, directory, "--state", state], {
        cwd: ROOT,
        detached: true,
        stdio: "pipe",
      });
      let text = "";
      const ended = once(demo, "close");
      for (const stream of [demo.stdout, demo.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      while (!text.includes(moment)) await once(demo.stdout, "data");
      process.kill(-demo.pid!, "SIGINT");
      const [code, signal] = (await ended) as [number | null, string | null];
      // npm ends itself by the signal, which a shell shows as 130, too.
      expect(signal === "SIGINT" ? 130 : code, text).toBe(130);
      expect(() => process.kill(-demo.pid!, 0)).toThrow("ESRCH");
      expect(await readdir(state)).not.toContain("demo.pid");
      expect((await run("demo", directory, "--state", state)).code).toBe(0);
    },
    120_000,
  );

  test("keeps its state to itself, until it ends or is killed", { timeout: 120_000 }, async () => {
    const directory = await packages("locked", { "p/package.json": "{}", "p/file": "content" });
    const state = join(place, "locked-state");
    const first = start("demo", directory, "--state", state);
    await once(first.process.stdout!, "data");
    const second = await run("demo", directory, "--state", state);
    expect(second.output).toContain(`${state} is in use by another demo (process ${first.process.pid})`);
    expect(second.code).toBe(1);
    expect(await readFile(join(state, "demo.pid"), "utf8")).toBe(String(first.process.pid));
    first.process.kill("SIGKILL");
    await first.ended;
    expect(await readdir(state)).toContain("demo.pid");
    expect((await run("demo", directory, "--state", state)).code).toBe(0);
    expect((await readdir(state)).filter((name) => name.startsWith("demo.pid"))).toEqual([]);
  });

  test("stops at Ctrl-C, and the next run completes what it left", { timeout: 120_000 }, async () => {
    const directory = await packages("stopped", { "p/package.json": "{}", "p/file": "content" });
    const state = join(place, "stopped-state");
    const demo = start("demo", directory, "--state", state);
    while (!demo.output().includes("register packages")) await once(demo.process.stdout!, "data");
    demo.process.kill("SIGINT");
    expect(await demo.ended).toBe(130);
    expect(demo.output()).toContain("Stopped; run it again to go on.");
    expect((await run("demo", directory, "--state", state)).code).toBe(0);
  });
});
