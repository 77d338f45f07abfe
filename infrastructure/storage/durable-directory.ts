import { randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { GroupCommit } from "../../domain/tuf/group-commit.js";

/**
 * A directory of whole files. Content is written to a temporary file, synced, then linked to its name: a reader
 * sees all of it or nothing. A crashed writer leaves a `.tmp-…` file behind that nobody ever reads.
 */
export class DurableDirectory {
  /** Concurrent writers share one sync of the directory; each by one that began after its own change. */
  readonly #sync = new GroupCommit(() => syncDirectory(this.path));

  constructor(readonly path: string) {}

  /** Creates a file where none is; whether it did. Durable after the next `sync`. */
  async create(name: string, bytes: Uint8Array): Promise<boolean> {
    await mkdir(this.path, { recursive: true });
    const temporary = join(this.path, `.tmp-${randomBytes(9).toString("hex")}`);
    try {
      await writeSynced(temporary, bytes);
      await link(temporary, join(this.path, name));
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Moves a file over what `target` has under `to`; `false` where somebody else moved or removed it first. */
  async move(name: string, target: DurableDirectory, to: string): Promise<boolean> {
    try {
      await rename(join(this.path, name), join(target.path, to));
      return true;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return false;
      throw error;
    }
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.path, name));
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async names(): Promise<readonly string[]> {
    await mkdir(this.path, { recursive: true });
    return readdir(this.path);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true });
  }

  /** Makes all changes of names so far durable. */
  sync(): Promise<void> {
    return this.#sync.run();
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
