import fc from "fast-check";

/**
 * fast-check with a seed: the same commit gives the same verdict every time. `DISTINCTION_TEST_SEED=random` looks for what that
 * seed did not find, as the long tests do; the number that is printed then repeats what was found.
 */
const seed = process.env["DISTINCTION_TEST_SEED"] ?? "1";
if (!/^-?\d+$/.test(seed)) throw new Error(`DISTINCTION_TEST_SEED: an integer or random, got ${seed}`);
fc.configureGlobal({ seed: Number(seed) });

export default fc;
