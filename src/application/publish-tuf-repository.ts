import { TufError } from "../../domain/tuf/errors.js";
import { GroupCommit } from "../../domain/tuf/group-commit.js";
import type { KeyStore } from "../../domain/tuf/key-store.js";
import type { CommitPlan } from "../../domain/tuf/publish-plan.js";
import type { FileReference } from "../../domain/tuf/tuf-store.js";
import { existingRepository } from "./existing-repository.js";
import { type ExportPorts, exportTufRepository } from "./export-tuf-repository.js";
import { commitPending, HeadMemory } from "./merge-snapshot.js";
import { RoleSigning } from "./role-signing.js";
import { signDueRoles } from "./sign-due-roles.js";
import type { Contention } from "./until-committed.js";

export interface PublishPorts extends ExportPorts, Contention {
  readonly keys: Pick<KeyStore, "load">;
}

/** What one run did. Everything empty and "nothing": there was nothing to do. */
export interface PublishReport {
  /** `targets` and bins that this run signed, with their new metadata versions. */
  readonly rolesSigned: readonly FileReference[];
  readonly committed: CommitPlan;
  /** The published snapshot and timestamp: committed by this run or by another publisher meanwhile. */
  readonly snapshotVersion: number;
  readonly timestampVersion: number;
  /** Names of the files that this run added or replaced. */
  readonly filesWritten: readonly string[];
}

/**
 * Makes every accepted edit visible: signs, merges, exports. What to do is read from the state each time, so a run also
 * completes whatever a crashed publisher left behind, and publishers in any number of processes need no lock: no step
 * holds anything while it signs or writes files, and every commit is a compare-and-set.
 *
 * One object serves a process: calls that arrive while a run is under way share the run after it.
 */
export class PublishTufRepository {
  readonly #runs = new Map<string, GroupCommit<PublishReport>>();

  constructor(private readonly ports: PublishPorts) {}

  /**
   * When it answers, every edit accepted before the call is visible to clients.
   * @throws {TufError} REPOSITORY_NOT_FOUND, KEY_NOT_FOUND, PUBLISH_CONTENDED, CORRUPT_REPOSITORY. A role that cannot be
   *   signed does not hold up the others: they are published, then its error is thrown.
   */
  async publish(repository: string): Promise<PublishReport> {
    const known = this.#runs.get(repository);
    if (known !== undefined) return known.run();
    await existingRepository(this.ports.store, repository);
    const memory = new HeadMemory();
    const runs = this.#runs.get(repository) ?? new GroupCommit(() => this.run(repository, memory));
    this.#runs.set(repository, runs);
    return runs.run();
  }

  private async run(name: string, memory: HeadMemory): Promise<PublishReport> {
    const { store, clock, random } = this.ports;
    const repository = await existingRepository(store, name);
    const signing = new RoleSigning(this.ports.keys, this.ports.codec);
    const run = { store, clock, random, signing, repository };
    const { rolesSigned, failures } = await signDueRoles(run);
    const committed = await commitPending(run, memory);
    const { position, filesWritten } = await exportTufRepository(this.ports, name);
    if (failures.length > 0) throw unsigned(failures);
    return {
      rolesSigned,
      committed,
      snapshotVersion: position.snapshot,
      timestampVersion: position.timestamp,
      filesWritten,
    };
  }
}

function unsigned(failures: readonly unknown[]): unknown {
  const [first] = failures;
  if (failures.length === 1 || !(first instanceof TufError)) return first;
  const cause = new AggregateError(failures);
  return new TufError(first.code, `${failures.length} roles could not be signed; one of them: ${first.message}`, {
    cause,
  });
}
