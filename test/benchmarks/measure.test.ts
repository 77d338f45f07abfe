import { expect, test } from "vitest";
import { interleaved } from "../../benchmarks/measure.js";
import { perRound, seeded } from "../../benchmarks/random.js";

const say = (): void => undefined;

test("contenders with fewer rounds take part in the same ones, spread over all, in another order each time", async () => {
  const order: string[] = [];
  const contender = (name: string, more: { rounds?: number; warmUp?: number } = {}) => ({
    name,
    round: (number: number) => (order.push(`${name}${number}`), Promise.resolve(number)),
    ...more,
  });
  const few = { rounds: 3, warmUp: 1 };
  const contenders = [contender("a"), contender("b"), contender("c", few), contender("d", few)];
  const samples = await interleaved(contenders, 12, seeded(1), say, 2);
  const all = Array.from({ length: 12 }, (_, round) => round + 1);
  expect(samples).toEqual({ a: all, b: all, c: [4, 8, 12], d: [4, 8, 12] });
  expect(order.filter((one) => /^.-?[0-1]$/.test(one) && one < "c").length, "warm-up").toBe(6);
  expect(order.filter((one) => one.startsWith("c"))).toEqual(["c0", "c4", "c8", "c12"]);
  const ofRound = (round: number): string[] => order.filter((one) => one.slice(1) === String(round));
  expect(
    new Set(
      [4, 8, 12].map((round) =>
        ofRound(round)
          .map((one) => one[0])
          .join(""),
      ),
    ).size,
  ).toBeGreaterThan(1);
});

test("all arms of a round draw the same, and those of another round something else", () => {
  const drawnFor = perRound(seeded(1));
  const draws = (round: number): number[] => {
    const random = drawnFor(round);
    return Array.from({ length: 5 }, random);
  };
  expect(draws(2)).toEqual(draws(2));
  expect(draws(2).some((one) => draws(1).includes(one) || draws(3).includes(one))).toBe(false);
});
