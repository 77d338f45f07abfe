import { TufError } from "../../domain/tuf/errors.js";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";
import { publishedName } from "../../domain/tuf/publish-plan.js";
import type { FileReference, MetadataFile } from "../../domain/tuf/tuf-store.js";
import { inParallel } from "./in-parallel.js";
import type { RecentFiles } from "./recent-files.js";
import { storedFiles, type StoredFilePorts } from "./stored-files.js";

export interface PutPorts extends StoredFilePorts {
  readonly files: MetadataFiles;
}

const FILES_PER_GROUP = 16;
const FILES_AT_A_TIME = 16;

/** How often a file is put that storage acknowledges and then does not have. */
const MOST_PUTS = 3;

/** Puts versioned files out of the database, until storage has them: clients are led to none that is not there. */
export class FilePutter {
  /** Names of the files that were added or replaced. */
  readonly written: string[] = [];

  /**
   * @param recent files that need not be read from the database
   * @param isMending whether what has other content is replaced, and not only what is missing is added
   */
  constructor(
    private readonly ports: PutPorts,
    private readonly repository: string,
    private readonly recent: RecentFiles,
    private readonly isMending: boolean,
  ) {}

  /**
   * @throws {TufError} CORRUPT_REPOSITORY; STORAGE_UNAVAILABLE where storage goes on losing what it acknowledges
   */
  async putAll(references: readonly FileReference[]): Promise<void> {
    let left = references;
    for (let round = 0; round < MOST_PUTS; round++) {
      const lengths = await this.#put(left);
      left = await this.#lost(left, lengths);
      if (left.length === 0) return;
    }
    const [first] = left.map(publishedName);
    const others = left.length === 1 ? "" : ` and ${left.length - 1} more`;
    throw new TufError(
      "STORAGE_UNAVAILABLE",
      `storage took ${first}${others} ${MOST_PUTS} times, and does not have it`,
    );
  }

  /** As it is read from the database, once its bytes are what was recorded of them. */
  async whole(references: readonly FileReference[]): Promise<readonly MetadataFile[]> {
    const kept = references.flatMap((reference) => this.recent.get(reference) ?? []);
    const unread = references.filter((reference) => this.recent.get(reference) === undefined);
    return [...kept, ...(await storedFiles(this.ports, this.repository, unread))];
  }

  /** Answers the lengths of the files by name. */
  async #put(references: readonly FileReference[]): Promise<ReadonlyMap<string, number>> {
    const lengths = new Map<string, number>();
    for (let start = 0; start < references.length; start += FILES_PER_GROUP) {
      const files = await this.whole(references.slice(start, start + FILES_PER_GROUP));
      for (const file of files) lengths.set(publishedName(file), file.length);
      await inParallel(files, FILES_AT_A_TIME, async (file) => {
        if (await this.#putOne(publishedName(file), file.bytes)) this.written.push(publishedName(file));
      });
    }
    return lengths;
  }

  async #putOne(name: string, bytes: Uint8Array): Promise<boolean> {
    const { files } = this.ports;
    const published = this.isMending ? await files.read(name) : undefined;
    if (published === undefined) return files.putIfAbsent(name, bytes);
    if (isSame(published, bytes)) return false;
    await files.restore(name, bytes);
    return true;
  }

  async #lost(
    references: readonly FileReference[],
    lengths: ReadonlyMap<string, number>,
  ): Promise<readonly FileReference[]> {
    const found = await inParallel(references, FILES_AT_A_TIME, (reference) =>
      this.ports.files.lengthOf(publishedName(reference)),
    );
    return references.filter((reference, index) => found[index] !== lengths.get(publishedName(reference)));
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
