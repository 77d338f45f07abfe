import { expect, test } from "vitest";
import { imageRatios, requestsAgainstFull } from "../../benchmarks/image-ratios.js";
import { seeded } from "../../benchmarks/random.js";

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
  const ratios = imageRatios({ W1: measured, W2: measured, W3: measured }, seeded(1));
  expect(Object.fromEntries(Object.entries(ratios).map(([name, { value }]) => [name, value]))).toEqual({
    "diff.vs.full.competent": 50,
    "diff.vs.full.reference": 75,
    "save.property.vs.handwritten": 1.5,
    "save.tag.vs.handwritten": 1.5,
  });
  expect(Object.keys(imageRatios({ W3: measured }, seeded(1)))).toEqual(["save.tag.vs.handwritten"]);
});

test("what is spared of a save stands beside what is spared of a request", () => {
  const { rows } = requestsAgainstFull({ samples: { W1: measured, W2: measured, W3: measured }, seed: 1 });
  expect(rows).toEqual([
    ["full write", "50", "25"],
    ["full write (reference)", "75", "50"],
  ]);
  expect(requestsAgainstFull({ samples: { W1: measured }, seed: 1 }).rows).toEqual([]);
});
