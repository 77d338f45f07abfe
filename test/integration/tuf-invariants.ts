import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { SnapshotSigned, TimestampSigned } from "../../domain/tuf/metadata-document.js";
import { publishedName } from "../../domain/tuf/publish-plan.js";
import { storedFiles } from "../../src/application/tuf/stored-files.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { REPOSITORY, type TufPlace, type TufWorker } from "./tuf-place.js";

interface StoredFile {
  readonly role: string;
  readonly metadataVersion: number;
  readonly sha256: string;
  readonly length: number;
  readonly bytes: Buffer;
  readonly signed: { readonly version: number };
}

/** Paths and SHA-256 of everything published, once verified as a client does. */
export async function publishedTargets({ ports }: TufWorker): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const { path, target } of verifyTufRepository(ports, Date.now())) {
    found.set(path, target.hashes.sha256 ?? "");
  }
  return found;
}

/**
 * What holds whenever nobody works: one content per (role, metadata version), in the database and published; versions
 * without gaps; snapshots and timestamps that only grow, over files that exist; nothing left to do.
 */
export async function expectSoundAndDone(worker: TufWorker, place: TufPlace): Promise<void> {
  const byRole = await filesByRole(worker);
  await expectContiguous(worker, byRole);
  expectOnlyGrowing(byRole);
  await expectPublishedAsStored(byRole, place);
  await expectNothingToDo(worker);
}

async function filesByRole({ database, ports }: TufWorker): Promise<ReadonlyMap<string, readonly StoredFile[]>> {
  const rows = await database.session((session) =>
    session.rows({
      sql: "SELECT role, metadata_version FROM tuf_file WHERE repository = ? ORDER BY role, metadata_version",
      parameters: [REPOSITORY],
    }),
  );
  const references = rows.map(([role, version]) => ({ role: role as string, metadataVersion: Number(version) }));
  const byRole = new Map<string, StoredFile[]>();
  for (const { bytes: given, ...file } of await storedFiles(ports, REPOSITORY, references)) {
    const bytes = Buffer.from(given);
    const { signed } = JSON.parse(bytes.toString("utf8")) as { signed: { version: number } };
    expect(signed.version, `${file.role} states its version`).toBe(file.metadataVersion);
    byRole.set(file.role, [...(byRole.get(file.role) ?? []), { ...file, bytes, signed }]);
  }
  return byRole;
}

async function expectContiguous({ database }: TufWorker, byRole: ReadonlyMap<string, readonly StoredFile[]>) {
  // A custom role may go before it was ever signed.
  const sql =
    "SELECT name, metadata_version FROM tuf_role WHERE repository = ? AND NOT (kind = 'retired' AND metadata_version = 0)";
  const roles = await database.session((session) => session.rows({ sql, parameters: [REPOSITORY] }));
  expect(roles).toHaveLength(byRole.size);
  for (const [name, metadataVersion] of roles as [string, unknown][]) {
    const versions = byRole.get(name)?.map((file) => file.metadataVersion);
    expect(versions, name).toEqual(Array.from({ length: Number(metadataVersion) }, (_, index) => index + 1));
  }
}

function expectOnlyGrowing(byRole: ReadonlyMap<string, readonly StoredFile[]>): void {
  const snapshots = byRole.get("snapshot") ?? [];
  let meta: SnapshotSigned["meta"] = {};
  for (const { signed, metadataVersion } of snapshots) {
    const next = (signed as SnapshotSigned).meta;
    for (const [name, { version }] of Object.entries(meta)) {
      expect(next[name]?.version, `${name} in snapshot ${metadataVersion}`).toBeGreaterThanOrEqual(version);
    }
    for (const [name, { version }] of Object.entries(next)) {
      const role = name.replace(/\.json$/, "");
      expect(byRole.get(role)?.length, `${role} ${version} of snapshot ${metadataVersion}`).toBeGreaterThanOrEqual(
        version,
      );
    }
    meta = next;
  }
  let last = 0;
  for (const { signed } of byRole.get("timestamp") ?? []) {
    const { version, length, hashes } = (signed as TimestampSigned).meta["snapshot.json"];
    expect(version).toBeGreaterThanOrEqual(last);
    last = version;
    const snapshot = snapshots[version - 1];
    expect({ length, sha256: hashes?.sha256 }).toEqual({ length: snapshot?.length, sha256: snapshot?.sha256 });
  }
  expect(last).toBe(snapshots.length);
}

/** Every published file is one of the database; everything that the newest snapshot names is published. */
async function expectPublishedAsStored(
  byRole: ReadonlyMap<string, readonly StoredFile[]>,
  { metadata }: TufPlace,
): Promise<void> {
  const stored = new Map<string, Buffer>();
  for (const files of byRole.values()) for (const file of files) stored.set(publishedName(file), file.bytes);
  const names = (await readdir(metadata)).filter((name) => !name.startsWith("."));
  for (const name of names) {
    expect((await readFile(join(metadata, name))).equals(stored.get(name) ?? Buffer.alloc(0)), name).toBe(true);
  }
  const snapshot = byRole.get("snapshot")!.at(-1)!.signed as SnapshotSigned;
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
