import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { TufError } from "../../domain/tuf/errors.js";
import type { ForeignFiles } from "../../domain/tuf/foreign-files.js";

/** Metadata that other tools wrote into one directory, as python-tuf, go-tuf, tuf-js and RSTUF lay it out. Read only. */
export class ForeignDirectory implements ForeignFiles {
  constructor(private readonly directory: string) {}

  async read(name: string): Promise<Uint8Array | undefined> {
    if (name !== basename(name) || !name.endsWith(".json")) {
      throw new TufError("INVALID_NAME", `${JSON.stringify(name.slice(0, 80))} is no name of a metadata file`);
    }
    try {
      return await readFile(join(this.directory, name));
    } catch (error) {
      const { code = "unknown error" } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      throw new TufError("STORAGE_UNAVAILABLE", `${this.directory} cannot be read (${code})`, { cause: error });
    }
  }
}
