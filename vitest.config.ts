import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

/** Workers killed and frozen at every step, short soaks, much data: minutes, hence apart (`npm run test:long`). */
const LONG = ["test/chaos/**/*.test.ts", "test/soak/**/*.test.ts", "test/**/*.long.test.ts"];
const isLong = process.env["DISTINCTION_TEST_LONG"] !== undefined;
/** Whose properties the long tests ask with another seed each time. */
const PROPERTIES = ["test/domain/distinction/**/*.test.ts"];
/** Directories whose files share workers: loading the modules anew for each file was half of the CPU of the domain's tests. */
const SHARED = "test/{application,composition,conformance,contract,domain,integration}/**";
/** Among them those that look at what a process does once keep a worker to themselves. */
const ALONE = "*.alone";

/** One seed for all property tests of a run; see test/support/fast-check.ts. */
const asked = process.env["DISTINCTION_TEST_SEED"] ?? (isLong ? "random" : "1");
const seed = asked === "random" ? String(Math.floor(Math.random() * 2 ** 31)) : asked;
if (asked === "random") {
  process.env["DISTINCTION_TEST_SEED"] = seed; // this file may be read again in the same run
  console.log(`DISTINCTION_TEST_SEED=${seed}`);
}

/** What a project does not inherit. */
const each = {
  env: { DISTINCTION_TEST_SEED: seed },
  // Processes, not threads: native drivers and signals behave as they do in a service.
  pool: "forks",
  setupFiles: "test/support/after-each-file.ts",
  // Race tests start processes of their own; more workers would only take their turns away.
  maxWorkers: 2,
  testTimeout: 30_000,
  hookTimeout: 60_000,
} as const;

const projects: TestProjectInlineConfiguration[] = isLong
  ? [{ test: { ...each, name: "long", include: [...LONG, ...PROPERTIES] } }]
  : [
      {
        test: {
          ...each,
          name: "shared",
          include: [`${SHARED}/*.test.ts`],
          exclude: [...LONG, `${SHARED}/${ALONE}.test.ts`],
          isolate: false,
        },
      },
      {
        test: {
          ...each,
          name: "alone",
          include: ["test/**/*.test.ts"],
          exclude: [...LONG, `${SHARED}/!(${ALONE}).test.ts`],
          // One after the other: a worker is shared only by files that follow each other.
          sequence: { groupOrder: 1 },
        },
      },
    ];

export default defineConfig({
  test: {
    projects,
    // Here and in no project: once for the whole run.
    globalSetup: ["test/support/global-setup.ts"],
    maxWorkers: 2,
  },
});
