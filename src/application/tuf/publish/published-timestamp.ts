import { TufError } from "../../../../domain/tuf/errors.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { MetadataFiles } from "../../../../domain/tuf/metadata-files.js";
import { meetsThreshold } from "../../../../domain/tuf/threshold.js";
import { delegated } from "../import/trusted-reader.js";
import { clientsRoot, type ClientsRootPorts } from "./clients-root.js";

export interface PublishedTimestamp {
  /** Its metadata version; 0 where there is none, or none that a client would accept. */
  readonly version: number;
  /** What is there; `undefined` where nothing is. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * The timestamp that is published, as it describes itself: version 0 where it cannot be read, but its signatures are not checked.
 * @throws {TufError} STORAGE_UNAVAILABLE
 */
export async function statedTimestamp({
  files,
  codec,
}: {
  readonly files: Pick<MetadataFiles, "read">;
  readonly codec: Pick<MetadataCodec, "decode">;
}): Promise<PublishedTimestamp> {
  const bytes = await files.read("timestamp.json");
  if (bytes === undefined) return { version: 0, bytes };
  try {
    return { version: codec.decode("timestamp", bytes).signed.version, bytes };
  } catch (error) {
    if (error instanceof TufError && error.code === "INVALID_METADATA") return { version: 0, bytes };
    throw error;
  }
}

/**
 * As `statedTimestamp`, but a version that nobody committed counts only where the timestamp is signed as clients want it: then
 * the database forgot what they have seen. Else it is damage, which no client accepts.
 * @param known a version up to which nothing need be looked at
 * @throws {TufError} REPOSITORY_NOT_FOUND, CORRUPT_REPOSITORY, STORAGE_UNAVAILABLE
 */
export async function publishedTimestamp(
  ports: ClientsRootPorts,
  repository: string,
  known: number,
): Promise<PublishedTimestamp> {
  const stated = await statedTimestamp(ports);
  if (stated.bytes === undefined || stated.version <= known) return stated;
  const [committed] = await ports.store.roleStates(repository, ["timestamp"]);
  if (stated.version <= (committed?.metadataVersion ?? 0)) return stated;
  const root = await clientsRoot(ports, repository);
  if (root === undefined) return stated;
  const { signedBytes, signatures } = ports.codec.decode("timestamp", stated.bytes);
  const isAccepted = meetsThreshold(delegated(root, "timestamp"), signedBytes, signatures, ports.verifier);
  return isAccepted ? stated : { ...stated, version: 0 };
}
