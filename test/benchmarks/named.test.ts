import { expect, test } from "vitest";
import { named } from "../../benchmarks/named.js";

const workloads = ["W1", "W6", "W20"].map((id) => ({ id }));

test("workloads are named in any order and in small letters, and run in theirs", () => {
  expect(named("w20, W1", workloads)).toEqual([{ id: "W1" }, { id: "W20" }]);
});

test.each([
  ["", "it is to be some of W1,W6,W20"],
  ["W1,", "it is to be some of W1,W6,W20"],
  ["W1,W7", "there is no W7"],
])("%j names none, or none that is there, which is told", (list, why) => {
  expect(() => named(list, workloads)).toThrow(why);
});
