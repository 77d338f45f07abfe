import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
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
