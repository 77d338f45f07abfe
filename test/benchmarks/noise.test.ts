import { expect, test } from "vitest";
import { driftsOf, driftTable } from "../../benchmarks/noise.js";
import { seeded } from "../../benchmarks/random.js";

const ROUNDS = 60;

/** Times around 10 that end at so much of it. */
function times(end: number, rounds = ROUNDS): number[] {
  const random = seeded(rounds);
  return Array.from({ length: rounds }, (_, round) => 10 * (1 + ((end - 1) * round) / rounds) + random() - random());
}

test("a case in whose course times fell is named, with the arms that they fell in", () => {
  const samples = {
    W1: { "one, save": { distinction: times(0.7), typeorm: times(1) }, "two, save": { distinction: times(1) } },
    W2: { "one, save": { distinction: times(1.4), typeorm: times(1.3) } },
  };
  const drifts = driftsOf(samples, seeded(1));
  expect(driftTable(drifts).rows).toEqual([
    ["W1", "one, save", "distinction", expect.stringMatching(/^-2\d %$/)],
    ["W2", "one, save", "all arms", expect.stringMatching(/^\+2\d to \+2\d %$/)],
  ]);
});

test("what few rounds or noise alone may have done is not", () => {
  const random = seeded(3);
  const noisy = Array.from({ length: ROUNDS }, (_, round) => (round < 20 ? 8 : 10) + 20 * random());
  expect(driftsOf({ W1: { one: { distinction: times(0.5, 8), typeorm: noisy } } }, seeded(1))).toEqual([]);
});

test("arms that changed are told one by one, but for those of a case in which all did", () => {
  const [id, name] = ["W1", "one, save"];
  const rows = (changes: Record<string, number>, isOfAll: boolean) => driftTable([{ id, name, changes, isOfAll }]).rows;
  expect(rows({ distinction: -13, mikroorm: 14 }, false)).toEqual([
    [id, name, "distinction", "-13 %"],
    [id, name, "mikroorm", "+14 %"],
  ]);
  expect(rows({ distinction: 11, mikroorm: 14 }, true)).toEqual([[id, name, "all arms", "+11 to +14 %"]]);
  expect(rows({ distinction: 11, mikroorm: 11 }, true)).toEqual([[id, name, "all arms", "+11 %"]]);
  expect(rows({ distinction: 11 }, true)).toEqual([[id, name, "distinction", "+11 %"]]);
});
