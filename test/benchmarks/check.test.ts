import { expect, test } from "vitest";
import { failures } from "../../benchmarks/check.js";

const met = { "hot.64.lost": { value: 0, low: 0, high: 0, goal: 0, better: "lower" as const } };
const missed = { "save.one.vs.typeorm": { value: 3.5, low: 3, high: 4, goal: 4, better: "higher" as const } };
const acknowledgedUpdates = { distinction: 3_000, "distinction, apart": 500, typeorm: 3_000 };

test("a run passes where every goal is met and this library lost nothing, whatever others lost", () => {
  const lostUpdates = { distinction: 0, "distinction, apart": 0, typeorm: 419 };
  expect(failures({ ratios: met, lostUpdates, acknowledgedUpdates })).toEqual([]);
});

test.each([
  [{ ...met, ...missed }, {}, "missed: save.one.vs.typeorm"],
  [met, { distinction: 1, typeorm: 419 }, "lost updates: distinction 1 of 3,000"],
  [met, { distinction: 0, "distinction, apart": 3 }, "lost updates: distinction, apart 3 of 500"],
  [{}, {}, "nothing was judged"],
])("it fails and says why, case %#", (ratios, lostUpdates, why) => {
  expect(failures({ ratios, lostUpdates, acknowledgedUpdates })).toEqual([why]);
});
