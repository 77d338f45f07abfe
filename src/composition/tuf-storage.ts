import type { Clock } from "../../domain/distinction/clock.js";
import { DistinctionError } from "../../domain/distinction/errors.js";
import { TufError } from "../../domain/tuf/errors.js";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";
import { DirectoryMetadataFiles } from "../../infrastructure/storage/directory-metadata-files.js";

interface S3Place {
  readonly bucket: string;
  readonly prefix: string;
}

/**
 * Where metadata is published, by text: a directory, or `s3://bucket/prefix` with credentials, region and endpoint where the
 * SDK looks for them.
 * @throws {TufError} INVALID_NAME for an address that names no bucket
 */
export function tufStorage(storage: string | MetadataFiles, clock: Pick<Clock, "now">): MetadataFiles {
  if (typeof storage !== "string") return storage;
  if (!storage.startsWith("s3://")) return new DirectoryMetadataFiles(storage, clock);
  return opened(s3Place(storage));
}

/** A prefix stands for a folder: it ends with a slash, whether or not that was typed. */
function s3Place(address: string): S3Place {
  const [, bucket, path = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(address) ?? [];
  if (bucket === undefined) {
    throw new TufError(
      "INVALID_NAME",
      `${JSON.stringify(address.slice(0, 80))} is not s3://bucket or s3://bucket/prefix`,
    );
  }
  return { bucket, prefix: path === "" || path.endsWith("/") ? path : `${path}/` };
}

/** Opened on first use, since the package is loaded then: nobody needs it who publishes to a directory. */
function opened(place: S3Place): MetadataFiles {
  let opening: Promise<MetadataFiles> | undefined;
  const files = (): Promise<MetadataFiles> => (opening ??= s3Files(place));
  return {
    putAll: async (phases) => (await files()).putAll(phases),
    replaceTimestamp: async (metadataVersion, bytes) => (await files()).replaceTimestamp(metadataVersion, bytes),
    remove: async (names) => (await files()).remove(names),
    read: async (name) => (await files()).read(name),
    lengthOf: async (name) => (await files()).lengthOf(name),
    restore: async (name, bytes, damaged) => (await files()).restore(name, bytes, damaged),
  };
}

async function s3Files({ bucket, prefix }: S3Place): Promise<MetadataFiles> {
  try {
    const { S3Client } = await import("@aws-sdk/client-s3");
    const { S3MetadataFiles } = await import("../../infrastructure/storage/s3-metadata-files.js");
    return new S3MetadataFiles(new S3Client({}), { bucket, prefix });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    const needed = "@aws-sdk/client-s3";
    throw new DistinctionError("DRIVER_MISSING", `s3://${bucket} needs the package ${needed}: npm install ${needed}`);
  }
}
