import { describe, expect, test } from "vitest";
import { REFUSE, resolve, type Policy } from "../../../../domain/distinction/merge/policy.js";

const merge = (policy: Policy, original: unknown, mine: unknown, theirs: unknown): unknown =>
  resolve(policy, { original, mine, theirs });

test("reject refuses, mine and theirs choose", () => {
  expect(merge("reject", 1, 2, 3)).toBe(REFUSE);
  expect(merge("mine", 1, 2, 3)).toBe(2);
  expect(merge("theirs", 1, 2, 3)).toBe(3);
});

test("a function sees all three sides and may refuse", () => {
  expect(merge(({ original, mine, theirs }) => [original, mine, theirs], 1, 2, 3)).toEqual([1, 2, 3]);
  expect(merge(() => REFUSE, 1, 2, 3)).toBe(REFUSE);
});

describe("sum", () => {
  test("adds my increment to theirs", () => {
    expect(merge("sum", 10, 13, 15)).toBe(18);
    expect(merge("sum", 10n, 9n, 15n)).toBe(14n);
  });
  test("counts from zero where there was nothing", () => {
    expect(merge("sum", null, 3, 4)).toBe(7);
    expect(merge("sum", undefined, 3n, 4n)).toBe(7n);
  });
  test("adds numbers as they are written, without what binary fractions leave over", () => {
    expect(merge("sum", 0, 0.1, 0.2)).toBe(0.3);
    expect(merge("sum", 1.1, 1.3, 1.4)).toBe(1.6);
    expect(merge("sum", 0.3, 0.1, -0.5)).toBe(-0.7);
    expect(merge("sum", -0, 1e21, 1e21)).toBe(2e21);
    expect(merge("sum", 1e-7, 3e-7, 0)).toBeCloseTo(2e-7, 12);
  });
  test("refuses steps from what is no number", () => {
    for (const original of ["5", true, [3], {}, 5n, NaN, -Infinity]) expect(merge("sum", original, 1, 2)).toBe(REFUSE);
    for (const original of ["5", 5]) expect(merge("sum", original, 1n, 2n)).toBe(REFUSE);
    expect(merge("sum", 1, NaN, 2)).toBe(REFUSE);
    expect(merge("sum", 1, 2, Infinity)).toBe(REFUSE);
  });
  test("refuses what is no number, and mixtures", () => {
    expect(merge("sum", "1", "2", "3")).toBe(REFUSE);
    expect(merge("sum", 1, 2, null)).toBe(REFUSE);
    expect(merge("sum", 1, 2n, 3)).toBe(REFUSE);
  });
});

describe("max", () => {
  test.each([
    ["numbers", 9, 10],
    ["bigints", 9n, 10n],
    ["dates", new Date(1), new Date(2)],
  ])("keeps the greater of two %s, whoever wrote it", (_, less, more) => {
    expect(merge("max", less, less, more)).toBe(more);
    expect(merge("max", less, more, less)).toBe(more);
  });
  test("any value is greater than none", () => {
    expect(merge("max", 5, null, 3)).toBe(3);
    expect(merge("max", 5, 3, null)).toBe(3);
  });
  test("refuses what has no order of its own", () => {
    expect(merge("max", {}, { a: 1 }, { b: 1 })).toBe(REFUSE);
    expect(merge("max", [], [1], [2])).toBe(REFUSE);
    expect(merge("max", 1, 9, "10")).toBe(REFUSE);
    expect(merge("max", Uint8Array.of(1), Uint8Array.of(9), Uint8Array.of(10))).toBe(REFUSE);
  });
  test("refuses text that is no decimal: 9.00 is more than 10.00 to it", () => {
    expect(merge("max", "1.00", "9.00", "10.00")).toBe(REFUSE);
  });
});

describe("union", () => {
  test("keeps the additions and removals of both sides", () => {
    expect(merge("union", ["a", "b", "c"], ["b", "c", "m"], ["a", "b", "t"])).toEqual(["b", "t", "m"]);
  });
  test("takes members as values: the order of their own members does not count", () => {
    expect(merge("union", [], [{ a: 1, b: 2 }], [{ b: 2, a: 1 }])).toEqual([{ b: 2, a: 1 }]);
    expect(merge("union", [{ a: 1, b: 2 }], [], [{ b: 2, a: 1 }])).toEqual([]);
  });
  test("starts from nothing where the original was no array", () => {
    expect(merge("union", null, [1], [2])).toEqual([2, 1]);
  });
  test("adds a member once, however often a side names it", () => {
    expect(merge("union", [], [1, 1], [2])).toEqual([2, 1]);
  });
  test("refuses what is no array", () => {
    expect(merge("union", [], [1], "x")).toBe(REFUSE);
    expect(merge("union", [], null, [1])).toBe(REFUSE);
  });
});

describe("decimals", () => {
  const decimals = (policy: Policy, original: unknown, mine: unknown, theirs: unknown): unknown =>
    resolve(policy, { original, mine, theirs }, true);
  test.each([
    ["1.10", "1.20", "1.30", "1.40"],
    ["0.00", "-0.05", "0.02", "-0.03"],
    ["5.00", "3.00", "2.00", "0.00"],
    ["99999999999999999999.99", "99999999999999999999.98", "0.01", "0.00"],
    ["7", "9", "-3", "-1"],
    [null, "0.10", "0.20", "0.30"],
  ])("sum of %s, mine %s and theirs %s is exact: %s", (original, mine, theirs, sum) => {
    expect(decimals("sum", original, mine, theirs)).toBe(sum);
  });
  test("sum refuses where there is none on one side", () => {
    expect(decimals("sum", "1.00", null, "2.00")).toBe(REFUSE);
  });
  test.each([
    ["9.00", "10.00"],
    ["-10.00", "-9.00"],
    ["-0.01", "0.00"],
  ])("max of %s and %s is the latter", (less, more) => {
    expect(decimals("max", less, less, more)).toBe(more);
    expect(decimals("max", less, more, less)).toBe(more);
  });
});
