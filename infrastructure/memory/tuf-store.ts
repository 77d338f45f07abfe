import { createHash } from "node:crypto";
import { corrupt } from "../../domain/tuf/errors.js";
import type { ExpiryPolicy } from "../../domain/tuf/expiry.js";
import type { NewTufRepository, TufRepository } from "../../domain/tuf/repository.js";
import type { NewSigningEvent } from "../../domain/tuf/signing-event.js";
import {
  type CommitOutcome,
  type ExportBacklog,
  type ExportPosition,
  type FileReference,
  type HeldPath,
  isListed,
  type LateExport,
  type NewRole,
  type RoleCommit,
  type RoleState,
  type SignedState,
  type SnapshotCommit,
  type SnapshotState,
  type StoredFile,
  type TufStore,
} from "../../domain/tuf/tuf-store.js";
import { delayFiles, forgetFiles, oldFiles } from "./tuf-retention.js";
import { closeEvent, openEvent } from "./trust-store.js";
import {
  fileKey,
  follows,
  insertVersion,
  type RepositoryRows,
  roleRow,
  type RoleRow,
  rowsOf,
  stored,
  type TufState,
} from "./tuf-state.js";

/** In-memory twin of the port: each method runs within one tick, which is its transaction. */
export class MemoryTufStore implements TufStore {
  constructor(private readonly state: TufState) {}

  async createRepository(
    repository: NewTufRepository,
    roles: readonly NewRole[],
    ceremony?: NewSigningEvent,
    retired: ReadonlyMap<string, number> = new Map(),
  ): Promise<"created" | "exists"> {
    if (this.state.repositories.has(repository.name)) return "exists";
    const signed = roles.filter(isListed);
    const snapshotVersion = roles.find(({ kind }) => kind === "snapshot")?.file?.metadataVersion ?? 1;
    const { customRoles = [], ...rest } = structuredClone(repository);
    this.state.repositories.set(repository.name, {
      repository: rest,
      customRoles,
      roles: new Map(roles.map((role) => [role.name, firstRow(role)])),
      files: new Map(
        roles.flatMap(({ name, file, earlier = [] }) =>
          [...earlier, ...(file ? [file] : [])].map(
            (one) => [fileKey(name, one.metadataVersion), stored(one)] as const,
          ),
        ),
      ),
      head: new Map([
        ...Array.from(retired, ([name, metadataVersion]) => [name, { metadataVersion, snapshotVersion: 0 }] as const),
        ...signed.map(
          ({ name, file }) => [name, { metadataVersion: file?.metadataVersion ?? 1, snapshotVersion }] as const,
        ),
      ]),
      differences: new Map(),
      pending: new Map(),
      events: new Map(ceremony ? [[1, openEvent(1, ceremony)]] : []),
      revoked: new Set(),
      exported: { root: 0, snapshot: 0, timestamp: 0 },
    });
    return "created";
  }

  async repository(name: string): Promise<TufRepository | undefined> {
    const rows = this.state.repositories.get(name);
    if (rows === undefined) return undefined;
    const { customRoles, roles } = rows;
    const targetsVersion = roles.get("targets")?.version ?? 0;
    return structuredClone({ ...rows.repository, customRoles, targetsVersion });
  }

  async dirtyRoles(repository: string, page: { after: string; limit: number }): Promise<readonly string[]> {
    return [...this.rows(repository).roles.values()]
      .filter(({ kind }) => kind !== "root" && kind !== "snapshot" && kind !== "timestamp")
      .filter(({ name, version, signedVersion }) => version !== signedVersion && name > page.after)
      .map(({ name }) => name)
      .sort()
      .slice(0, page.limit);
  }

  async expiringRoles(
    repository: string,
    due: { targetsHorizon: number; binsHorizon: number; limit: number },
  ): Promise<readonly string[]> {
    return [...this.rows(repository).roles.values()]
      .filter(({ kind, expiresAt }) => {
        return (
          (kind === "targets" && expiresAt <= due.targetsHorizon) || (kind === "bin" && expiresAt <= due.binsHorizon)
        );
      })
      .sort((left, right) => left.expiresAt - right.expiresAt || (left.name < right.name ? -1 : 1))
      .map(({ name }) => name)
      .slice(0, due.limit);
  }

  async dueRoles(
    repository: string,
    due: { targetsHorizon: number; binsHorizon: number; limit: number },
  ): Promise<readonly string[]> {
    const dirty = await this.dirtyRoles(repository, { after: "", limit: due.limit });
    return [...new Set([...dirty, ...(await this.expiringRoles(repository, due))])];
  }

