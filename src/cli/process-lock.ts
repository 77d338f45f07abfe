import { link, readFile, rm, writeFile } from "node:fs/promises";

/** Thrown where a running process has the lock. */
export class LockedError extends Error {
  constructor(readonly owner: number) {
    super(`process ${owner} has it`);
  }
}

/**
 * Keeps the file `path`, which holds this process's id, until what it answers is called. One whose process is gone is taken
 * over.
 *
 * @throws LockedError
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  // Linked when it is whole: a process that is killed in between leaves no lock without an owner.
  const own = `${path}.${process.pid}`;
  await writeFile(own, String(process.pid));
  try {
    while (!(await linked(own, path))) {
      const owner = Number(await readFile(path, "utf8").catch(() => ""));
      if (isRunning(owner)) throw new LockedError(owner);
      await rm(path, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
  return () => rm(path, { force: true });
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
