/** A versioned file, by the name that readers ask for. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Port: the published files. Names are `<version>.<role>.json` and `timestamp.json`; others are refused (INVALID_NAME).
 * What a method has answered is durable, and a reader sees a whole file or none. Storage that forgets what it has acknowledged
 * is noticed all the same, as far as `lengthOf` tells: see `exportTufRepository`.
 */
export interface MetadataFiles {
  /**
   * Writes what will probably be put next, where no reader sees it, so that putting the same bytes has less to wait for. Takes
   * the place of what was prepared before. Storage that gains nothing by it lacks this method.
   * @param files versioned ones, and `timestamp.json`
   * @returns once all of it is written. That it fails concerns nobody: who puts the file then writes it
   */
  prepare?(files: readonly NamedFile[]): Promise<void>;

  /** Takes back what was prepared and has not been put. */
  discardPrepared?(): Promise<void>;

  /**
   * Publishes versioned files. Identical content under a name is fine.
   * @param phases no file is visible before those of all earlier phases are; those of one phase come in any order
   * @returns the names of the files that are new
   * @throws {TufError} CORRUPT_REPOSITORY where other content is published under one of the names
   */
  putAll(phases: readonly (readonly NamedFile[])[]): Promise<readonly string[]>;

  /**
   * Publishes a timestamp, which makes everything it names reachable. Only upward: where a newer timestamp is published,
   * nothing changes.
   * @param metadataVersion of the timestamp in `bytes`
   * @returns whether this call made `bytes` the published timestamp
   * @throws {TufError} CORRUPT_REPOSITORY where the same version is published with other content
   */
  replaceTimestamp(metadataVersion: number, bytes: Uint8Array): Promise<boolean>;

  /**
   * Takes back versioned files that no client needs any more; those that are not there are fine.
   * @param names of roles other than root, whose files stay for ever (INVALID_NAME)
   */
  remove(names: readonly string[]): Promise<void>;

  /** The bytes of a published file, or `undefined`. */
  read(name: string): Promise<Uint8Array | undefined>;

  /**
   * How many bytes a reader would get, as storage has it now, or `undefined`. Costs less than `read`, and is not answered from
   * memory: it tells whether what was put is there.
   */
  lengthOf(name: string): Promise<number | undefined>;

  /**
   * Puts a file in the place of content that nobody published: for repairs only. Where something else than `damaged` has the name
   * by then, nothing changes, however late the repair comes.
   * @param damaged what was read under the name
   * @returns whether this call put it there
   */
  restore(name: string, bytes: Uint8Array, damaged: Uint8Array): Promise<boolean>;
}
