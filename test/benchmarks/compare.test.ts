import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { Judged } from "../../benchmarks/agreement.js";
import type { Environment } from "../../benchmarks/environment.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "distinction-compare-"));
afterAll(() => rmSync(folder, { recursive: true }));

const environment = {
  processors: "2 x Some Processor",
  node: "v20.20.2",
  commit: "0123456789ab",
  at: "2026-05-04T10:00:00.000Z",
  server: { version: "9.7.4", innodb_flush_log_at_trx_commit: "1", sync_binlog: "1", log_bin: "ON" },
};

type Run = Judged & { readonly environment: Partial<Environment> };

/** A whole run that measured `save.one.vs.typeorm`, whose goal is 4. */
function run(value: number, more: Partial<Run> = {}): Run {
  const ratio = { value, low: value - 0.5, high: value + 0.5, goal: 4, better: "higher" as const };
  const lostUpdates = { distinction: 0, "distinction, apart": 0, typeorm: 419 };
  const acknowledgedUpdates = { distinction: 3_000, "distinction, apart": 500, typeorm: 3_000 };
  const options = { quick: false, counts: false, roundTrip: 0 };
  const judged = { ratios: { "save.one.vs.typeorm": ratio }, lostUpdates, acknowledgedUpdates };
  return { ...judged, ...options, endedEarly: false, environment, ...more };
}

function compare(...runs: Run[]) {
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
  const judging = (name: string, one: Run): Run => ({
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

test("runs made with something else are compared all the same, and what it was is told", () => {
  const server = { ...environment.server, version: "11.4.2-MariaDB", sync_binlog: "0" };
  const other = { ...environment, processors: "8 x Another", node: "v22.1.0", commit: "ba9876543210", server };
  const { status, stderr } = compare(run(5), run(5, { environment: { ...other, at: "2026-05-05T10:00:00.000Z" } }));
  expect(stderr.trim().split("\n")).toEqual([
    "processors: 2 x Some Processor in the first run, 8 x Another in the second",
    "server: MySQL 9.7.4 in the first run, MariaDB 11.4.2-MariaDB in the second",
    "sync_binlog: 1 in the first run, 0 in the second",
    "Node: v20.20.2 in the first run, v22.1.0 in the second",
    "commit: 0123456789ab in the first run, ba9876543210 in the second",
  ]);
  expect(status).toBe(0);
});

test("a file that is not there is no verdict", () => {
  const args = ["--import", "tsx", "benchmarks/compare.ts", join(folder, "missing.json"), join(folder, "missing.json")];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  expect(stderr).toContain("missing.json: ENOENT");
  expect(status).toBe(2);
});

test("what is no run is refused in a line", () => {
  const { status, stderr } = compare(run(5), null as unknown as Run);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^\S+1\.json: is no run that `npm run bench -- --json` wrote\n$/);
});
