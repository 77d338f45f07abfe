import { expect, test } from "vitest";
import type { Acknowledged, Findings, Workload } from "../../benchmarks/bench.js";
import type { Environment } from "../../benchmarks/environment.js";
import { lostSentence, lostTable } from "../../benchmarks/lost-updates.js";
import { report } from "../../benchmarks/report-json.js";

const about = { environment: {} as Environment, seed: 1, quick: false, counts: false, endedEarly: false, roundTrip: 0 };

function found(id: string, acknowledged: Record<string, Acknowledged>): [Workload, Findings & { seconds: number }] {
  const workload = { id, title: id, run: () => Promise.reject(new Error("it has been run")) };
  return [workload, { tables: [], acknowledged, seconds: 1 }];
}

test("what was lost is told by arm, of how much, and where most of it happened", () => {
  const told = report(
    new Map([
      found("W6", { distinction: { updates: 1_000, lost: 0 }, typeorm: { updates: 1_000, lost: 0 } }),
      found("W8", { distinction: { updates: 500, lost: 0 }, typeorm: { updates: 500, lost: 419 } }),
      found("W20", { distinction: { updates: 64, lost: 0 } }),
    ]),
    about,
  );
  expect(told.lostUpdates).toEqual({ distinction: 0, typeorm: 419 });
  expect(lostTable(told).rows).toEqual([
    ["distinction", 0, 1_564, ""],
    ["typeorm", 419, 1_500, "W8 419 of 500"],
  ]);
  expect(lostSentence(told)).toBe(
    "Acknowledged updates that were lost: distinction 0 of 1,564; typeorm 419 of 1,500 (W8 419 of 500).",
  );
  expect(lostSentence(report(new Map(), about))).toBe("");
});
