import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { TargetEntry } from "../../../domain/tuf/metadata-document.js";
import type { Target } from "../../../domain/tuf/target.js";

/** Reads a file once, in pieces. */
export async function describeFile(file: string, signal?: AbortSignal): Promise<Target> {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of createReadStream(file, { signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.length;
  }
  return { length, sha256: hash.digest("hex") };
}

/** Where clients ask for a target: `<directory>/HASH.name` (TUF 1.0.33 §6.2). */
export function storedAs(directory: string, path: string, sha256: string): string {
  return join(directory, dirname(path), `${sha256}.${basename(path)}`);
}

/**
 * Puts a copy where clients ask for it, whole or not at all.
 * @param path checked already: it leads nowhere else
 * @throws where the file is no longer what `target` says
 */
export async function storeFile(
  file: string,
  directory: string,
  path: string,
  { sha256 }: Target,
  signal: AbortSignal,
): Promise<void> {
  const stored = storedAs(directory, path, sha256);
  await mkdir(dirname(stored), { recursive: true });
  const temporary = join(dirname(stored), `.${randomBytes(8).toString("hex")}.tmp`);
  try {
    const hash = createHash("sha256");
    const copy = await open(temporary, "wx");
    try {
      for await (const chunk of createReadStream(file, { signal }) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        await copy.writeFile(chunk);
      }
      await copy.sync();
    } finally {
      await copy.close();
    }
    if (hash.digest("hex") !== sha256) throw new ChangedFileError(`${file} changed while it was read`);
    await rename(temporary, stored);
  } finally {
    await rm(temporary, { force: true });
  }
}

class ChangedFileError extends Error {
  readonly code = "FILE_CHANGED";
}

/** Whether the file that clients ask for is there, and is what its metadata says. */
export async function isStoredAs(directory: string, path: string, target: TargetEntry): Promise<boolean> {
  const { sha256 } = target.hashes;
  if (sha256 === undefined) return false;
  try {
    const found = await describeFile(storedAs(directory, path, sha256));
    return found.length === target.length && found.sha256 === sha256;
  } catch {
    return false;
  }
}
