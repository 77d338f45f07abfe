import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Thrown where another demo works on the same state: their counters would be taken for each other's. */
export class StateInUseError extends Error {}

/**
 * Keeps a state directory for one process while `work` runs. A lock whose process is gone is taken over.
 *
 * @throws StateInUseError
 */
export async function withStateLock<T>(state: string, work: () => Promise<T>): Promise<T> {
  const path = join(state, "demo.pid");
  const owner = Number(await readFile(path, "utf8").catch(() => ""));
  if (owner > 0 && !isRunning(owner)) await rm(path, { force: true });
  await writeFile(path, String(process.pid), { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    throw new StateInUseError(`${state} is in use by another demo (process ${owner})`);
  });
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
