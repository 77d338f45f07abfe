import { defineConfig } from "vitest/config";

/** Workers killed and frozen at every step, and short soaks: minutes, hence apart (`npm run test:long`). */
const LONG = ["test/chaos/**/*.test.ts", "test/soak/**/*.test.ts"];
const isLong = process.env["DISTINCTION_TEST_LONG"] !== undefined;

export default defineConfig({
  test: {
    include: isLong ? LONG : ["test/**/*.test.ts"],
    exclude: isLong ? [] : LONG,
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
