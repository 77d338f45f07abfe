import { expect, test } from "vitest";
import { failures, undecided } from "../../benchmarks/check.js";
import type { WorkloadReport } from "../../benchmarks/report-json.js";

const met = { "hot.64.lost": { value: 0, low: 0, high: 0, goal: 0, better: "lower" as const } };
const missed = { "save.one.vs.typeorm": { value: 3.5, low: 3.2, high: 3.9, goal: 4, better: "higher" as const } };
const run = { workloads: [], counts: false, quick: false };
const acknowledgedUpdates = { distinction: 3_000, "distinction, apart": 500, typeorm: 3_000 };

test("a run passes where every goal is met and this library lost nothing, whatever others lost", () => {
  const lostUpdates = { distinction: 0, "distinction, apart": 0, typeorm: 419 };
  expect(failures({ ...run, ratios: met, lostUpdates, acknowledgedUpdates })).toEqual([]);
});

test("a figure whose interval holds its goal fails nothing, and is named", () => {
  const ratios = {
    ...met,
    ...missed,
    "save.one.vs.sequelize": { value: 1.9, low: 1.7, high: 2.1, goal: 2, better: "higher" as const },
    "save.one.vs.handwritten": { value: 1.08, low: 1, high: 1.12, goal: 1.1, better: "lower" as const },
  };
  expect(undecided({ ratios })).toEqual(["save.one.vs.sequelize", "save.one.vs.handwritten"]);
  expect(failures({ ...run, ratios, lostUpdates: {}, acknowledgedUpdates })).toEqual(["missed: save.one.vs.typeorm"]);
});

test.each([
  [{ ...met, ...missed }, {}, "missed: save.one.vs.typeorm"],
  [met, { distinction: 1, typeorm: 419 }, "lost updates: distinction 1 of 3,000"],
  [met, { distinction: 0, "distinction, apart": 3 }, "lost updates: distinction, apart 3 of 500"],
  [{}, {}, "nothing was judged"],
])("it fails and says why, case %#", (ratios, lostUpdates, why) => {
  expect(failures({ ...run, ratios, lostUpdates, acknowledgedUpdates })).toEqual([why]);
});

test("it fails where a workload was measured and a figure of it is not there, times only where they were taken", () => {
  const judging = (ids: string[], counts: boolean, quick = false): string[] => {
    const workloads = ids.map((id) => ({ id }) as WorkloadReport);
    return failures({ ratios: met, lostUpdates: {}, acknowledgedUpdates, workloads, counts, quick });
  };
  expect(judging(["W8"], true)).toEqual(["not judged: hot.image.lost"]);
  expect(judging(["W8"], false)).toEqual([
    "not judged: hot.8.vs.pessimistic, hot.8.apart.vs.pessimistic, hot.image.lost",
  ]);
  expect(judging(["W4"], true)).toEqual(["not judged: noop.statements, noop.bytes"]);
  expect(judging(["W1", "W2"], true).join()).toMatch(/^not judged: one.attribute.statements, .*one.property.bytes$/);
  expect(judging(["W1", "W2"], false)).toEqual(["not judged: save.property.vs.handwritten"]);
  const publish = "tuf.publish.db.bytes, one.publish.statements, one.publish.bytes";
  expect(judging(["W20"], true)).toEqual([`not judged: ${publish}`]);
  expect(judging(["W22"], false)).toEqual(["not judged: tuf.renewal.seconds"]);
  expect(judging(["W21", "W22"], false, true)).toEqual([]);
  expect(judging(["W1", "W2", "W3"], false).join()).toContain("diff.vs.full.competent");
});
