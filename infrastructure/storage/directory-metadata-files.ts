import { join } from "node:path";
import type { Clock } from "../../domain/distinction/clock.js";
import { TufError } from "../../domain/tuf/errors.js";
import type { MetadataFiles, NamedFile } from "../../domain/tuf/metadata-files.js";
import { DurableDirectory } from "./durable-directory.js";
import { checkPublishedName, checkRemovableName, checkVersionedName, TIMESTAMP_FILE } from "./published-name.js";
import { putAll } from "./put-all.js";
import { TimestampFile } from "./timestamp-file.js";

/** Published files in a directory that any web server can serve. Hidden names in it are ours and not to be served. */
export class DirectoryMetadataFiles implements MetadataFiles {
  readonly #files: DurableDirectory;
  readonly #timestamp: TimestampFile;

  /** @param clock tells old temporary files from those that are being written */
  constructor(
    private readonly directory: string,
    clock: Pick<Clock, "now">,
  ) {
    this.#files = new DurableDirectory(directory, clock);
    this.#timestamp = new TimestampFile(this.#files, new DurableDirectory(join(directory, ".timestamps"), clock));
  }

  async prepare(files: readonly NamedFile[]): Promise<void> {
    const timestamp = files.find(({ name }) => name === TIMESTAMP_FILE);
    const versioned = files.filter((file) => file !== timestamp);
    for (const { name } of versioned) checkVersionedName(name);
    await Promise.all([this.#files.prepare(versioned), this.#timestamp.prepare(timestamp?.bytes)]);
  }

  async discardPrepared(): Promise<void> {
    await Promise.all([this.#files.discardPrepared(), this.#timestamp.prepare(undefined)]);
  }

  async putAll(phases: readonly (readonly NamedFile[])[]): Promise<readonly string[]> {
    for (const { name } of phases.flat()) checkVersionedName(name);
    return this.#told(putAll(this.#files, phases));
  }

  async replaceTimestamp(metadataVersion: number, bytes: Uint8Array): Promise<boolean> {
    return this.#told(this.#timestamp.raise(metadataVersion, bytes));
  }

  async remove(names: readonly string[]): Promise<void> {
    names.forEach(checkRemovableName);
    await this.#told(Promise.all(names.map((name) => this.#files.remove(name))));
    if (names.length > 0) await this.#told(this.#files.sync());
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    checkPublishedName(name);
    return this.#told(this.#files.read(name));
  }

  async lengthOf(name: string): Promise<number | undefined> {
    checkPublishedName(name);
    return this.#told(this.#files.lengthOf(name));
  }

  async restore(name: string, bytes: Uint8Array, damaged: Uint8Array): Promise<boolean> {
    checkPublishedName(name);
    if (name === TIMESTAMP_FILE) return this.#told(this.#timestamp.restore(bytes, damaged));
    const published = await this.read(name);
    if (published === undefined || Buffer.compare(published, damaged) !== 0) return false;
    await this.#told(this.#files.replace(name, bytes));
    await this.#told(this.#files.sync());
    return true;
  }

  /** @throws {TufError} STORAGE_UNAVAILABLE for what the system refuses */
  async #told<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (error instanceof TufError || code === undefined || syscall === undefined) throw error;
      throw new TufError("STORAGE_UNAVAILABLE", `${this.directory} cannot be used (${code})`, { cause: error });
    }
  }
}
