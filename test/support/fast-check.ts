import fc from "fast-check";

/**
 * fast-check with a seed: the same commit gives the same verdict every time. `DISTINCTION_TEST_SEED=random` looks for what the
 * seed did not find, and a number repeats what it found.
 */
const wanted = process.env["DISTINCTION_TEST_SEED"] ?? "1";
if (wanted !== "random") {
  if (!/^-?\d+$/.test(wanted)) throw new Error(`DISTINCTION_TEST_SEED: an integer or random, got ${wanted}`);
  fc.configureGlobal({ seed: Number(wanted) });
}

export default fc;
