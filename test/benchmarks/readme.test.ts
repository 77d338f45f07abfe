import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const WHOLE = { quick: false, counts: false, endedEarly: false, roundTrip: 0 };

test.each([
  [{ ...WHOLE, endedEarly: true }, "the run ended early"],
  [{ ...WHOLE, quick: true }, "the run is quick, its intervals are wide"],
  [{ ...WHOLE, counts: true }, "the run only counted, it took no times"],
  [{ ...WHOLE, roundTrip: 2 }, "the run had 2 ms added to every round trip"],
  [{}, "is no run that `npm run bench -- --json` wrote"],
])("a run that is not whole is not published: %o", (run, told) => {
  const folder = mkdtempSync(join(tmpdir(), "distinction-readme-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [figures, readme] = [join(folder, "run.json"), join(folder, "README.md")];
  const before = "<!-- benchmarks: written by benchmarks/readme.ts -->\nold\n<!-- /benchmarks -->\n";
  writeFileSync(figures, JSON.stringify(run));
  writeFileSync(readme, before);
  const args = ["--import", "tsx", "benchmarks/readme.ts", figures, readme];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  expect(stderr).toBe(`${figures}: ${told}\n`);
  expect(status).toBe(2);
  expect(readFileSync(readme, "utf8")).toBe(before);
});
