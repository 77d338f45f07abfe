import { expect, test } from "vitest";
import { progressLine, type ProgressState } from "../../src/cli/progress-line.js";

const STATE: ProgressState = { label: "moving", total: 200, done: 50, before: 0, seconds: 10, unit: "pieces" };

test.each<[string, Partial<ProgressState>, string]>([
  ["under way", {}, "moving ██████░░░░░░░░░░░░░░░░░░  25%  50/200  5/s  30s left"],
  [
    "gone on with: what was there before has no rate",
    { before: 40 },
    "moving ██████░░░░░░░░░░░░░░░░░░  25%  50/200  1/s  2m30s left",
  ],
  ["just begun", { done: 0, seconds: 0 }, "moving ░░░░░░░░░░░░░░░░░░░░░░░░   0%  0/200  0/s"],
  ["done", { done: 200 }, "moving ████████████████████████ 100%  200/200  20/s  10s"],
  ["of nothing", { total: 0, done: 0 }, "moving ████████████████████████ 100%  0/0  0/s  10s"],
  ["of more than was counted", { done: 210 }, "moving ████████████████████████ 100%  210/210  21/s  10s"],
  ["without a total", { total: undefined }, "moving 50  5/s  10s"],
  ["slow", { done: 2 }, "moving ░░░░░░░░░░░░░░░░░░░░░░░░   1%  2/200  0.2/s  16m30s left"],
  [
    "of bytes",
    { total: 4e9, done: 1e9, unit: "bytes" },
    "moving ██████░░░░░░░░░░░░░░░░░░  25%  1.0 GB/4.0 GB  100.0 MB/s  30s left",
  ],
  [
    "of bytes, just below the next unit",
    { total: 999_960, done: 999, unit: "bytes" },
    "moving ░░░░░░░░░░░░░░░░░░░░░░░░   0%  999 B/1.0 MB  100 B/s  2h46m left",
  ],
])("progress that is %s", (_, state, line) => {
  expect(progressLine({ ...STATE, ...state }, 100)).toBe(line);
});

test("a narrow terminal gets a shorter bar, then none, and never a second line", () => {
  expect(progressLine(STATE, 50)).toBe("moving ███░░░░░░░░░░░  25%  50/200  5/s  30s left");
  expect(progressLine(STATE, 42)).toBe("moving  25%  50/200  5/s  30s left");
  for (let columns = 1; columns < 90; columns++)
    expect(progressLine(STATE, columns).length).toBeLessThanOrEqual(columns);
});
