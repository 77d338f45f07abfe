import { defineConfig } from "vitest/config";

/** Workers killed and frozen at every step, short soaks, much data: minutes, hence apart (`npm run test:long`). */
const LONG = ["test/chaos/**/*.test.ts", "test/soak/**/*.test.ts", "test/**/*.long.test.ts"];
const isLong = process.env["DISTINCTION_TEST_LONG"] !== undefined;
/** Whose properties the long tests ask with another seed each time. */
const PROPERTIES = ["test/domain/distinction/**/*.test.ts"];

/** One seed for all property tests of a run; see test/support/fast-check.ts. */
const asked = process.env["DISTINCTION_TEST_SEED"] ?? (isLong ? "random" : "1");
const seed = asked === "random" ? String(Math.floor(Math.random() * 2 ** 31)) : asked;
if (asked === "random") {
  process.env["DISTINCTION_TEST_SEED"] = seed; // this file may be read again in the same run
  console.log(`DISTINCTION_TEST_SEED=${seed}`);
}

export default defineConfig({
  test: {
    include: isLong ? [...LONG, ...PROPERTIES] : ["test/**/*.test.ts"],
    exclude: isLong ? [] : LONG,
    env: { DISTINCTION_TEST_SEED: seed },
    globalSetup: ["test/support/global-setup.ts"],
    // Processes, not threads: native drivers and signals behave as they do in a service.
    pool: "forks",
    fileParallelism: true,
    // Race tests start processes of their own; more workers would only take their turns away.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
