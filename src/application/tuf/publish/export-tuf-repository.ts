import type { Clock } from "../../../../domain/distinction/clock.js";
import { sameBytes } from "../../../../domain/distinction/types/binary-type.js";
import { corrupt, rootUnsigned, TufError } from "../../../../domain/tuf/errors.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { MetadataFiles } from "../../../../domain/tuf/metadata-files.js";
import { LATE, NOTHING_EXPORTED, planExport, publishedName } from "../../../../domain/tuf/publish-plan.js";
import { TRANSITION } from "../../../../domain/tuf/trust.js";
import type { SignatureVerifier } from "../../../../domain/tuf/signature-verifier.js";
import type { TrustStore } from "../../../../domain/tuf/trust-store.js";
import type {
  ExportBacklog,
  ExportPosition,
  FileReference,
  StoredFile,
  TufStore,
} from "../../../../domain/tuf/tuf-store.js";
import { FilePutter } from "./put-files.js";
import { rereading } from "../stored-files.js";
import { type PublishedTimestamp, publishedTimestamp } from "./published-timestamp.js";
import { RecentFiles } from "./recent-files.js";

export interface ExportPorts {
  readonly store: TufStore;
  readonly trust: Pick<TrustStore, "releasedRoot" | "publishedTrust" | "endTransitions">;
  readonly files: MetadataFiles;
  readonly codec: MetadataCodec;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
}

export interface ExportReport {
  /** The committed versions that are now published, or newer ones by somebody else. */
  readonly position: ExportPosition;
  /** Names of the files that this call added or replaced. */
  readonly filesWritten: readonly string[];
}

/** How often the timestamp is put that storage acknowledges and then does not show. */
const MOST_PUTS = 3;

export interface ExportOptions {
  /** Files that need not be read from the database. */
  readonly recent?: RecentFiles;
  /** Whether all that is current is compared with storage, and what differs there is replaced. */
  readonly isMending?: boolean;
}

/**
 * Brings the published files up to what is committed, and records that they are. Files of several exporters are the same
 * files, so any number of them may run, stop anywhere and be run again. Before a timestamp leads clients to files, storage is
 * asked whether it has them: there is storage that acknowledges what it loses. A timestamp that no client accepts is replaced.
 * @throws {TufError} REPOSITORY_NOT_FOUND, ROOT_UNSIGNED, STORAGE_UNAVAILABLE, CORRUPT_REPOSITORY also where clients have a later
 *   timestamp than the database
 */
export async function exportTufRepository(
  ports: ExportPorts,
  repository: string,
  options?: ExportOptions,
): Promise<ExportReport> {
  const { report, record } = await publishFiles(ports, repository, options);
  await record?.write();
  return report;
}

/** Clients see all of it; how far storage is, is not recorded yet. */
export interface PublishedFiles {
  readonly report: ExportReport;
  /** `undefined` where nothing is to be recorded. */
  readonly record: ExportRecord | undefined;
}

export interface ExportRecord {
  /** Whether others act by it: by a root that everybody can have now, or by the age of files that come late. */
  readonly isAwaited: boolean;
  write(): Promise<void>;
}

/** As `exportTufRepository`, but leaves the record to the caller: until it is there, the next export puts these files again. */
export async function publishFiles(
  ports: ExportPorts,
  repository: string,
  { recent = new RecentFiles(), isMending = false }: ExportOptions = {},
): Promise<PublishedFiles> {
  const putter = new FilePutter(ports, repository, recent, isMending);
  const { backlog, record } = await rereading(() => exportWith(putter, ports, repository));
  recent.exported(backlog.files);
  return { report: { position: backlog.position, filesWritten: putter.written }, record };
}

