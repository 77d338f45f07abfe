import { expect, test } from "vitest";
import { again, ChangedMeanwhile, isChangedMeanwhile, isNeverOvertaken } from "../../benchmarks/arms/again.js";

/** Fails with each of these errors in turn, then succeeds. */
function failing(...errors: readonly object[]): () => Promise<void> {
  const left = [...errors];
  return () => {
    const error = left.shift();
    return error === undefined ? Promise.resolve() : Promise.reject(Object.assign(new Error("refused"), error));
  };
}

test("whoever is told that somebody came first begins again, and it is counted", async () => {
  const told = new ChangedMeanwhile("image-1");
  let attempts = 0;
  const attempt = (): Promise<void> => (attempts++ < 2 ? Promise.reject(told) : Promise.resolve());
  expect(await again(attempt, isChangedMeanwhile)).toBe(2);
  attempts = 0;
  await expect(again(attempt, isNeverOvertaken)).rejects.toBe(told);
});

test("what the server undid begins again whatever the arm promises, however its library words that", async () => {
  const deadlock = { errno: 1213 };
  const stale = { errno: 1020 };
  expect(await again(failing(deadlock, { parent: deadlock }, stale), isNeverOvertaken)).toBe(3);
  await expect(again(failing({ errno: 1062 }), isNeverOvertaken)).rejects.toMatchObject({ errno: 1062 });
});
