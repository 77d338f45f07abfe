import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, test } from "vitest";
import { onSqlBackends } from "../integration/backends.js";
import type { Event } from "./journal.js";
import { judge, type Evidence } from "./oracle.js";
import type { Ledger } from "./ledger.js";
import { soak, type SoakOrder } from "./soak.js";

const ORDER: Omit<SoakOrder, "url"> = {
  ...{ updates: 1_000, processes: 3, kills: 2, records: 20, seed: 1 },
  arm: "changes",
};

onSqlBackends((place) => {
  test("processes that are killed and started anew lose nothing, and no version is given twice", async () => {
    const report = await soak({ ...ORDER, url: place().url });
    expect(report.faults).toEqual([]);
    expect(report).toMatchObject({ lost: 0, kills: 2 });
    expect(report.updates).toBeGreaterThanOrEqual(1_000);
    expect(report.retries).toBeGreaterThan(0);
  }, 120_000);

  test("one that is stopped early judges what was acknowledged until then", async () => {
    const stopped = new AbortController();
    const stop = (updates: number): void => void (updates > 0 && stopped.abort());
    const report = await soak({ ...ORDER, url: place().url, signal: stopped.signal }, stop);
    expect(report).toMatchObject({ lost: 0, faults: [] });
    expect(report.updates).toBeGreaterThan(0);
    expect(report.updates).toBeLessThan(1_000);
  }, 120_000);
});

describe("as a command", () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const run = (...parameters: string[]): Promise<{ code: unknown; output: string }> =>
    new Promise((resolve) => {
      const command = ["--import", "tsx", main, "--database", inject("serverUrl"), ...parameters];
      execFile(process.execPath, command, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : error.code, output: stdout + stderr });
      });
    });

  test("it says that nothing was lost, and ends with 0", async () => {
    const { code, output } = await run("--updates", "300", "--processes", "2", "--kills", "1", "--records", "8");
    expect(output).toMatch(/updates lost +0\n[^]*Nothing was lost\./);
    expect(code).toBe(0);
  }, 60_000);

  test("it says what full writes lose, and ends with 1", async () => {
    const arm = ["--arm", "full", "--kills", "0"];
    const { code, output } = await run("--updates", "300", "--processes", "2", "--records", "8", ...arm);
    expect(output).toMatch(/updates lost +[1-9]\d*\n[^]*acknowledged updates are lost/);
    expect(code).toBe(1);
  }, 60_000);

  test.each([
    ["--processes", "9"],
    ["--database", "postgres://x"],
  ])("it refuses %s %s", async (...parameters) => {
    const { code, output } = await run(...parameters);
    expect(output).toMatch(/error: option|must be like/);
    expect(code).toBe(1);
  });
});

describe("the serial oracle", () => {
  const operation = (number: number, kind: Event["operation"]["kind"], id = "r"): Event["operation"] => ({
    ...{ writer: 0, number, kind, ids: [id], amount: 2 },
  });
  const done = (number: number, version: number, kind: Event["operation"]["kind"] = "sum", id = "r"): Event => ({
    operation: operation(number, kind, id),
    outcome: { kind: "done", versions: [version], retries: 0 },
  });
  const settled = (number: number, applied: boolean, version: number): Event => ({
    operation: operation(number, "sum"),
    outcome: { kind: "settled", applied, versions: [version] },
  });
  const stored = (version: number, values: Partial<Ledger>): Evidence["stored"] => {
    const others = Object.fromEntries(Array.from({ length: 8 }, (_, writer) => [`writer${writer}`, 0]));
    const blank = { id: "r", writes: 0, settled: 0, total: 0, best: null, title: "", document: {}, labels: [] };
    const collections = { properties: new Map(), tallies: new Map(), tags: new Set() };
    return new Map([
      ["r", { version, record: { ...others, ...blank, ...collections, ...values } as unknown as Ledger }],
    ]);
  };
  const two = { writer0: 2, writes: 2, total: 4, tallies: new Map([["all", 4]]) };
  const verdict = (events: readonly Event[], found: Evidence["stored"], first: [string, number][] = [["r", 1]]) =>
    judge({ events, stored: found, first: new Map(first), arm: "changes" });

  test("agrees with what a single writer would have stored", () => {
    expect(verdict([done(2, 3), done(1, 2)], stored(3, two))).toEqual({ lost: 0, faults: [], clouded: 0 });
  });

  test("counts a dead writer's operation where it was stored, and not where it was not", () => {
    const look = { ...two, settled: 1 };
    expect(verdict([done(1, 2), settled(2, true, 4)], stored(4, look)).faults).toEqual([]);
    expect(verdict([done(1, 2), done(2, 3), settled(3, false, 4)], stored(4, look)).faults).toEqual([]);
    expect(verdict([done(1, 2), settled(2, false, 3)], stored(4, look)).faults).not.toEqual([]);
  });

  test.each<[string, readonly Event[], Evidence["stored"], RegExp]>([
    ["a lost update", [done(1, 2), done(2, 3)], stored(3, { ...two, writes: 1 }), /^1 acknowledged updates are lost$/],
    ["a value put back", [done(1, 2), done(2, 3)], stored(3, { ...two, total: 2 }), /r.total: 2 is stored, 4 was/],
    ["a version given twice", [done(1, 3), done(2, 3)], stored(3, two), /version 3 was given to operation 2/],
    ["a write that nobody made", [done(1, 2), done(2, 4)], stored(4, two), /nobody wrote version 3/],
    ["a record that is gone", [done(1, 2)], new Map(), /r: is gone/],
    [
      "an operation without an end",
      [{ operation: operation(1, "sum"), outcome: undefined }],
      stored(1, {}),
      /nothing is/,
    ],
  ])("tells of %s", (_, events, found, message) => {
    expect(verdict(events, found).faults).toContainEqual(expect.stringMatching(message));
  });

  test.each<[string, readonly Event[], RegExp | undefined]>([
    [
      "nothing of a whole life",
      [done(1, 5, "slot-add"), done(2, 6, "slot-edit"), done(3, 6, "slot-remove")],
      undefined,
    ],
    ["an edit of what was removed", [done(1, 5, "slot-add"), done(2, 5, "slot-remove"), done(3, 6, "slot-edit")], /while it was not there/], // prettier-ignore
    ["a removal of what was not seen", [done(1, 5, "slot-add"), done(2, 6, "slot-edit"), done(3, 7, "slot-remove")], /had not seen/], // prettier-ignore
    ["a record that was added twice", [done(1, 5, "slot-add"), done(2, 6, "slot-add"), done(3, 6, "slot-remove")], /while it was there/], // prettier-ignore
  ])("of records that come and go, tells of %s", (_, events, message) => {
    const { faults } = verdict(events, new Map(), []);
    expect(faults).toEqual(message === undefined ? [] : [expect.stringMatching(message)]);
  });

  test("of records that come and go, tells of one that vanished", () => {
    const { lost, faults } = verdict([done(1, 5, "slot-add")], new Map(), []);
    expect([lost, faults]).toEqual([
      1,
      [expect.stringMatching(/are lost/), expect.stringMatching(/nobody removed it/)],
    ]);
  });
});
