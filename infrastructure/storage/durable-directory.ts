import { randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { GroupCommit } from "../../domain/tuf/group-commit.js";

/**
 * A directory of whole files. Content is written to a temporary file, synced, then linked or renamed to its name: a reader
 * sees all of it or nothing. A crashed writer leaves a `.tmp-…` file behind that nobody ever reads.
 */
export class DurableDirectory {
  /** Concurrent writers share one sync of the directory; each by one that began after its own change. */
  readonly #sync = new GroupCommit(() => syncDirectory(this.path));

  constructor(readonly path: string) {}

  /** Creates a file where none is; whether it did. Durable after the next `sync`. */
  async create(name: string, bytes: Uint8Array): Promise<boolean> {
    return this.withTemporary(async (temporary) => {
      await writeSynced(temporary, bytes);
      try {
        await link(temporary, join(this.path, name));
        return true;
      } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw error;
      }
    });
  }

  /** Puts a file under `name`, replacing what is there. Durable after the next `sync`. */
  async replace(name: string, bytes: Uint8Array): Promise<void> {
    await this.withTemporary(async (temporary) => {
      await writeSynced(temporary, bytes);
      await rename(temporary, join(this.path, name));
    });
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

  private async withTemporary<T>(use: (temporary: string) => Promise<T>): Promise<T> {
    await mkdir(this.path, { recursive: true });
    const temporary = join(this.path, `.tmp-${randomBytes(9).toString("hex")}`);
    try {
      return await use(temporary);
    } finally {
      await rm(temporary, { force: true });
    }
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
