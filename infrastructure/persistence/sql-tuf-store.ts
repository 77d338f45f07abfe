import { DistinctionError } from "../../domain/distinction/errors.js";
import { corrupt, TufError } from "../../domain/tuf/errors.js";
import type { TufRepository } from "../../domain/tuf/repository.js";
import { TOP_LEVEL_ROLES } from "../../domain/tuf/role-name.js";
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
import type { Database } from "./database.js";
import { DuplicateKeyError } from "./server-error.js";
import type { Row, Session, Statement } from "./session.js";
import { insertTufRepository } from "./tuf-creation.js";
import { raiseExport, readExport, selectBacklog, selectExport } from "./tuf-export-statements.js";
import { insertFiles, readFile, selectFile } from "./tuf-file-statements.js";
import { readRepository, selectRepository, selectRole } from "./tuf-repository-statements.js";
import {
  advanceRole,
  advanceSignedRole,
  readRoleState,
  selectRolesToSign,
  selectRoleState,
} from "./tuf-role-statements.js";
import { deleteMerged, raiseEntries } from "./tuf-snapshot-writer.js";
import { raisePending, readSnapshotState, selectHead, selectSnapshotState } from "./tuf-snapshot-statements.js";

/**
 * TUF repositories in a database. Every read is one statement, hence consistent in itself at any isolation level; every
 * write is one transaction that begins with its compare-and-set, so that a loser waits for the winner there and then
 * leaves without having written anything.
 */
export class SqlTufStore implements TufStore {
  constructor(private readonly database: Database) {}

  async createRepository(repository: TufRepository, roles: readonly NewRole[]): Promise<"created" | "exists"> {
    const dialect = await this.database.dialect();
    try {
      await this.database.transaction((session) => insertTufRepository(session, dialect, repository, roles));
      return "created";
    } catch (error) {
      if (error instanceof DuplicateKeyError && (await this.repository(repository.name)) !== undefined) return "exists";
      throw error;
    }
  }

  async repository(name: string): Promise<TufRepository | undefined> {
    const [row] = await this.#rows(selectRepository(name));
    return row && readRepository(row);
  }

  async rolesToSign(
    repository: string,
    page: { targetsHorizon: number; binsHorizon: number; after: string; limit: number },
  ): Promise<readonly string[]> {
    const rows = await this.#rows(selectRolesToSign(repository, page));
    if (rows.length === 0) await this.#requireRole(repository, "targets");
    return rows.map(([name]) => name as string);
  }

