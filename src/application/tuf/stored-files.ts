import { TufError } from "../../../domain/tuf/errors.js";
import { toHex } from "../../../domain/tuf/hex.js";
import type { MetadataCodec } from "../../../domain/tuf/metadata-codec.js";
import { SnapshotHead } from "../../../domain/tuf/snapshot-head.js";
import type { FileReference, StoredFile, TufStore } from "../../../domain/tuf/tuf-store.js";

export interface StoredFilePorts {
  readonly store: Pick<TufStore, "files" | "snapshotMeta">;
  readonly codec: MetadataCodec;
}

/** A file is not in the database, or not as it was committed: it is damaged, or old and was deleted meanwhile. */
export class LostFileError extends TufError {
  constructor(what: string, options?: ErrorOptions) {
    super("CORRUPT_REPOSITORY", what, options);
  }
}

/**
 * Reads again where a file is lost: whoever stands still between learning of a file and reading it may find it replaced and
 * deleted, and then learns of newer ones. What is lost twice is damaged.
 * @throws {LostFileError}
 */
export async function rereading<T>(read: () => Promise<T>): Promise<T> {
  for (const lost = new Set<string>(); ;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof LostFileError) || lost.has(error.message)) throw error;
      lost.add(error.message);
    }
  }
}

/**
 * Files out of the database, whole, once their bytes are what was recorded of them: snapshots are put together again from
 * envelope and differences.
 * @throws {LostFileError} (CORRUPT_REPOSITORY) where one is missing or is not what was committed
 */
export async function storedFiles(
  ports: StoredFilePorts,
  repository: string,
  references: readonly FileReference[],
): Promise<readonly StoredFile[]> {
  if (references.length === 0) return [];
  const stored = await ports.store.files(repository, references);
  return Promise.all(
    references.map(async ({ role, metadataVersion }) => {
      const file = stored.find((candidate) => candidate.role === role && candidate.metadataVersion === metadataVersion);
      if (file === undefined) {
        throw new LostFileError(`${role} ${metadataVersion} is committed, but its file is missing`);
      }
      const bytes = await wholeBytes(ports, repository, file);
      if (bytes.length === file.length && file.sha256 === toHex(ports.codec.sha256(bytes))) return { ...file, bytes };
      throw new LostFileError(`the file of ${role} ${metadataVersion} is not what its SHA-256 says`);
    }),
  );
}

async function wholeBytes(
  { store, codec }: StoredFilePorts,
  repository: string,
  file: StoredFile,
): Promise<Uint8Array> {
  const { role, metadataVersion, bytes, length } = file;
  if (role !== "snapshot" || bytes.length >= length) return bytes;
  const { members } = SnapshotHead.of(await store.snapshotMeta(repository, metadataVersion), codec);
  try {
    return codec.withMeta(bytes, members);
  } catch (error) {
    if (!(error instanceof TufError)) throw error;
    throw new LostFileError(`the file of snapshot ${metadataVersion} is cut off`, { cause: error });
  }
}
