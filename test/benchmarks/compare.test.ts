import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { Judged } from "../../benchmarks/agreement.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "distinction-compare-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A whole run that measured `save.one.vs.typeorm`, whose goal is 4. */
function run(value: number, more: Partial<Judged> = {}): Judged {
  const ratio = { value, low: value - 0.5, high: value + 0.5, goal: 4, better: "higher" as const };
  const lostUpdates = { distinction: 0, "distinction, apart": 0, typeorm: 419 };
  const acknowledgedUpdates = { distinction: 3_000, "distinction, apart": 500, typeorm: 3_000 };
  const options = { quick: false, counts: false, roundTrip: 0 };
  const judged = { ratios: { "save.one.vs.typeorm": ratio }, lostUpdates, acknowledgedUpdates };
  return { ...judged, ...options, endedEarly: false, ...more };
}

function compare(...runs: Judged[]) {
  const files = runs.map((one, index) => {
    const file = join(folder, `${index}.json`);
    writeFileSync(file, JSON.stringify(one));
    return file;
  });
  const args = ["--import", "tsx", "benchmarks/compare.ts", ...files];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("runs whose figures moved on one side of the goal agree, whatever others lost; what only one judged is named", () => {
  const judging = (name: string, one: Judged): Judged => ({
    ...one,
    ratios: { ...one.ratios, [name]: one.ratios["save.one.vs.typeorm"]! },
  });
  const second = run(5.5, { lostUpdates: { distinction: 0, "distinction, apart": 0, typeorm: 7 } });
  const { status, stdout, stderr } = compare(judging("entries.slope", run(4.6)), judging("noop.statements", second));
  expect(stdout).toMatch(/save\.one\.vs\.typeorm +4\.6 \[4\.1, 5\.1\] +met +5\.5 \[5, 6\] +met$/m);
  expect(stdout).toMatch(/lost updates: distinction +0 of 3,000 +met +0 of 3,000 +met$/m);
  expect(stdout).not.toMatch(/entries|noop/);
  expect(stderr).toMatch(/^judged by .*0\.json alone: entries\.slope\njudged by .*1\.json alone: noop\.statements\n$/);
  expect(status).toBe(0);
});

test.each([4.6, 3.4])("what one run could not decide contradicts no verdict of another, here of %d", (value) => {
  const { status, stdout } = compare(run(4.1), run(value));
  expect(stdout).toMatch(new RegExp(`4\\.1 \\[3\\.6, 4\\.6\\] +undecided +${value} .* (met|MISSED)$`, "m"));
  expect(status).toBe(0);
});

test.each([
  ["a goal that one of them missed", run(3.4), "differing verdicts: save.one.vs.typeorm\n", 1],
  [
    "an update that one of them lost",
    run(5, { lostUpdates: { distinction: 0, "distinction, apart": 1 } }),
    "verdicts: lost updates: distinction, apart\n",
    1,
  ],
  ["what the second did not come to judge", run(5, { endedEarly: true }), "1.json: the run ended early\n", 2],
  ["a goal, one of them being quick", run(5, { quick: true }), "one run is quick, the other whole\n", 2],
  [
    "times, one of them having only counted",
    run(5, { counts: true }),
    "one run only counted, the other took times\n",
    2,
  ],
  ["times over another way", run(5, { roundTrip: 2 }), "round trips had 0 ms added in one run, 2 ms in the other\n", 2],
  ["nothing that both have judged", run(5, { ratios: {}, lostUpdates: {} }), "have judged nothing in common\n", 2],
])("runs do not agree on %s", (_, second, told, code) => {
  const { status, stderr } = compare(run(4.6), second);
  expect(stderr).toContain(told);
  expect(status).toBe(code);
});

test("a file that is not there is no verdict", () => {
  const args = ["--import", "tsx", "benchmarks/compare.ts", join(folder, "missing.json"), join(folder, "missing.json")];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  expect(stderr).toContain("missing.json: ENOENT");
  expect(status).toBe(2);
});

test("what is no run is refused in a line", () => {
  const { status, stderr } = compare(run(5), null as unknown as Judged);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^\S+1\.json: is no run that `npm run bench -- --json` wrote\n$/);
});