  async roleState(repository: string, role: string): Promise<RoleState> {
    return readRoleState(role, await this.#rowsOfRole(selectRoleState(repository, role), repository, role));
  }

  async commitSignedRole(repository: string, commit: RoleCommit): Promise<CommitOutcome> {
    const dialect = await this.database.dialect();
    return this.#commit(repository, commit.file.role, async (session) => {
      await advance(session, advanceSignedRole(repository, commit));
      await session.run(insertFiles(repository, [commit.file]));
      await session.run(raisePending(dialect, repository, commit.file));
    });
  }

  async snapshotState(repository: string): Promise<SnapshotState> {
    const rows = await this.#rowsOfRole(selectSnapshotState(repository), repository, "timestamp", "snapshot");
    const state = readSnapshotState(rows);
    if (state === undefined) throw corrupt(`the current snapshot of repository ${repository} has no file`);
    return state;
  }

  async snapshotHead(repository: string): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#rowsOfRole(selectHead(repository), repository, "targets");
    return new Map(rows.map(([role, metadataVersion]) => [role as string, Number(metadataVersion)]));
  }

  /** The timestamp's row is the gate: whoever holds it is the only merger, until the transaction ends. */
  async commitSnapshot(repository: string, commit: SnapshotCommit): Promise<CommitOutcome> {
    const { timestamp, snapshot, changed, merged } = commit;
    const dialect = await this.database.dialect();
    return this.#commit(repository, timestamp.role, async (session) => {
      await advance(session, advanceRole(repository, timestamp));
      await advance(session, advanceRole(repository, snapshot));
      await session.run(insertFiles(repository, [snapshot, timestamp]));
      await raiseEntries(session, dialect, repository, changed, snapshot.metadataVersion);
      await deleteMerged(session, repository, merged);
    });
  }

  async commitTimestamp(repository: string, timestamp: SignedFile): Promise<CommitOutcome> {
    return this.#commit(repository, timestamp.role, async (session) => {
      await advance(session, advanceRole(repository, timestamp));
      await session.run(insertFiles(repository, [timestamp]));
    });
  }

  async exportPosition(repository: string): Promise<ExportPosition> {
    const [row] = await this.#rowsOfRole(selectExport(repository), repository, "timestamp");
    return readExport(row);
  }

  async exportBacklog(repository: string, from: ExportPosition): Promise<ExportBacklog> {
    const rows = await this.#rowsOfRole(selectBacklog(repository, from.snapshot), repository, "root");
    const versions = new Map(rows.map(([role, version]) => [role as string, Number(version)]));
    const take = (role: keyof ExportPosition): number => {
      const version = versions.get(role);
      if (version === undefined) throw lacking(repository, role);
      versions.delete(role);
      return version;
    };
    const position = { root: take("root"), snapshot: take("snapshot"), timestamp: take("timestamp") };
    const files: FileReference[] = Array.from(versions, ([role, metadataVersion]) => ({ role, metadataVersion }));
    for (const role of ["snapshot", "timestamp"] as const) {
      if (position[role] > from[role]) files.push({ role, metadataVersion: position[role] });
    }
    for (let root = from.root + 1; root <= position.root; root++) files.push({ role: "root", metadataVersion: root });
    return { position, files };
  }

  async file(repository: string, role: string, metadataVersion: number): Promise<MetadataFile | undefined> {
    const [row] = await this.#rows(selectFile(repository, role, metadataVersion));
    if (row === undefined) await this.#requireRole(repository, "root");
    return row && readFile(role, metadataVersion, row);
  }

  async recordExport(repository: string, position: ExportPosition): Promise<void> {
    const matched = await this.database.session((session) => session.run(raiseExport(repository, position)));
    // No match, or a server that counts only rows that differ: then nothing had to rise.
    if (matched === 0) await this.exportPosition(repository);
  }

  #rows(statement: Statement): Promise<readonly Row[]> {
    return this.database.session((session) => session.rows(statement));
  }

  /** Rows that a repository always has, once it has these roles. */
  async #rowsOfRole(
    statement: Statement,
    repository: string,
    ...roles: readonly string[]
  ): Promise<readonly [Row, ...Row[]]> {
    const [first, ...others] = await this.#rows(statement);
    if (first !== undefined) return [first, ...others];
    for (const role of roles) await this.#requireRole(repository, role);
    throw corrupt(`repository ${repository} lacks rows of ${roles.join(" or ")}`);
  }

  async #commit(repository: string, role: string, work: (session: Session) => Promise<void>): Promise<CommitOutcome> {
    try {
      await this.database.transaction(work);
      return "applied";
    } catch (error) {
      if (!(error instanceof StaleCommit) && !(error instanceof DuplicateKeyError)) throw error;
      await this.#requireRole(repository, role);
      return "stale";
    }
  }

  /** What there is to say where a statement found nothing; asked only then. */
  async #requireRole(repository: string, role: string): Promise<void> {
    const [row] = await this.#rows(selectRole(repository, role));
    if (row === undefined) throw new TufError("REPOSITORY_NOT_FOUND", `no repository ${repository}`);
    if (row[0] !== null) return;
    if ((TOP_LEVEL_ROLES as readonly string[]).includes(role)) throw lacking(repository, role);
    throw new TufError("UNKNOWN_ROLE", `repository ${repository} has no role ${role}`);
  }
}

/** Takes back what the transaction has written. Becomes the outcome "stale" before any caller sees it. */
class StaleCommit extends DistinctionError {
  constructor() {
    super("CONFLICT", "another writer committed first");
  }
}

async function advance(session: Session, compareAndSet: Statement): Promise<void> {
  if ((await session.run(compareAndSet)) === 0) throw new StaleCommit();
}

function lacking(repository: string, role: string): TufError {
  return corrupt(`repository ${repository} has no role ${role}`);
}