  async roleStates(repository: string, roles: readonly string[]): Promise<readonly RoleState[]> {
    const rows = this.rows(repository);
    return roles.map((role) => {
      const { range: _, space: __, ...state } = roleRow(rows, role);
      return structuredClone(state);
    });
  }

  async targetCount(repository: string, role: string, most: number): Promise<number> {
    const holders = [...this.rows(repository).roles.values()].filter(({ space }) => space === role);
    return Math.min(
      most,
      holders.reduce((sum, { targets }) => sum + targets.size, 0),
    );
  }

  async heldPaths(
    repository: string,
    prefix: string,
    { after, limit }: { after?: HeldPath | undefined; limit: number },
  ): Promise<readonly HeldPath[]> {
    const held = [...this.rows(repository).roles.values()].flatMap(({ space, targets }) => {
      return Array.from(targets.keys(), (path) => ({ space, digest: digestOf(path), path }));
    });
    return held
      .filter((one) => one.path.startsWith(prefix) && (after === undefined || compare(one, after) > 0))
      .sort(compare)
      .slice(0, limit);
  }

  async commitSignedRoles(repository: string, commits: readonly RoleCommit[]): Promise<CommitOutcome> {
    const rows = this.rows(repository);
    if (!commits.map((commit) => isNext(rows, commit)).every(Boolean)) return "stale";
    for (const { file, signedVersion, event } of commits) {
      if (event !== undefined) closeEvent(rows, event, "finalised");
      insertVersion(rows, file);
      roleRow(rows, file.role).signedVersion = signedVersion;
      rows.pending.set(file.role, Math.max(rows.pending.get(file.role) ?? 0, file.metadataVersion));
    }
    return "applied";
  }

  async snapshotState(repository: string): Promise<SnapshotState> {
    const rows = this.rows(repository);
    const timestamp = roleRow(rows, "timestamp");
    const snapshot = roleRow(rows, "snapshot");
    const file = rows.files.get(fileKey("snapshot", snapshot.metadataVersion));
    if (file === undefined) throw corrupt(`snapshot ${snapshot.metadataVersion} has no file`);
    return {
      timestamp: signedState(timestamp),
      snapshot: { ...signedState(snapshot), length: file.length, sha256: file.sha256 },
      pending: Array.from(rows.pending, ([role, metadataVersion]) => ({ role, metadataVersion })),
    };
  }

  async snapshotHead(repository: string, after = -1): Promise<ReadonlyMap<string, number>> {
    const changed = [...this.rows(repository).head].filter(([, { snapshotVersion }]) => snapshotVersion > after);
    return new Map(changed.map(([role, { metadataVersion }]) => [role, metadataVersion]));
  }

  async snapshotMeta(repository: string, snapshotVersion: number): Promise<ReadonlyMap<string, number>> {
    const { head, differences } = this.rows(repository);
    const meta = new Map(Array.from(head, ([role, entry]) => [role, entry.metadataVersion]));
    for (const [version, changed] of [...differences].sort(([left], [right]) => right - left)) {
      if (version <= snapshotVersion) break;
      for (const [role, { from }] of changed) {
        if (from > 0) meta.set(role, from);
        else meta.delete(role);
      }
    }
    return meta;
  }

  async commitSnapshot(repository: string, commit: SnapshotCommit): Promise<CommitOutcome> {
    const rows = this.rows(repository);
    const { signed = [] } = commit;
    if (!follows(rows, commit.timestamp) || !follows(rows, commit.snapshot)) return "stale";
    if (!signed.map((one) => isNext(rows, one)).every(Boolean)) return "stale";
    const snapshotVersion = commit.snapshot.metadataVersion;
    for (const { file, signedVersion } of signed) {
      insertVersion(rows, file);
      roleRow(rows, file.role).signedVersion = signedVersion;
    }
    for (const role of ["timestamp", "snapshot"] as const) {
      insertVersion(rows, commit[role]);
      roleRow(rows, role).signedVersion = commit.signedVersions[role];
    }
    rows.differences.set(snapshotVersion, new Map(commit.changed));
    for (const [role, { to: metadataVersion }] of commit.changed) {
      if (metadataVersion <= (rows.head.get(role)?.metadataVersion ?? 0)) continue;
      rows.head.set(role, { metadataVersion, snapshotVersion });
    }
    for (const { role, metadataVersion } of commit.merged) {
      if (rows.pending.get(role) === metadataVersion) rows.pending.delete(role);
    }
    return "applied";
  }

