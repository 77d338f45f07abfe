import { link, readFile, rm, writeFile } from "node:fs/promises";
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
  await take(path, state);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string, state: string): Promise<void> {
  // Linked when it is whole: a process that is killed in between leaves no lock without an owner.
  const own = `${path}.${process.pid}`;
  await writeFile(own, String(process.pid));
  try {
    while (!(await linked(own, path))) {
      const owner = Number(await readFile(path, "utf8").catch(() => ""));
      if (isRunning(owner)) throw new StateInUseError(`${state} is in use by another demo (process ${owner})`);
      await rm(path, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** In a container, every run may have the process id of the one before. */
function isRunning(pid: number): boolean {
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
