import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { MetadataFiles } from "../../../../domain/tuf/metadata-files.js";

export interface PublishedPorts {
  readonly files: Pick<MetadataFiles, "read">;
  readonly codec: Pick<MetadataCodec, "decode">;
}

/**
 * Metadata version of the published timestamp; 0 where there is none.
 * @throws {TufError} INVALID_METADATA, STORAGE_UNAVAILABLE
 */
export async function publishedTimestamp({ files, codec }: PublishedPorts): Promise<number> {
  const bytes = await files.read("timestamp.json");
  return bytes === undefined ? 0 : codec.decode("timestamp", bytes).signed.version;
}
