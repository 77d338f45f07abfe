import { corrupt } from "../../domain/tuf/errors.js";
import { toHex } from "../../domain/tuf/hex.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";
import { NOTHING_EXPORTED, planExport, publishedName } from "../../domain/tuf/publish-plan.js";
import type { ExportPosition, FileReference, MetadataFile, TufStore } from "../../domain/tuf/tuf-store.js";
import { inParallel } from "./in-parallel.js";

export interface ExportPorts {
  readonly store: TufStore;
  readonly files: MetadataFiles;
  readonly codec: MetadataCodec;
}

export interface ExportReport {
  /** The committed versions that are now published, or newer ones by somebody else. */
  readonly position: ExportPosition;
  /** Names of the files that this call added or replaced. */
  readonly filesWritten: readonly string[];
}

const FILES_AT_A_TIME = 16;

/**
 * Brings the published files up to what is committed. Files of several exporters are the same files, so any number of
 * them may run, stop anywhere and be run again.
 * @throws {TufError} REPOSITORY_NOT_FOUND, CORRUPT_REPOSITORY
 */
export async function exportTufRepository(ports: ExportPorts, repository: string): Promise<ExportReport> {
  const { store, files } = ports;
  const recorded = await store.exportPosition(repository);
  const published = await publishedTimestamp(ports);
  // Storage behind the record was lost or restored: nothing is known of it, so everything current is put again.
  const from = published >= recorded.timestamp ? recorded : NOTHING_EXPORTED;
  const backlog = await store.exportBacklog(repository, from);
  if (published > backlog.position.timestamp) {
    throw corrupt(`published timestamp ${published} is newer than the database's ${backlog.position.timestamp}`);
  }

  const { phases, timestamp } = planExport(backlog);
  const written: string[] = [];
  const put = async (reference: FileReference): Promise<void> => {
    const { bytes } = await fileOf(ports, repository, reference);
    const name = publishedName(reference);
    const isNew =
      reference === timestamp
        ? await files.replaceTimestamp(reference.metadataVersion, bytes)
        : await files.putIfAbsent(name, bytes);
    if (isNew) written.push(name);
  };
  for (const phase of phases) await inParallel(phase, FILES_AT_A_TIME, put);
  if (timestamp !== undefined) await put(timestamp);
  if (backlog.files.length > 0) await store.recordExport(repository, backlog.position);
  return { position: backlog.position, filesWritten: written };
}

/** Metadata version of the published timestamp; 0 where there is none. */
async function publishedTimestamp({ files, codec }: ExportPorts): Promise<number> {
  const bytes = await files.read("timestamp.json");
  return bytes === undefined ? 0 : codec.decode("timestamp", bytes).signed.version;
}

/** A file out of the database, once its bytes are what was recorded of them. */
async function fileOf(
  { store, codec }: ExportPorts,
  repository: string,
  reference: FileReference,
): Promise<MetadataFile> {
  const { role, metadataVersion } = reference;
  const file = await store.file(repository, role, metadataVersion);
  if (file === undefined) throw corrupt(`${role} ${metadataVersion} is committed, but its file is missing`);
  if (file.length !== file.bytes.length || file.sha256 !== toHex(codec.sha256(file.bytes))) {
    throw corrupt(`the file of ${role} ${metadataVersion} is not what its SHA-256 says`);
  }
  return file;
}
