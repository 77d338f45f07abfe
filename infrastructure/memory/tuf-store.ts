import { corrupt, TufError } from "../../domain/tuf/errors.js";
import type { TufRepository } from "../../domain/tuf/repository.js";
import type {
  CommitOutcome,
  ExportBacklog,
  ExportPosition,
  FileReference,
  MetadataFile,
  NewRole,
  RoleCommit,
  RoleState,
  SignedFile,
  SnapshotCommit,
  SnapshotState,
  TufStore,
} from "../../domain/tuf/tuf-store.js";
import { fileKey, type RepositoryRows, type RoleRow, type TufState } from "./tuf-state.js";

/** In-memory twin of the port: each method runs within one tick, which is its transaction. */
export class MemoryTufStore implements TufStore {
  constructor(private readonly state: TufState) {}

  async createRepository(repository: TufRepository, roles: readonly NewRole[]): Promise<"created" | "exists"> {
    if (this.state.repositories.has(repository.name)) return "exists";
    const signed = roles.filter(({ kind }) => kind === "targets" || kind === "bin");
    this.state.repositories.set(repository.name, {
      repository: structuredClone(repository),
      roles: new Map(roles.map((role) => [role.name, firstRow(role)])),
      files: new Map(roles.map(({ name, file }) => [fileKey(name, file.metadataVersion), stored(file)])),
      head: new Map(signed.map(({ name }) => [name, { metadataVersion: 1, snapshotVersion: 1 }])),
      pending: new Map(),
      exported: { root: 0, snapshot: 0, timestamp: 0 },
    });
    return "created";
  }

  async repository(name: string): Promise<TufRepository | undefined> {
    return structuredClone(this.state.repositories.get(name)?.repository);
  }

  async rolesToSign(
    repository: string,
    page: { targetsHorizon: number; binsHorizon: number; after: string; limit: number },
  ): Promise<readonly string[]> {
    return [...this.rows(repository).roles.values()]
      .filter(({ kind }) => kind === "targets" || kind === "bin")
      .filter((role) => {
        const horizon = role.kind === "targets" ? page.targetsHorizon : page.binsHorizon;
        return role.version !== role.signedVersion || role.expiresAt <= horizon;
      })
      .map(({ name }) => name)
      .filter((name) => name > page.after)
      .sort()
      .slice(0, page.limit);
  }

  async roleState(repository: string, role: string): Promise<RoleState> {
    return structuredClone(roleRow(this.rows(repository), role));
  }

  async commitSignedRole(repository: string, { file, signedVersion }: RoleCommit): Promise<CommitOutcome> {
    const rows = this.rows(repository);
    const role = roleRow(rows, file.role);
    if (!follows(rows, file)) return "stale";
    insertVersion(rows, file);
    role.signedVersion = signedVersion;
    rows.pending.set(role.name, Math.max(rows.pending.get(role.name) ?? 0, file.metadataVersion));
    return "applied";
  }

  async snapshotState(repository: string): Promise<SnapshotState> {
    const rows = this.rows(repository);
    const timestamp = roleRow(rows, "timestamp");
    const snapshot = roleRow(rows, "snapshot");
    const file = rows.files.get(fileKey("snapshot", snapshot.metadataVersion));
    if (file === undefined) throw corrupt(`snapshot ${snapshot.metadataVersion} has no file`);
    return {
      timestamp: { metadataVersion: timestamp.metadataVersion, expiresAt: timestamp.expiresAt },
      snapshot: {
        metadataVersion: snapshot.metadataVersion,
        expiresAt: snapshot.expiresAt,
        length: file.length,
        sha256: file.sha256,
      },
      pending: Array.from(rows.pending, ([role, metadataVersion]) => ({ role, metadataVersion })),
    };
  }

  async snapshotHead(repository: string): Promise<ReadonlyMap<string, number>> {
    return new Map(Array.from(this.rows(repository).head, ([role, entry]) => [role, entry.metadataVersion]));
  }

  async commitSnapshot(repository: string, commit: SnapshotCommit): Promise<CommitOutcome> {
    const rows = this.rows(repository);
    if (!follows(rows, commit.timestamp) || !follows(rows, commit.snapshot)) return "stale";
    const snapshotVersion = commit.snapshot.metadataVersion;
    insertVersion(rows, commit.timestamp);
    insertVersion(rows, commit.snapshot);
    for (const [role, metadataVersion] of commit.changed) {
      if (metadataVersion <= (rows.head.get(role)?.metadataVersion ?? 0)) continue;
      rows.head.set(role, { metadataVersion, snapshotVersion });
    }
    for (const { role, metadataVersion } of commit.merged) {
      if (rows.pending.get(role) === metadataVersion) rows.pending.delete(role);
    }
    return "applied";
  }

  async commitTimestamp(repository: string, timestamp: SignedFile): Promise<CommitOutcome> {
    const rows = this.rows(repository);
    if (!follows(rows, timestamp)) return "stale";
    insertVersion(rows, timestamp);
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

  async file(repository: string, role: string, metadataVersion: number): Promise<MetadataFile | undefined> {
    return structuredClone(this.rows(repository).files.get(fileKey(role, metadataVersion)));
  }

  async recordExport(repository: string, { root, snapshot, timestamp }: ExportPosition): Promise<void> {
    const rows = this.rows(repository);
    rows.exported = {
      root: Math.max(rows.exported.root, root),
      snapshot: Math.max(rows.exported.snapshot, snapshot),
      timestamp: Math.max(rows.exported.timestamp, timestamp),
    };
  }

  private rows(repository: string): RepositoryRows {
    const rows = this.state.repositories.get(repository);
    if (rows === undefined) throw new TufError("REPOSITORY_NOT_FOUND", `no repository ${repository}`);
    return rows;
  }
}

function roleRow(rows: RepositoryRows, name: string): RoleRow {
  const role = rows.roles.get(name);
  if (role === undefined) throw new TufError("UNKNOWN_ROLE", `repository ${rows.repository.name} has no role ${name}`);
  return role;
}

/** The compare half: the file comes directly after what is there, and nobody has made that version. */
function follows(rows: RepositoryRows, file: SignedFile): boolean {
  const { metadataVersion } = roleRow(rows, file.role);
  return metadataVersion === file.metadataVersion - 1 && !rows.files.has(fileKey(file.role, file.metadataVersion));
}

/** The set half. */
function insertVersion(rows: RepositoryRows, file: SignedFile): void {
  rows.files.set(fileKey(file.role, file.metadataVersion), stored(file));
  const role = roleRow(rows, file.role);
  role.metadataVersion = file.metadataVersion;
  role.expiresAt = file.expiresAt;
}

function stored({ role, metadataVersion, sha256, length, bytes }: SignedFile): MetadataFile {
  return { role, metadataVersion, sha256, length, bytes: Uint8Array.from(bytes) };
}

function firstRow({ name, kind, file: { metadataVersion, expiresAt } }: NewRole): RoleRow {
  return { name, kind, version: 1, signedVersion: 1, metadataVersion, expiresAt, targets: new Map() };
}
