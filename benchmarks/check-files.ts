import { randomBytes } from "node:crypto";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Options } from "./options.js";

export type Files = Pick<Options, "report" | "json">;

/** More than the largest report came to. */
const ROOM = 16 * 2 ** 20;

/**
 * Makes sure, before a run of many minutes, that what comes of it can be written.
 *
 * @throws Error where a folder is missing or closed to us, a disk is full, or a folder has the name of the file or a file that of a folder
 */
export async function checkFiles({ report, json }: Files): Promise<void> {
  const found = json === undefined ? undefined : await stat(json).catch(() => undefined);
  if (found?.isDirectory()) throw new Error(`${json} is a folder`);
  for (const folder of [report, ...(json === undefined ? [] : [dirname(json)])]) {
    const file = await fileAmong(folder);
    if (file !== undefined) throw new Error(`nothing can be written into ${folder}: ${file} is a file, not a folder`);
    const probe = join(folder, `.room-${randomBytes(4).toString("hex")}`);
    try {
      if (folder === report) await mkdir(report, { recursive: true });
      await writeFile(probe, Buffer.alloc(ROOM));
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`nothing can be written into ${folder}: ${message}`, { cause: error });
    } finally {
      await rm(probe, { force: true }).catch(() => undefined);
    }
  }
}

/** What of a path is there and no folder, so that nothing can be below it: the path itself, or what it leads through. */
async function fileAmong(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined) return found.isDirectory() ? undefined : path;
  const parent = dirname(path);
  return parent === path ? undefined : fileAmong(parent);
}
