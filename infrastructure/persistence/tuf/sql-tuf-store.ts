import { corrupt } from "../../../domain/tuf/errors.js";
import type { ExpiryPolicy } from "../../../domain/tuf/expiry.js";
import { GroupCommit } from "../../../domain/tuf/group-commit.js";
import type { NewTufRepository, TufRepository } from "../../../domain/tuf/repository.js";
import type { NewSigningEvent } from "../../../domain/tuf/signing-event.js";
import type {
  CommitOutcome,
  ExportBacklog,
  ExportPosition,
  FileReference,
  HeldPath,
  LateExport,
  NewRole,
  RoleCommit,
  RoleState,
  SnapshotCommit,
  SnapshotState,
  StoredFile,
  TufStore,
} from "../../../domain/tuf/tuf-store.js";
import type { Database } from "../connection/database.js";
import { DuplicateKeyError } from "../connection/server-error.js";
import type { Statement } from "../connection/session.js";
import { advance } from "./compare-and-set.js";
import { insertTufRepository } from "./tuf-creation.js";
import {
  forgetExport,
  raiseExport,
  readBacklog,
  readExport,
  selectBacklog,
  selectExport,
} from "./tuf-export-statements.js";
import { insertFileRows, readFiles } from "./tuf-file-writer.js";
import { readRepository, selectRepository, updateExpiry } from "./tuf-repository-statements.js";
import { closeEvent, insertEvent } from "./tuf-signing-statements.js";
import {
  deleteDifferences,
  delayFiles,
  deleteFiles,
  selectFilesBelow,
  selectReplacedFiles,
  selectRetentionLine,
} from "./tuf-retention-statements.js";
import { advanceSignedRoles, selectDirtyRoles, selectDueRoles, selectExpiringRoles } from "./tuf-role-statements.js";
import { raiseEntries, writeDifferences } from "./tuf-snapshot-writer.js";
import {
  deletePending,
  raisePending,
  readSnapshotState,
  selectHead,
  selectHeadAfter,
  selectMeta,
  selectSnapshotState,
} from "./tuf-snapshot-statements.js";
import {
  MOST_STATES,
  readRoleBounds,
  readRoleStates,
  readStatesWithin,
  type RoleStates,
  selectRoleBounds,
  selectRoleStates,
  selectStatesWithin,
} from "./tuf-state-statements.js";
import { TufRows } from "./tuf-rows.js";
import { countTargets, readHeldPath, selectHeldPaths } from "./tuf-target-statements.js";

/**
 * TUF repositories in a database. Every read is one statement, hence consistent in itself at any isolation level; every
 * write is one transaction that begins with its compare-and-set, so that a loser waits for the winner there and then
 * leaves without having written anything.
 */
export class SqlTufStore implements TufStore {
  /** By repository: many that ask at once are answered by one read, which began after all of them asked. */
  readonly #repositories = new Map<string, GroupCommit<TufRepository | undefined>>();

  readonly #rows: TufRows;

  constructor(private readonly database: Database) {
    this.#rows = new TufRows(database);
  }

  async createRepository(
    repository: NewTufRepository,
    roles: readonly NewRole[],
    ceremony?: NewSigningEvent,
    retired?: ReadonlyMap<string, number>,
  ): Promise<"created" | "exists"> {
    const dialect = await this.database.dialect();
    try {
      await this.database.transaction(async (session) => {
        await insertTufRepository(session, dialect, repository, roles, retired);
        if (ceremony !== undefined) await session.run(insertEvent(repository.name, ceremony));
      });
      return "created";
    } catch (error) {
      if (error instanceof DuplicateKeyError && (await this.repository(repository.name)) !== undefined) return "exists";
      throw error;
    }
  }

