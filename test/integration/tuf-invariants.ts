import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { SnapshotSigned } from "../../domain/tuf/metadata-document.js";
import { publishedName } from "../../domain/tuf/publish-plan.js";
import { storedFiles } from "../../src/application/tuf/stored-files.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import {
  expectAllToVerify,
  expectKept,
  expectSnapshotsToGrow,
  expectTimestampsToRise,
  type History,
  historyOf,
} from "./tuf-history.js";
import { namesAt, readAt } from "./published-files.js";
import { REPOSITORY, type TufPlace, type TufWorker } from "./tuf-place.js";

/** Paths and SHA-256 of everything published, once verified as a client does. */
export async function publishedTargets({ ports }: TufWorker): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const { path, target } of verifyTufRepository(ports, Date.now())) {
    found.set(path, target.hashes.sha256 ?? "");
  }
  return found;
}

export interface Soundness {
  /** Whether old files may be gone. */
  readonly isPruned?: boolean;
  /** Targets that nobody changed, with the first snapshot that had them; see `expectKept`. */
  readonly since?: ReadonlyMap<string, number>;
  /**
   * Files that may have been deleted as old, by name with their SHA-256. Who stood still may put one back, which misleads nobody
   * as long as it is the same.
   */
  readonly deleted?: ReadonlyMap<string, string>;
}

/**
 * What holds whenever nobody works: one content per (role, metadata version), in the database and published; versions
 * without gaps; snapshots and timestamps that only grow, over files that exist and verify; nothing left to do.
 */
export async function expectSoundAndDone(
  worker: TufWorker,
  place: TufPlace,
  { isPruned = false, since = new Map<string, number>(), deleted = new Map<string, string>() }: Soundness = {},
): Promise<void> {
  const history = await historyIn(worker);
  await expectContiguous(worker, history, isPruned);
  expectSnapshotsToGrow(history);
  expectTimestampsToRise(history);
  expectAllToVerify(history, worker.ports);
  expectKept(history, since);
  await expectPublishedAsStored(history, place.metadata, deleted);
  await expectNothingToDo(worker);
}

async function historyIn({ database, ports }: TufWorker): Promise<History> {
  const rows = await database.session((session) =>
    session.rows({ sql: "SELECT role, metadata_version FROM tuf_file WHERE repository = ?", parameters: [REPOSITORY] }),
  );
  const references = rows.map(([role, version]) => ({ role: role as string, metadataVersion: Number(version) }));
  return historyOf(await storedFiles(ports, REPOSITORY, references), ports.codec);
}

/** I2: every version from the first on; where old files may be gone, from the oldest that is kept. Roots are always kept. */
async function expectContiguous({ database }: TufWorker, history: History, isPruned: boolean): Promise<void> {
  // A custom role may go before it was ever signed.
  const sql =
    "SELECT name, metadata_version FROM tuf_role WHERE repository = ? AND NOT (kind = 'retired' AND metadata_version = 0)";
  const roles = await database.session((session) => session.rows({ sql, parameters: [REPOSITORY] }));
  expect(roles).toHaveLength(history.size);
  for (const [name, newest] of roles as [string, unknown][]) {
    const versions = [...(history.get(name)?.keys() ?? [])];
    const first = isPruned && name !== "root" ? (versions[0] ?? 1) : 1;
    expect(versions, name).toEqual(Array.from({ length: Number(newest) - first + 1 }, (_, index) => index + first));
  }
}

/** Every published file is, or was, one of the database; everything that the newest snapshot names is published. */
export async function expectPublishedAsStored(
  history: History,
  metadata: string,
  deleted: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const stored = new Map(deleted);
  for (const files of history.values()) for (const file of files.values()) stored.set(publishedName(file), file.sha256);
  const names = await namesAt(metadata);
  for (const name of names) expect(digestOf(await readAt(metadata, name)), name).toBe(stored.get(name));
  const snapshot = [...history.get("snapshot")!.values()].at(-1)!.document.signed as SnapshotSigned;
  for (const [name, { version }] of Object.entries(snapshot.meta)) expect(names).toContain(`${version}.${name}`);
}

async function expectNothingToDo({ ports: { store } }: TufWorker): Promise<void> {
  expect(await store.dirtyRoles(REPOSITORY, { after: "", limit: 100 })).toEqual([]);
  const { pending, snapshot, timestamp } = await store.snapshotState(REPOSITORY);
  expect(pending).toEqual([]);
  const [root] = await store.roleStates(REPOSITORY, ["root"]);
  expect(await store.exportPosition(REPOSITORY)).toEqual({
    root: root?.metadataVersion,
    snapshot: snapshot.metadataVersion,
    timestamp: timestamp.metadataVersion,
  });
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
