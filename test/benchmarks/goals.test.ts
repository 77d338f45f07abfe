import { expect, test } from "vitest";
import { exactly, once } from "../../benchmarks/estimate.js";
import { verdictOn } from "../../benchmarks/goals.js";

const lower = { goal: 1.1, better: "lower" } as const;
const higher = { goal: 4, better: "higher" } as const;

test.each([
  [lower, { value: 1.05, low: 1, high: 1.1 }, "met"],
  [lower, { value: 1.09, low: 1, high: 1.11 }, "undecided"],
  [lower, { value: 1.2, low: 1.11, high: 1.3 }, "MISSED"],
  [higher, { value: 4.2, low: 4, high: 4.4 }, "met"],
  [higher, { value: 3.9, low: 3.7, high: 4.1 }, "undecided"],
  [higher, { value: 3.9, low: 3.7, high: 3.99 }, "MISSED"],
] as const)("an interval decides where the goal is not in it: %o, %o: %s", (goal, estimate, verdict) => {
  expect(verdictOn(goal, estimate)).toBe(verdict);
});

test("what was counted or timed once is met or missed", () => {
  for (const one of [exactly, once]) {
    expect([4, 3.9].map((value) => verdictOn(higher, one(value)))).toEqual(["met", "MISSED"]);
  }
});
