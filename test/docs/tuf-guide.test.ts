import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A port that nobody listens on: the guide's own may be taken. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Its blocks as they stand, but for what is installed already, and for the port. */
test("the commands of run-a-tuf-repository.md do what it says", { timeout: 240_000 }, async () => {
  const place = await mkdtemp(join(tmpdir(), "distinction-guide-"));
  try {
    const guide = await readFile(join(ROOT, "docs/guides/run-a-tuf-repository.md"), "utf8");
    const text = guide.replaceAll("8080", `${await freePort()}`);
    for (const [, name, code] of text.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```/gms)) {
      await writeFile(join(place, name!), code!);
    }
    await symlink(join(ROOT, "node_modules"), join(place, "node_modules"));
    await mkdir(join(place, "bin"));
    const main = join(ROOT, "dist/cli/main.js");
    await writeFile(join(place, "bin/npx"), `#!/bin/sh\nshift\nexec node ${main} "$@"\n`, { mode: 0o755 });
    const blocks = Array.from(text.matchAll(/^```sh\n(.*?)^```/gms), ([, code]) => code!);
    const script = blocks.join("").replace(/^npm install .*$/m, "");
    const env = { PATH: `${place}/bin:${process.env["PATH"]}` };
    const { stdout } = await promisify(execFile)("bash", ["-euc", script], { cwd: place, env });

    expect(stdout).toMatch(/everything is published/);
    expect(stdout).toMatch(/^hello$/m);
    expect(stdout).toMatch(/root 1, timestamp 2, snapshot 2, 256 bins, 1 targets: verified/);
    expect(stdout).toMatch(/root 2 \(signing event 2\) is signed; publish it/);
    expect(stdout).toMatch(/root 2, .* 256 bins, 0 targets: verified/);
    expect(stdout).toMatch(/signed root 3, which expires .* the signature is in cem.signature/);
    expect(stdout).toMatch(/root 3 \(signing event 3\) is signed; publish it/);
  } finally {
    await rm(place, { recursive: true });
  }
});
