import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { type Refusal, systemReason } from "./refusal.js";

export interface FoundFile {
  /** Where it is. */
  readonly file: string;
  /** Its target path: from the base, with slashes. */
  readonly path: string;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  readonly refused: readonly Refusal[];
}

/**
 * The files that are named, and all in directories that are named. Links to files are followed, links to directories in a
 * directory are not: they may lead in circles.
 * @param base what target paths are relative to
 */
export async function findFiles(named: readonly string[], base: string, signal: AbortSignal): Promise<FoundFiles> {
  const files: FoundFile[] = [];
  const refused: Refusal[] = [];
  const visit = async (file: string): Promise<void> => {
    signal.throwIfAborted();
    try {
      const found = await stat(file);
      const path = relative(base, file);
      if (found.isFile() && isOutside(path)) refused.push({ path: file, reason: outsideOf(base) });
      else if (found.isFile()) files.push({ file, path: path.split(sep).join("/") });
      else if (!found.isDirectory()) refused.push({ path: file, reason: "is neither a file nor a directory" });
      else await visitAll(file);
    } catch (error) {
      refused.push({ path: file, reason: systemReason(error) });
    }
  };
  const visitAll = async (directory: string): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true });
    for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
      const file = join(directory, entry.name);
      if (entry.isSymbolicLink() && (await stat(file)).isDirectory()) continue;
      await visit(file);
    }
  };
  for (const file of named) await visit(file);
  return { files, refused };
}

/** Another drive's paths stay absolute. */
function isOutside(path: string): boolean {
  return path.startsWith(`..${sep}`) || isAbsolute(path);
}

function outsideOf(base: string): string {
  const place = base === "." ? "the current directory" : base;
  return `is outside of ${place}, which target paths are relative to: name another directory with --base`;
}
