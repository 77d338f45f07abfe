import { expect, test } from "vitest";
import { driftWarnings } from "../../benchmarks/noise.js";
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
  expect(driftWarnings(samples, seeded(1))).toEqual([
    expect.stringMatching(/^W1, one, save: .*\(distinction -2\d %\)\.$/),
    expect.stringMatching(/^W2, one, save: .*\(all arms: distinction \+2\d %, typeorm \+\d\d %\)\.$/),
  ]);
});

test("what few rounds or noise alone may have done is not", () => {
  const random = seeded(3);
  const noisy = Array.from({ length: ROUNDS }, (_, round) => (round < 20 ? 8 : 10) + 20 * random());
  expect(driftWarnings({ W1: { one: { distinction: times(0.5, 8), typeorm: noisy } } }, seeded(1))).toEqual([]);
});
