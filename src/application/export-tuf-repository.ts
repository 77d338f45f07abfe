import { corrupt, TufError } from "../../domain/tuf/errors.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";
import { NOTHING_EXPORTED, planExport, publishedName } from "../../domain/tuf/publish-plan.js";
import type { TrustStore } from "../../domain/tuf/trust-store.js";
import type {
  ExportBacklog,
  ExportPosition,
  FileReference,
  MetadataFile,
  TufStore,
} from "../../domain/tuf/tuf-store.js";
import { inParallel } from "./in-parallel.js";
import { RecentFiles } from "./recent-files.js";
import { storedFiles } from "./stored-files.js";

export interface ExportPorts {
  readonly store: TufStore;
  readonly trust: Pick<TrustStore, "releasedRoot">;
  readonly files: MetadataFiles;
  readonly codec: MetadataCodec;
}

export interface ExportReport {
  /** The committed versions that are now published, or newer ones by somebody else. */
  readonly position: ExportPosition;
  /** Names of the files that this call added or replaced. */
  readonly filesWritten: readonly string[];
}

const FILES_PER_GROUP = 16;
const FILES_AT_A_TIME = 16;

/**
 * Brings the published files up to what is committed. Files of several exporters are the same files, so any number of
 * them may run, stop anywhere and be run again.
 * @param recent files that need not be read from the database
 * @throws {TufError} REPOSITORY_NOT_FOUND, ROOT_UNSIGNED, CORRUPT_REPOSITORY
 */
export async function exportTufRepository(
  ports: ExportPorts,
  repository: string,
  recent = new RecentFiles(),
): Promise<ExportReport> {
  const { store, files } = ports;
  const recorded = await store.exportPosition(repository);
  // Read before the backlog: what this root needs signed is committed, and so among the files below.
  const released = await ports.trust.releasedRoot(repository);
  if (released === 0)
    throw new TufError("ROOT_UNSIGNED", `the first root of repository ${repository} awaits signatures`);
  const published = await publishedTimestamp(ports);
  // Storage behind the record was lost or restored: nothing is known of it, so everything current is put again.
  const from = published >= recorded.timestamp ? recorded : NOTHING_EXPORTED;
  const backlog = upTo(released, await store.exportBacklog(repository, from));
  if (published > backlog.position.timestamp) {
    throw corrupt(`published timestamp ${published} is newer than the database's ${backlog.position.timestamp}`);
  }

  const { phases, timestamp, roots } = planExport(backlog, recorded.root);
  const written: string[] = [];
  const put = async (file: MetadataFile): Promise<void> => {
    const name = publishedName(file);
    const isNew =
      file.role === "timestamp"
        ? await files.replaceTimestamp(file.metadataVersion, file.bytes)
        : await files.putIfAbsent(name, file.bytes);
    if (isNew) written.push(name);
  };
  const putAll = async (references: readonly FileReference[]): Promise<void> => {
    for (let start = 0; start < references.length; start += FILES_PER_GROUP) {
      const group = references.slice(start, start + FILES_PER_GROUP);
      const unread = group.filter((reference) => recent.get(reference) === undefined);
      const read = await storedFiles(ports, repository, unread);
      await inParallel([...group.flatMap((reference) => recent.get(reference) ?? []), ...read], FILES_AT_A_TIME, put);
    }
  };
  for (const phase of phases) await putAll(phase);
  if (timestamp !== undefined) await putAll([timestamp]);
  for (const root of roots) await putAll([root]);
  if (backlog.files.length > 0) await store.recordExport(repository, backlog.position);
  recent.exported(backlog.files);
  return { position: backlog.position, filesWritten: written };
}

/** Without roots that may not be published yet. */
function upTo(root: number, { files, position }: ExportBacklog): ExportBacklog {
  return {
    files: files.filter(({ role, metadataVersion }) => role !== "root" || metadataVersion <= root),
    position: { ...position, root: Math.min(position.root, root) },
  };
}

/** Metadata version of the published timestamp; 0 where there is none. */
async function publishedTimestamp({ files, codec }: ExportPorts): Promise<number> {
  const bytes = await files.read("timestamp.json");
  return bytes === undefined ? 0 : codec.decode("timestamp", bytes).signed.version;
}
