import { randomUUID } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";

/** Thrown where a running process has the lock. */
export class LockedError extends Error {
  constructor(readonly owner: number) {
    super(`process ${owner} has it`);
  }
}

/** What this process has, or tries to get. */
const own = new Set<string>();

/**
 * Keeps the file `path`, which holds this process's id, until what it answers is called. One whose process is gone is taken
 * over.
 *
 * @throws LockedError
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  if (own.has(path)) throw new LockedError(process.pid);
  own.add(path);
  const release = async (): Promise<void> => {
    await rm(path, { force: true });
    own.delete(path);
  };
  try {
    while (!(await linked(path))) await removeStale(path);
    return release;
  } catch (error) {
    own.delete(path);
    throw error;
  }
}

/** Under a lock of its own, or the second of two who found the same lock stale would remove what the first one took. */
async function removeStale(path: string): Promise<void> {
  if (!(await isStale(path))) return;
  const release = await takeLock(`${path}.takeover`);
  try {
    if (await isStale(path)) await rm(path, { force: true });
  } finally {
    await release();
  }
}

/**
 * Not where it is gone by now: the next one there is somebody's.
 *
 * @throws LockedError
 */
async function isStale(path: string): Promise<boolean> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return false;
  if (isRunning(Number(text))) throw new LockedError(Number(text));
  return true;
}

/** Linked when it is whole: a process that is killed in between leaves no lock without an owner. */
async function linked(path: string): Promise<boolean> {
  const whole = `${path}.${randomUUID()}`;
  try {
    await writeFile(whole, String(process.pid));
    await link(whole, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(whole, { force: true });
  }
}

/** In a container, every run may have the process id of the one before: a lock of this id that is not our own is stale. */
function isRunning(pid: number): boolean {
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