  async commitTimestamp(repository: string, { file, signedVersion }: RoleCommit): Promise<CommitOutcome> {
    const rows = this.rows(repository);
    if (!follows(rows, file)) return "stale";
    insertVersion(rows, file);
    roleRow(rows, file.role).signedVersion = signedVersion;
    return "applied";
  }

  async exportPosition(repository: string): Promise<ExportPosition> {
    return { ...this.rows(repository).exported };
  }

  async exportBacklog(repository: string, from: ExportPosition): Promise<ExportBacklog> {
    const rows = this.rows(repository);
    const position = {
      root: roleRow(rows, "root").metadataVersion,
      snapshot: roleRow(rows, "snapshot").metadataVersion,
      timestamp: roleRow(rows, "timestamp").metadataVersion,
    };
    const files: FileReference[] = [...rows.head]
      .filter(([, entry]) => entry.snapshotVersion > from.snapshot)
      .map(([role, { metadataVersion }]) => ({ role, metadataVersion }));
    for (const role of ["snapshot", "timestamp"] as const) {
      if (position[role] > from[role]) files.push({ role, metadataVersion: position[role] });
    }
    for (let root = from.root + 1; root <= position.root; root++) files.push({ role: "root", metadataVersion: root });
    return { position, files };
  }

  async files(repository: string, references: readonly FileReference[]): Promise<readonly StoredFile[]> {
    const { files } = this.rows(repository);
    const found = references.map(({ role, metadataVersion }) => files.get(fileKey(role, metadataVersion)));
    return found.filter((file) => file !== undefined).map((file) => structuredClone(file));
  }

  async recordExport(
    repository: string,
    { root, snapshot, timestamp }: ExportPosition,
    late?: LateExport,
  ): Promise<void> {
    const rows = this.rows(repository);
    if (late !== undefined) delayFiles(rows, { snapshot, timestamp }, late);
    rows.exported = {
      root: Math.max(rows.exported.root, root),
      snapshot: Math.max(rows.exported.snapshot, snapshot),
      timestamp: Math.max(rows.exported.timestamp, timestamp),
    };
  }

  async forgetExport(repository: string, { timestamp }: ExportPosition): Promise<void> {
    const rows = this.rows(repository);
    if (rows.exported.timestamp === timestamp) rows.exported = { ...rows.exported, snapshot: 0, timestamp: 0 };
  }

  async oldFiles(repository: string, time: number, limit: number): Promise<readonly FileReference[]> {
    return oldFiles(this.rows(repository), time).slice(0, limit);
  }

  async forgetFiles(repository: string, files: readonly FileReference[]): Promise<void> {
    forgetFiles(this.rows(repository), files);
  }

  async changeExpiry(name: string, changes: Partial<ExpiryPolicy>): Promise<void> {
    const rows = this.rows(name);
    rows.repository = { ...rows.repository, expiry: { ...rows.repository.expiry, ...structuredClone(changes) } };
  }

  private rows(repository: string): RepositoryRows {
    return rowsOf(this.state, repository);
  }
}

function isNext(rows: RepositoryRows, { file, signedVersion, trustSince, isExact, event }: RoleCommit): boolean {
  const role = roleRow(rows, file.role);
  return (
    follows(rows, file) &&
    (trustSince ?? role.trustSince) === role.trustSince &&
    (isExact !== true || role.version === signedVersion) &&
    (event === undefined || rows.events.get(event)?.state === "open")
  );
}

function firstRow({ name, kind, range, space = "", file }: NewRole): RoleRow {
  const { metadataVersion = 0, expiresAt = 0 } = file ?? {};
  const counters = { version: 1, signedVersion: 1, trustSince: 0, metadataVersion, expiresAt };
  return { name, kind, space, range, ...counters, targets: new Map() };
}

function signedState({ version, signedVersion, metadataVersion, expiresAt }: RoleRow): SignedState {
  return { version, signedVersion, metadataVersion, expiresAt };
}

function digestOf(path: string): Uint8Array {
  return createHash("sha256").update(path).digest();
}

function compare(one: HeldPath, other: HeldPath): number {
  if (one.space !== other.space) return one.space < other.space ? -1 : 1;
  return Buffer.compare(one.digest, other.digest);
}
