import { join } from "node:path";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";
import { DurableDirectory } from "./durable-directory.js";
import { checkPublishedName, checkVersionedName } from "./published-name.js";
import { putIfAbsent } from "./put-if-absent.js";
import { TimestampFile } from "./timestamp-file.js";

/** Published files in a directory that any web server can serve. Hidden names in it are ours and not to be served. */
export class DirectoryMetadataFiles implements MetadataFiles {
  readonly #files: DurableDirectory;
  readonly #timestamp: TimestampFile;

  constructor(directory: string) {
    this.#files = new DurableDirectory(directory);
    this.#timestamp = new TimestampFile(this.#files, new DurableDirectory(join(directory, ".timestamps")));
  }

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean> {
    checkVersionedName(name);
    return putIfAbsent(this.#files, name, bytes);
  }

  async replaceTimestamp(metadataVersion: number, bytes: Uint8Array): Promise<boolean> {
    return this.#timestamp.raise(metadataVersion, bytes);
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    checkPublishedName(name);
    return this.#files.read(name);
  }
}
