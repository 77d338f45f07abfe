import { sameBytes } from "../../../domain/distinction/types/binary-type.js";
import { rootUnsigned, TufError } from "../../../domain/tuf/errors.js";
import type { MetadataFiles } from "../../../domain/tuf/metadata-files.js";
import { NOTHING_EXPORTED, publishedName } from "../../../domain/tuf/publish-plan.js";
import type { TrustStore } from "../../../domain/tuf/trust-store.js";
import type { ExportPosition, FileReference, TufStore } from "../../../domain/tuf/tuf-store.js";
import { rereading, storedFiles, type StoredFilePorts } from "./stored-files.js";

export interface DamagePorts extends StoredFilePorts {
  readonly store: TufStore;
  readonly trust: Pick<TrustStore, "releasedRoot">;
  readonly files: Pick<MetadataFiles, "read">;
}

/** Held in memory at a time. */
const FILES_PER_GROUP = 160;
/** Where others publish meanwhile, what is current changes while it is read. */
const MOST_READINGS = 5;

/**
 * Compares everything current with the database, and changes nothing.
 * @returns the names of files that storage lacks, or that are other files there, in order; those too that an interrupted publish
 *   has not put there yet
 * @throws {TufError} REPOSITORY_NOT_FOUND, ROOT_UNSIGNED, CORRUPT_REPOSITORY, STORAGE_UNAVAILABLE, PUBLISH_CONTENDED where others
 *   publish all the time
 */
export async function damagedFiles(ports: DamagePorts, repository: string): Promise<readonly string[]> {
  const { store, trust } = ports;
  for (let reading = 0; reading < MOST_READINGS; reading++) {
    const recorded = await store.exportPosition(repository);
    const released = await trust.releasedRoot(repository);
    if (released === 0) {
      throw rootUnsigned(repository);
    }
    const damaged = await rereading(() => damagedUpTo(ports, repository, released));
    if (damaged.length === 0 || isSame(recorded, await store.exportPosition(repository))) return damaged.toSorted();
  }
  throw new TufError(
    "PUBLISH_CONTENDED",
    `repository ${repository} changed ${MOST_READINGS} times while it was compared`,
  );
}

/** @param root the newest that may be published */
async function damagedUpTo(ports: DamagePorts, repository: string, root: number): Promise<readonly string[]> {
  const { files } = await ports.store.exportBacklog(repository, NOTHING_EXPORTED);
  const current = files.filter(({ role, metadataVersion }) => role !== "root" || metadataVersion <= root);
  const damaged: string[] = [];
  for (let start = 0; start < current.length; start += FILES_PER_GROUP) {
    damaged.push(...(await damagedOf(ports, repository, current.slice(start, start + FILES_PER_GROUP))));
  }
  return damaged;
}

async function damagedOf(
  ports: DamagePorts,
  repository: string,
  references: readonly FileReference[],
): Promise<readonly string[]> {
  const damaged: string[] = [];
  for (const file of await storedFiles(ports, repository, references)) {
    const name = publishedName(file);
    const published = await ports.files.read(name);
    if (published === undefined || !sameBytes(published, file.bytes)) damaged.push(name);
  }
  return damaged;
}

function isSame(one: ExportPosition, other: ExportPosition): boolean {
  return one.root === other.root && one.snapshot === other.snapshot && one.timestamp === other.timestamp;
}
