import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

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
  });

  test.each(["distinction/dist/src/index.js", "distinction/domain/distinction/diff.js"])("hides %s", async (entry) => {
    await expect(asUser(`await import("${entry}")`)).rejects.toThrow("ERR_PACKAGE_PATH_NOT_EXPORTED");
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