  async repository(name: string): Promise<TufRepository | undefined> {
    let reads = this.#repositories.get(name);
    if (reads === undefined) {
      reads = new GroupCommit(async () => readRepository(name, await this.#rows.of(selectRepository(name))));
      this.#repositories.set(name, reads);
    }
    return reads.run();
  }

  async changeExpiry(repository: string, changes: Partial<ExpiryPolicy>): Promise<void> {
    if (Object.keys(changes).length === 0) return this.#rows.requireRole(repository, "targets");
    const matched = await this.database.session((session) => session.run(updateExpiry(repository, changes)));
    if (matched === 0) await this.#rows.requireRole(repository, "targets");
  }

  async dirtyRoles(repository: string, page: { after: string; limit: number }): Promise<readonly string[]> {
    return this.#namesOfRoles(repository, selectDirtyRoles(repository, page));
  }

  async expiringRoles(
    repository: string,
    due: { targetsHorizon: number; binsHorizon: number; limit: number },
  ): Promise<readonly string[]> {
    return this.#namesOfRoles(repository, selectExpiringRoles(repository, due));
  }

  async dueRoles(
    repository: string,
    due: { targetsHorizon: number; binsHorizon: number; limit: number },
  ): Promise<readonly string[]> {
    return [...new Set(await this.#namesOfRoles(repository, selectDueRoles(repository, due)))];
  }

  async roleStates(repository: string, roles: readonly string[]): Promise<readonly RoleState[]> {
    if (roles.length > MOST_STATES) {
      throw new RangeError(`${roles.length} roles at a time; at most ${MOST_STATES} are read as one state`);
    }
    if (roles.length === 0) return [];
    const states =
      (roles.length > 1 ? await this.#statesWithin(repository, roles) : undefined) ??
      readRoleStates(await this.#rows.of(selectRoleStates(repository, roles)));
    return Promise.all(roles.map(async (role) => states.get(role) ?? this.#rows.noRole(repository, role)));
  }

  async targetCount(repository: string, role: string, most: number): Promise<number> {
    const count = Number((await this.#rows.of(countTargets(repository, role, most)))[0]?.[0]);
    if (count === 0) await this.#rows.requireRole(repository, "targets");
    return count;
  }

  async heldPaths(
    repository: string,
    prefix: string,
    page: { after?: HeldPath | undefined; limit: number },
  ): Promise<readonly HeldPath[]> {
    const rows = await this.#rows.of(selectHeldPaths(repository, prefix, page));
    if (rows.length === 0) await this.#rows.requireRole(repository, "targets");
    return rows.map(readHeldPath);
  }

  async commitSignedRoles(repository: string, commits: readonly RoleCommit[]): Promise<CommitOutcome> {
    const dialect = await this.database.dialect();
    const sorted = inOrder(commits);
    const files = sorted.map(({ file }) => file);
    if (files.length === 0) return "applied";
    const roles = files.map(({ role }) => role);
    return this.#rows.commit(repository, roles, async (session) => {
      await advance(session, advanceSignedRoles(dialect, repository, sorted), files.length);
      for (const { event } of sorted) {
        if (event !== undefined) await advance(session, closeEvent(repository, event, "finalised"));
      }
      await insertFileRows(session, repository, files);
      await session.run(raisePending(dialect, repository, files));
    });
  }

  async snapshotState(repository: string): Promise<SnapshotState> {
    const rows = await this.#rows.ofRole(selectSnapshotState(repository), repository, "timestamp", "snapshot");
    const state = readSnapshotState(rows);
    if (state === undefined) throw corrupt(`the current snapshot of repository ${repository} has no file`);
    return state;
  }

  async snapshotHead(repository: string, after?: number): Promise<ReadonlyMap<string, number>> {
    const rows =
      after === undefined
        ? await this.#rows.ofRole(selectHead(repository), repository, "targets")
        : await this.#rows.of(selectHeadAfter(repository, after));
    return new Map(rows.map(([role, metadataVersion]) => [role as string, Number(metadataVersion)]));
  }

  async snapshotMeta(repository: string, snapshotVersion: number): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#rows.ofRole(selectMeta(repository, snapshotVersion), repository, "targets");
    const versions = rows.map(([role, version]) => [role as string, Number(version)] as const);
    return new Map(versions.filter(([, version]) => version > 0));
  }

  /** The timestamp's row is the gate: whoever holds it is the only merger, until the transaction ends. */
  async commitSnapshot(repository: string, commit: SnapshotCommit): Promise<CommitOutcome> {
    const { timestamp, snapshot, signedVersions, changed, merged } = commit;
    const signed = inOrder(commit.signed ?? []);
    const files = signed.map(({ file }) => file);
    const dialect = await this.database.dialect();
    // The first of these rows is where the loser of two waits for the winner.
    const advanced = [
      { file: timestamp, signedVersion: signedVersions.timestamp },
      { file: snapshot, signedVersion: signedVersions.snapshot },
      ...signed,
    ];
    const roles = advanced.map(({ file }) => file.role);
    return this.#rows.commit(repository, roles, async (session) => {
      await advance(session, advanceSignedRoles(dialect, repository, advanced), advanced.length);
      await insertFileRows(session, repository, [...files, snapshot, timestamp]);
      if (changed.size > 0) {
        const versions = Array.from(changed, ([role, { to }]) => [role, to] as const);
        await writeDifferences(session, repository, changed, snapshot.metadataVersion);
        await raiseEntries(session, dialect, repository, versions, snapshot.metadataVersion);
      }
      if (merged.length > 0) await session.run(deletePending(dialect, repository, merged));
    });
  }

  async commitTimestamp(repository: string, commit: RoleCommit): Promise<CommitOutcome> {
    const dialect = await this.database.dialect();
    return this.#rows.commit(repository, [commit.file.role], async (session) => {
      await advance(session, advanceSignedRoles(dialect, repository, [commit]));
      await insertFileRows(session, repository, [commit.file]);
    });
  }

  async exportPosition(repository: string): Promise<ExportPosition> {
    const [row] = await this.#rows.ofRole(selectExport(repository), repository, "timestamp");
    return readExport(row);
  }

  async exportBacklog(repository: string, from: ExportPosition): Promise<ExportBacklog> {
    const rows = await this.#rows.ofRole(selectBacklog(repository, from.snapshot), repository, "root");
    return readBacklog(repository, rows, from);
  }

  async files(repository: string, references: readonly FileReference[]): Promise<readonly StoredFile[]> {
    const files = await this.database.session((session) => readFiles(session, repository, references));
    if (files.length === 0) await this.#rows.requireRole(repository, "root");
    return files;
  }

  async recordExport(repository: string, position: ExportPosition, late?: LateExport): Promise<void> {
    if (late !== undefined) {
      await this.database.session((session) => session.run(delayFiles(repository, position, late)));
    }
    const matched = await this.database.session((session) => session.run(raiseExport(repository, position)));
    // No match, or a server that counts only rows that differ: then nothing had to rise.
    if (matched === 0) await this.exportPosition(repository);
  }

  async forgetExport(repository: string, recorded: ExportPosition): Promise<void> {
    const matched = await this.database.session((session) => session.run(forgetExport(repository, recorded)));
    if (matched === 0) await this.exportPosition(repository);
  }

  async oldFiles(repository: string, time: number, limit: number): Promise<readonly FileReference[]> {
    const lines = await this.#rows.of(selectRetentionLine(repository, time));
    const line = (role: string): number => Number(lines.find(([name]) => name === role)?.[1] ?? 0);
    const statements = [
      (left: number) => selectReplacedFiles(repository, line("snapshot"), left),
      (left: number) => selectFilesBelow(repository, "snapshot", line("snapshot"), left),
      (left: number) => selectFilesBelow(repository, "timestamp", line("timestamp"), left),
    ];
    const files: FileReference[] = [];
    for (const statement of statements) {
      if (files.length >= limit) break;
      const rows = await this.#rows.of(statement(limit - files.length));
      files.push(...rows.map(([role, version]) => ({ role: role as string, metadataVersion: Number(version) })));
    }
    if (files.length === 0) await this.#rows.requireRole(repository, "root");
    return files;
  }

  async forgetFiles(repository: string, files: readonly FileReference[]): Promise<void> {
    const dialect = await this.database.dialect();
    const snapshots = files.filter(({ role }) => role === "snapshot").map(({ metadataVersion }) => metadataVersion);
    await this.database.transaction(async (session) => {
      await session.run(deleteFiles(dialect, repository, files));
      if (snapshots.length > 0) await session.run(deleteDifferences(repository, Math.max(...snapshots) + 1));
    });
  }

  /** `undefined` where a role was given other bounds between the two reads. */
  async #statesWithin(repository: string, roles: readonly string[]): Promise<RoleStates | undefined> {
    const bounds = readRoleBounds(await this.#rows.of(selectRoleBounds(repository, roles)));
    return readStatesWithin(await this.#rows.of(selectStatesWithin(repository, roles, bounds)), bounds);
  }

  async #namesOfRoles(repository: string, statement: Statement): Promise<readonly string[]> {
    const rows = await this.#rows.of(statement);
    if (rows.length === 0) await this.#rows.requireRole(repository, "targets");
    return rows.map(([name]) => name as string);
  }
}

/** In the order in which rows of roles are locked. */
function inOrder(commits: readonly RoleCommit[]): readonly RoleCommit[] {
  return [...commits].sort((left, right) => (left.file.role < right.file.role ? -1 : 1));
}
