import { LockedError, takeLock } from "../../src/cli/process-lock.js";
import { runAsChild } from "../support/child-side.js";

/** Tries to take each of some locks at the same time as others; answers those that it got, and keeps them to its end. */
await runAsChild<readonly string[], readonly string[]>(async (paths, parent) => {
  const got: string[] = [];
  for (const path of paths) {
    await parent.ready();
    await takeLock(path).then(
      () => got.push(path),
      (error: unknown) => {
        if (!(error instanceof LockedError)) throw error;
      },
    );
  }
  await parent.ready(); // nobody's lock is stale before all have tried
  return got;
});
