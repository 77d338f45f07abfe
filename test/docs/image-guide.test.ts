import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("the commands of keep-image-records.md do what it says", { timeout: 60_000 }, async () => {
  const place = await mkdtemp(join(tmpdir(), "distinction-guide-"));
  try {
    const guide = await readFile(join(ROOT, "docs/guides/keep-image-records.md"), "utf8");
    await mkdir(join(place, "bin"));
    const npx = `#!/bin/sh\nshift\nexec "${process.execPath}" ${join(ROOT, "dist/cli/main.js")} "$@"\n`;
    await writeFile(join(place, "bin/npx"), npx, { mode: 0o755 });
    const script = Array.from(guide.matchAll(/^```sh\n(.*?)^```/gms), ([, code]) => code!).join("");
    const env = { PATH: `${place}/bin:${process.env["PATH"]}` };
    const { stderr } = await promisify(execFile)("bash", ["-euc", script], { cwd: place, env });
    expect(stderr.match(/2 imported, 0 there already \(0 otherwise\), 0 removed before, 0 bad/g)).toHaveLength(2);
    const copy = (await readFile(join(place, "copy.jsonl"), "utf8")).trimEnd().split("\n");
    expect(copy.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual(["Debian 13", "Fedora 44"]);
  } finally {
    await rm(place, { recursive: true });
  }
});
