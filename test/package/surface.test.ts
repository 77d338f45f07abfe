import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A directory in which this package is installed with everything but one package. */
async function installationWithout(missing: string): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), "distinction-install-"));
  const modules = join(place, "node_modules");
  await mkdir(modules);
  for (const name of await readdir(join(ROOT, "node_modules"))) {
    if (name !== missing) await symlink(join(ROOT, "node_modules", name), join(modules, name));
  }
  await mkdir(join(modules, "distinction"));
  for (const part of ["dist", "package.json"]) await symlink(join(ROOT, part), join(modules, "distinction", part));
  return place;
}

/** Runs a module as a user of the built package does: Node resolves `distinction` to this package by its own name. */
async function asUser(code: string): Promise<string> {
  const root = new URL("../..", import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { cwd: root });
  return stdout.trim();
}

const exportsOf = (entry: string): Promise<string> =>
  asUser(`console.log(Object.keys(await import("${entry}")).sort().join(" "))`);

describe("the published surface", () => {
  test("is what it was", async () => {
    expect((await exportsOf("distinction")).split(" ")).toMatchSnapshot();
    expect((await exportsOf("distinction/testing")).split(" ")).toMatchSnapshot();
    expect((await exportsOf("distinction/tuf")).split(" ")).toMatchSnapshot();
    expect((await exportsOf("distinction/s3")).split(" ")).toMatchSnapshot();
  });

  test.each(["distinction/dist/src/index.js", "distinction/domain/distinction/diff/diff.js"])(
    "hides %s",
    async (entry) => {
      await expect(asUser(`await import("${entry}")`)).rejects.toThrow("ERR_PACKAGE_PATH_NOT_EXPORTED");
    },
  );

  test.each([
    ["better-sqlite3", "sqlite::memory:"],
    ["mysql2", "mysql://root@127.0.0.1:1/none"],
  ])("says so where %s is missing", async (driver, url) => {
    const place = await installationWithout(driver);
    const code = `
      import { openDatabase, systemClock } from "distinction";
      const database = openDatabase("${url}", { clock: systemClock, random: Math.random });
      await database.connect().catch(({ code, message }) => console.log(code, message));`;
    const flags = ["--preserve-symlinks", "--preserve-symlinks-main", "--input-type=module", "-e", code];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: place });
    expect(stdout).toContain(
      `DRIVER_MISSING ${url.replace("root@", "")} needs the package ${driver}: npm install ${driver}`,
    );
    await rm(place, { recursive: true });
  });

  test("runs without the packages that only some users need", async () => {
    const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
      dependencies: Record<string, string>;
      peerDependencies: Record<string, string>;
      peerDependenciesMeta: Record<string, { optional?: boolean }>;
    };
    for (const name of Object.keys(manifest.peerDependencies)) {
      expect(manifest.dependencies[name], name).toBeUndefined();
      expect(manifest.peerDependenciesMeta[name], name).toEqual({ optional: true });
    }
    const loaded = await asUser(`
      await import("distinction"); await import("distinction/tuf");
      const { createRequire } = await import("node:module");
      console.log(Object.keys(createRequire(import.meta.url).cache).filter((path) =>
        ["mysql2", "better-sqlite3", "tuf-js"].some((name) => path.includes("node_modules/" + name + "/"))).length)`);
    expect(loaded).toBe("0");
  });
});
