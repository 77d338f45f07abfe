import { sameBytes } from "../../../../domain/distinction/types/binary-type.js";
import { TufError } from "../../../../domain/tuf/errors.js";
import type { MetadataFiles, NamedFile } from "../../../../domain/tuf/metadata-files.js";
import { publishedName } from "../../../../domain/tuf/publish-plan.js";
import type { FileReference, StoredFile } from "../../../../domain/tuf/tuf-store.js";
import { inParallel } from "../../in-parallel.js";
import type { RecentFiles } from "./recent-files.js";
import { storedFiles, type StoredFilePorts } from "../stored-files.js";

export interface PutPorts extends StoredFilePorts {
  readonly files: MetadataFiles;
}

/** Files that are held in memory and put together: no fewer than a publish at once has, so that it waits for one sync. */
const FILES_PER_GROUP = 160;
/** Of files that others committed beside ours, and are probably putting, too: what is there once a group has its turn is not written again. */
const OTHERS_PER_GROUP = 32;
const FILES_AT_A_TIME = 16;

type Phases = readonly (readonly FileReference[])[];

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
    readonly isMending: boolean,
  ) {}

  /**
   * @param phases no file is visible before those of all earlier phases were
   * @throws {TufError} CORRUPT_REPOSITORY; STORAGE_UNAVAILABLE where storage goes on losing what it acknowledges
   */
  async putAll(phases: Phases): Promise<void> {
    let left = phases;
    for (let round = 0; round < MOST_PUTS; round++) {
      const lengths = await this.#put(left);
      const lost = new Set(await this.#lost(left.flat(), lengths));
      if (lost.size === 0) return;
      left = left.map((phase) => phase.filter((reference) => lost.has(reference)));
    }
    const [first, ...others] = left.flat().map(publishedName);
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    throw new TufError("STORAGE_UNAVAILABLE", `storage took ${first}${more} ${MOST_PUTS} times, and does not have it`);
  }

  /** As it is read from the database, once its bytes are what was recorded of them. */
  async whole(references: readonly FileReference[]): Promise<readonly StoredFile[]> {
    const kept = references.flatMap((reference) => this.recent.get(reference) ?? []);
    const unread = references.filter((reference) => !this.#isOurs(reference));
    return [...kept, ...(await storedFiles(this.ports, this.repository, unread))];
  }

  /** Answers the lengths of the files by name. */
  async #put(phases: Phases): Promise<ReadonlyMap<string, number>> {
    const lengths = new Map<string, number>();
    for (const group of this.#groups(phases)) {
      const whole = await Promise.all(group.map((phase) => this.whole(phase)));
      for (const file of whole.flat()) lengths.set(publishedName(file), file.length);
      const named = whole.map((phase) => phase.map((file) => ({ name: publishedName(file), bytes: file.bytes })));
      await inParallel(named.flat(), FILES_AT_A_TIME, (file) => this.#mend(file));
      this.written.push(...(await this.ports.files.putAll(named)));
    }
    return lengths;
  }

  /** Where others put as well, our files of a phase come first: many of theirs will be there by then. */
  *#groups(phases: Phases): Generator<Phases> {
    const isOurs = (reference: FileReference): boolean => this.#isOurs(reference);
    const haveOurs = phases.some((phase) => phase.some(isOurs));
    let together: (readonly FileReference[])[] = [];
    for (const phase of phases) {
      const others = haveOurs ? phase.filter((reference) => !isOurs(reference)) : [];
      if (others.length <= OTHERS_PER_GROUP) {
        together.push(phase);
        continue;
      }
      yield* inGroups([...together, phase.filter(isOurs)], FILES_PER_GROUP);
      yield* inGroups([others], OTHERS_PER_GROUP);
      together = [];
    }
    yield* inGroups(together, FILES_PER_GROUP);
  }

  #isOurs(reference: FileReference): boolean {
    return this.recent.get(reference) !== undefined;
  }

  /**
   * Where this one is mending, replaces other content, until storage shows it; what is missing is added with the rest, and so is
   * found what storage goes on losing.
   */
  async #mend({ name, bytes }: NamedFile): Promise<void> {
    if (!this.isMending) return;
    const { files } = this.ports;
    let isPut = false;
    for (let round = 0; ; round++) {
      const published = await files.read(name);
      if (published === undefined || sameBytes(published, bytes)) {
        if (isPut && published !== undefined) this.written.push(name);
        return;
      }
      if (round === MOST_PUTS) return;
      isPut = (await files.restore(name, bytes, published)) || isPut;
    }
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

/** The same phases in groups of at most `size` files. */
function* inGroups(phases: Phases, size: number): Generator<Phases> {
  let group: (readonly FileReference[])[] = [];
  let room = size;
  for (const phase of phases) {
    for (let start = 0; start < phase.length;) {
      const part = phase.slice(start, start + room);
      group.push(part);
      start += part.length;
      room -= part.length;
      if (room > 0) continue;
      yield group;
      group = [];
      room = size;
    }
  }
  if (group.length > 0) yield group;
}
