import type { S3Client } from "@aws-sdk/client-s3";
import { corrupt } from "../../domain/tuf/errors.js";
import type { MetadataFiles, NamedFile } from "../../domain/tuf/metadata-files.js";
import { checkPublishedName, checkRemovableName, checkVersionedName, TIMESTAMP_FILE } from "./published-name.js";
import { S3Objects } from "./s3-objects.js";
import { versionIn } from "./timestamp-version.js";

export interface S3StorageOptions {
  readonly bucket: string;
  /** What object keys begin with, its slash included: `metadata/`. None by default. */
  readonly prefix?: string;
}

/** Each round means that another writer came between. */
const MAX_ROUNDS = 1_000;

const PUTS_AT_A_TIME = 16;

/**
 * Published files in an S3 bucket, or in any storage of its kind with conditional writes (`If-None-Match: *` and
 * `If-Match`); that it has them is checked before the first write. Time limits and retries of requests are the client's.
 */
export class S3MetadataFiles implements MetadataFiles {
  readonly #objects: S3Objects;

  /** @param client with credentials that allow GetObject, PutObject, DeleteObject and ListBucket (without it, S3 does not
   *   tell that a file is not there) */
  constructor(client: Pick<S3Client, "send">, { bucket, prefix = "" }: S3StorageOptions) {
    this.#objects = new S3Objects(client, bucket, prefix);
  }

  async putAll(phases: readonly (readonly NamedFile[])[]): Promise<readonly string[]> {
    for (const { name } of phases.flat()) checkVersionedName(name);
    const created: string[] = [];
    for (const phase of phases) {
      for (let start = 0; start < phase.length; start += PUTS_AT_A_TIME) {
        const outcomes = await Promise.allSettled(
          phase.slice(start, start + PUTS_AT_A_TIME).map(async (file) => {
            if (await this.#put(file)) created.push(file.name);
          }),
        );
        for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
      }
    }
    return created;
  }

  /** Whether the file is new. */
  async #put({ name, bytes }: NamedFile): Promise<boolean> {
    if (await this.#objects.create(name, bytes)) return true;
    const published = await this.#objects.read(name);
    if (published !== undefined && equal(published.bytes, bytes)) return false;
    throw corrupt(`published file ${name} has other content than the database`);
  }

  /**
   * Only upward, however slow a writer is: it names the very content that it found to be older, and the storage refuses
   * it where that is no longer there. No content comes back, because each states its version and versions only rise.
   * A write whose answer was lost, and which the client repeated, counts as another's.
   */
  async replaceTimestamp(metadataVersion: number, bytes: Uint8Array): Promise<boolean> {
    if (versionIn(bytes) !== metadataVersion) throw corrupt(`timestamp ${metadataVersion} states another version`);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const published = await this.#objects.read(TIMESTAMP_FILE);
      const version = published === undefined ? 0 : versionIn(published.bytes);
      if (version === metadataVersion && !equal(published!.bytes, bytes)) {
        throw corrupt(`published timestamp ${metadataVersion} has other content than the database`);
      }
      if (version >= metadataVersion) return false;
      if (await this.#objects.replace(TIMESTAMP_FILE, bytes, published?.etag)) return true;
    }
    throw corrupt(`published ${TIMESTAMP_FILE} does not rise to ${metadataVersion}`);
  }

  /** One request each: not every storage of this kind has the one for many. */
  async remove(names: readonly string[]): Promise<void> {
    names.forEach(checkRemovableName);
    await Promise.all(names.map((name) => this.#objects.remove(name)));
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    checkPublishedName(name);
    return (await this.#objects.read(name))?.bytes;
  }

  async lengthOf(name: string): Promise<number | undefined> {
    checkPublishedName(name);
    return this.#objects.lengthOf(name);
  }

  /** Conditional as every write: of two repairs that race one finds the work done, and one that comes late takes nothing back. */
  async restore(name: string, bytes: Uint8Array, damaged: Uint8Array): Promise<boolean> {
    checkPublishedName(name);
    const published = await this.#objects.read(name);
    if (published === undefined || !equal(published.bytes, damaged)) return false;
    return this.#objects.replace(name, bytes, published.etag);
  }
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
