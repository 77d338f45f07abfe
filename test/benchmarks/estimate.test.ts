import { describe, expect, test } from "vitest";
import { exactly, meanRatioOf, medianOf, once, pooledFrom, ratioOf } from "../../benchmarks/estimate.js";
import { withInterval } from "../../benchmarks/format.js";
import { seeded, type Random } from "../../benchmarks/random.js";

const around = (center: number, count: number): number[] =>
  Array.from({ length: count }, (_, round) => center + ((round % 5) - 2) / 10);

/** Most of what disturbs a round disturbs the next one too. */
function afterEffects(center: number, count: number, random: Random): number[] {
  let disturbance = 0;
  return Array.from({ length: count }, () => {
    disturbance = 0.7 * disturbance + random() - random();
    return center + disturbance;
  });
}

describe("estimates", () => {
  test("of a median hold it within their interval", () => {
    const { value, low, high } = medianOf(around(10, 50), seeded(1));
    expect(value).toBeCloseTo(10);
    expect([low <= value, value <= high, low > 9.7, high < 10.3]).toEqual([true, true, true, true]);
  });

  test("of a ratio do not count what slowed whole rounds down", () => {
    const slowed = [1, 7, 2, 9, 3, 8, 4, 1, 6, 5];
    const ratio = ratioOf(
      slowed.map((time) => 2 * time),
      slowed,
      seeded(1),
    );
    expect(ratio).toEqual({ value: 2, low: 2, high: 2 });
  });

  test("of a mean use every round of each pair, however many the others have", () => {
    // Rounds beyond the twentieth are what most of the long series is; an interval from the first twenty would miss it.
    const long = [...around(10, 20), ...around(30, 1_000)];
    const { value, low, high } = meanRatioOf([long, around(2, 20)], [around(10, 1_020), around(1, 20)], seeded(1));
    expect(value).toBeCloseTo(2.5, 1);
    expect(low).toBeLessThanOrEqual(value);
    expect(high).toBeGreaterThanOrEqual(value);
  });

  test("of rounds that depend on the ones before hold the true median about as often as they promise", () => {
    const random = seeded(1);
    const holding = Array.from({ length: 50 }, () => {
      const { low, high } = medianOf(afterEffects(10, 100, random), random);
      return low <= 10 && 10 <= high;
    }).filter(Boolean);
    expect(holding.length, "of 50; with rounds drawn one by one it is 32").toBeGreaterThan(40);
  });

  test("of several runs are about what all of them found together", () => {
    const ends = (runs: readonly (readonly number[])[]): number => Math.max(...runs.flat());
    const { value, low, high } = pooledFrom([[1, 2], [3], [2, 2], [1], [2], [1, 1]], ends, seeded(1));
    expect([value, low, high]).toEqual([3, 2, 3]);
  });

  test("of one timing say so, unlike what was counted", () => {
    expect([once(42), exactly(42)].map(withInterval)).toEqual(["42 (one timing)", "42"]);
  });
});
