import { expect, test } from "vitest";
import type { Findings, Workload } from "../../benchmarks/bench.js";
import type { Environment } from "../../benchmarks/environment.js";
import { withInterval } from "../../benchmarks/format.js";
import { imageRatios, sparedByDifference, sparedTable } from "../../benchmarks/image-ratios.js";
import { seeded } from "../../benchmarks/random.js";
import { report } from "../../benchmarks/report-json.js";

const several = (value: number): number[] => Array<number>(5).fill(value);

const measured = {
  "(30, 5, 3), save": {
    distinction: several(3),
    handwritten: several(2),
    "full write": several(6),
    "full write (reference)": several(12),
  },
  "(30, 5, 3), load and save": {
    distinction: several(9),
    handwritten: several(8),
    "full write": several(12),
    "full write (reference)": several(18),
  },
};

test("saves of images are compared with full writes over three workloads, and with the floor in each", () => {
  const samples = { W1: measured, W2: measured, W3: measured };
  const ratios = imageRatios(samples, sparedByDifference(samples, seeded(1)), seeded(1));
  expect(Object.fromEntries(Object.entries(ratios).map(([name, { value }]) => [name, value]))).toEqual({
    "diff.vs.full.competent": 50,
    "diff.vs.full.reference": 75,
    "save.property.vs.handwritten": 1.5,
    "save.tag.vs.handwritten": 1.5,
  });
  expect(Object.keys(imageRatios({ W3: measured }, [], seeded(1)))).toEqual(["save.tag.vs.handwritten"]);
});

test("what is spared of a save stands beside what is spared of a request", () => {
  const spared = sparedByDifference({ W1: measured, W2: measured, W3: measured }, seeded(1));
  expect(sparedTable({ spared }).rows).toEqual([
    ["full write", "50", "25"],
    ["full write (reference)", "75", "50"],
  ]);
  expect(sparedByDifference({ W1: measured }, seeded(1))).toEqual([]);
});

test("what is spared is the same wherever it is told, to the last digit", () => {
  const random = seeded(7);
  const noisy = Object.fromEntries(
    Object.entries(measured).map(([name, arms]) => [
      name,
      Object.fromEntries(Object.entries(arms).map(([arm, all]) => [arm, all.map((time) => time * (1 + random()))])),
    ]),
  );
  const run = (id: string): [Workload, Findings & { seconds: number }] => [
    { id, title: id, run: () => Promise.reject(new Error("it has been run")) },
    { tables: [], samples: noisy, seconds: 1 },
  ];
  const about = { environment: {} as Environment, seed: 1, quick: false, counts: false, endedEarly: false };
  const told = report(new Map(["W1", "W2", "W3"].map(run)), { ...about, roundTrip: 0 });
  const { against, save } = told.spared[1]!;
  expect(against).toBe("full write (reference)");
  expect(told.ratios["diff.vs.full.reference"]).toMatchObject({ ...save });
  expect(sparedTable(told).rows[1]![1]).toBe(withInterval(told.ratios["diff.vs.full.reference"]!));
});
