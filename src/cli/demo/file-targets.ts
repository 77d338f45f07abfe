import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import type { Target } from "../../../domain/tuf/target.js";
import type { TufRepositoryService } from "../../application/tuf/tuf-repository-service.js";
import type { PackageFile, Unusable } from "./installed-packages.js";

/** Targets added in one call, and calls under way at a time. */
const FILES_PER_TASK = 250;
const TASKS_AT_A_TIME = 8;

export interface AddedFiles {
  /** What the files are now: the oracle that the published metadata is compared with. */
  readonly targets: ReadonlyMap<string, Target>;
  readonly unusable: readonly Unusable[];
}

/** Hashes files and adds them as targets, by several concurrent tasks. */
export async function addFiles(
  repository: TufRepositoryService,
  root: string,
  files: readonly PackageFile[],
  signal: AbortSignal,
  onAdded: (files: number) => void,
): Promise<AddedFiles> {
  const targets = new Map<string, Target>();
  const unusable: Unusable[] = [];
  const tasks = lots(files, FILES_PER_TASK);
  const work = async (): Promise<void> => {
    for (const task of tasks) {
      signal.throwIfAborted();
      const hashed = new Map<string, Target>();
      for (const { path } of task) {
        await fileTarget(join(root, path), signal).then(
          (target) => hashed.set(path, target),
          (error: NodeJS.ErrnoException) => {
            signal.throwIfAborted();
            unusable.push({ path, reason: error.code ?? error.name });
          },
        );
      }
      const refused = await addAccepted(repository, hashed);
      unusable.push(...refused);
      for (const { path } of refused) hashed.delete(path);
      for (const [path, target] of hashed) targets.set(path, target);
      onAdded(task.length);
    }
  };
  await Promise.all(Array.from({ length: TASKS_AT_A_TIME }, work));
  return { targets, unusable };
}

/** Adds targets at once; where one is refused, one by one, so that it does not hold up the others. */
async function addAccepted(
  repository: TufRepositoryService,
  targets: ReadonlyMap<string, Target>,
): Promise<readonly Unusable[]> {
  try {
    await repository.add(targets);
    return [];
  } catch (error) {
    if (!(error instanceof Error) || !("faults" in error)) throw error;
    if (targets.size === 1) return [...targets.keys()].map((path) => ({ path, reason: error.message }));
    const refused = await Promise.all([...targets].map((target) => addAccepted(repository, new Map([target]))));
    return refused.flat();
  }
}

async function fileTarget(path: string, signal: AbortSignal): Promise<Target> {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.length;
  }
  return { length, sha256: hash.digest("hex") };
}

/** Shared by all workers: each takes the next lot when it is free. */
function* lots<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