async function exportWith(
  putter: FilePutter,
  ports: ExportPorts,
  repository: string,
): Promise<{ readonly backlog: ExportBacklog; readonly record: ExportRecord | undefined }> {
  const { store } = ports;
  const [found, released] = await Promise.all([
    store.exportPosition(repository),
    ports.trust.releasedRoot(repository), // before the backlog: what this root needs signed is committed, and so below
  ]);
  if (released === 0) {
    await ports.files.discardPrepared?.(); // it will wait for people
    throw rootUnsigned(repository);
  }
  // After the record, which follows it: another exporter's timestamp must not look as if it were lost.
  const published = await publishedTimestamp(ports, repository, found.timestamp);
  const recorded = published.version < found.timestamp ? await forgotten(ports, repository, found) : found;
  const isKnown = recorded.timestamp > 0 && !putter.isMending;
  const backlog = upTo(released, await store.exportBacklog(repository, isKnown ? recorded : NOTHING_EXPORTED));
  if (published.version > backlog.position.timestamp) {
    const newest = backlog.position.timestamp;
    throw corrupt(`published timestamp ${published.version} is newer than the database's ${newest}`);
  }

  const { phases, timestamp, roots } = planExport(backlog, recorded.root);
  await putter.putAll(phases);
  const storedAt = timestamp && (await putTimestamp(ports, repository, putter, timestamp, published));
  for (const root of roots) await putter.putAll([[root]]);
  if (backlog.files.length === 0) return { backlog, record: undefined };
  const now = ports.clock.now();
  const isLate = storedAt !== undefined && (isBehind(recorded, backlog) || now - storedAt > LATE);
  const record = {
    isAwaited: isLate || backlog.position.root > recorded.root,
    write: async () => {
      await store.recordExport(repository, backlog.position, isLate ? { at: now, after: recorded } : undefined);
      await endTransitions(ports, repository);
    },
  };
  return { backlog, record };
}

/**
 * Former keys of trust that is published with this, or was before, go `TRANSITION` later. The clock is read after what is
 * published: whoever stands still in between counts from too late, never from too early.
 */
async function endTransitions({ trust, clock }: ExportPorts, repository: string): Promise<void> {
  const published = await trust.publishedTrust(repository);
  if (published.length > 0) await trust.endTransitions(repository, published, clock.now() + TRANSITION);
}

/**
 * Storage behind the record was lost or restored: nothing is known of it, so everything current is put again, and its age counts
 * from then, because clients may be at anything older. Whoever comes next knows, too, should this process stop.
 */
async function forgotten(
  { store }: Pick<ExportPorts, "store">,
  repository: string,
  recorded: ExportPosition,
): Promise<ExportPosition> {
  await store.forgetExport(repository, recorded);
  return { ...recorded, snapshot: 0, timestamp: 0 };
}

/** Whether older commits are published with this one, or were by somebody who did not record it; any of them may be late. */
function isBehind(recorded: ExportPosition, { position }: ExportBacklog): boolean {
  return position.timestamp > recorded.timestamp + 1;
}

/**
 * Until it is what readers get, or a newer one is.
 * @param there what was published before
 * @returns when it was stored
 */
async function putTimestamp(
  ports: ExportPorts,
  repository: string,
  putter: FilePutter,
  reference: FileReference,
  there: PublishedTimestamp,
): Promise<number> {
  const { files } = ports;
  const [file] = await putter.whole([reference]);
  if (file === undefined) throw corrupt(`timestamp ${reference.metadataVersion} is committed, but its file is missing`);
  const { metadataVersion, bytes, storedAt } = file;
  const name = publishedName(file);
  let isPut = false;
  for (let round = 0; round < MOST_PUTS; round++) {
    const damaged = damageIn(there, file, putter.isMending);
    const put =
      damaged === undefined ? files.replaceTimestamp(metadataVersion, bytes) : files.restore(name, bytes, damaged);
    isPut = (await put) || isPut;
    there = await publishedTimestamp(ports, repository, metadataVersion);
    if (there.version < metadataVersion || damageIn(there, file, putter.isMending) !== undefined) continue;
    if (isPut) putter.written.push(name);
    return storedAt;
  }
  throw new TufError("STORAGE_UNAVAILABLE", `storage took ${name} ${MOST_PUTS} times, and does not show it`);
}

/** What is to give way to a timestamp, whatever version it states: no client accepts it, or a repair finds another of that version. */
function damageIn(
  { version, bytes }: PublishedTimestamp,
  file: Pick<StoredFile, "metadataVersion" | "bytes">,
  isMending: boolean,
): Uint8Array | undefined {
  if (bytes === undefined || version === 0) return bytes;
  return isMending && version === file.metadataVersion && !sameBytes(bytes, file.bytes) ? bytes : undefined;
}

/** Without roots that may not be published yet. */
function upTo(root: number, { files, position }: ExportBacklog): ExportBacklog {
  return {
    files: files.filter(({ role, metadataVersion }) => role !== "root" || metadataVersion <= root),
    position: { ...position, root: Math.min(position.root, root) },
  };
}
