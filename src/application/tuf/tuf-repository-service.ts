import { aWholeNumberFrom, having, requireArguments, requireOptions } from "../../../domain/distinction/arguments.js";
import type { TargetFault } from "../../../domain/tuf/errors.js";
import type { ExpiryPolicy } from "../../../domain/tuf/expiry.js";
import { OwnEdits } from "../../../domain/tuf/own-edits.js";
import type { ForeignFiles } from "../../../domain/tuf/foreign-files.js";
import type { Target } from "../../../domain/tuf/target.js";
import { addTargetList, type TargetList } from "./targets/add-target-list.js";
import { addTargets, addValidTargets, faultsByPath, type PartialReport } from "./targets/add-targets.js";
import { changeExpiry } from "./change-expiry.js";
import { createTufRepository, type CreatePorts } from "./creation/create-tuf-repository.js";
import type { EditOptions, EditPorts, EditReport } from "./targets/edit-bins.js";
import { damagedFiles } from "./damaged-files.js";
import { type ExportReport, exportTufRepository } from "./publish/export-tuf-repository.js";
import { type ImportReport, type ImportRequest, importTufRepository } from "./import/import-tuf-repository.js";
import type { CreateRequest } from "./creation/new-repository.js";
import { pruneTufRepository, type PruneOptions } from "./publish/prune-tuf-repository.js";
import {
  PublishTufRepository,
  type PublishOnlyReport,
  type PublishPorts,
  type PublishReport,
  type RenewOptions,
} from "./publish/publish-tuf-repository.js";
import { CREATE_REQUEST, EDIT_OPTIONS, IMPORT_REQUEST, PRUNE_OPTIONS, RENEW_OPTIONS } from "./service-options.js";
import { removeTargets } from "./targets/remove-targets.js";
import { unpublishedTargets, type UnpublishedTarget } from "./targets/unpublished-targets.js";
import { type RepositoryStatus, tufRepositoryStatus } from "./tuf-repository-status.js";
import { TufDelegationService } from "./tuf-delegation-service.js";
import { timelyKeys } from "./trust/timely-keys.js";
import { TufTrustService } from "./tuf-trust-service.js";
import type { VerifyPorts } from "./import/trusted-reader.js";
import { verifyTufRepository, type PublishedTarget, type VerifyReport } from "./verify-tuf-repository.js";

/** Everything that the use cases of a TUF repository need from outside. */
export type TufPorts = CreatePorts & Omit<EditPorts, "known"> & PublishPorts & VerifyPorts;

/**
 * One TUF repository, as services embed it: any number of processes may hold one of these over the same database. Options that are
 * misspelt, or none of their kind, are refused by every method (DistinctionError INVALID_VALUE) before anything is done.
 */
export class TufRepositoryService {
  /** Keys, thresholds, and the roots that people sign. */
  readonly trust: TufTrustService;
  /** Roles with keys of their own for some paths. */
  readonly delegations: TufDelegationService;
  readonly #publisher: PublishTufRepository;
  private readonly ports: TufPorts & Pick<EditPorts, "known">;

  /**
   * @param ports a key that does not answer within two minutes counts as unavailable
   * @param name of the repository in the database
   */
  constructor(
    ports: TufPorts,
    readonly name: string,
  ) {
    const edits = new OwnEdits(ports.edits);
    this.ports = { ...ports, edits, known: new Map(), keys: timelyKeys(ports.keys, ports.clock) };
    this.trust = new TufTrustService(this.ports, name);
    this.delegations = new TufDelegationService(this.ports, name);
    this.#publisher = new PublishTufRepository({ ...this.ports, ownEdits: edits });
  }

  async exists(): Promise<boolean> {
    return (await this.ports.store.repository(this.name)) !== undefined;
  }

  /** Creates the repository with its keys and all its roles, and publishes it empty. See `createTufRepository`. */
  async create(request: Omit<CreateRequest, "name">): Promise<ExportReport> {
    requireOptions("tuf.create", CREATE_REQUEST, request);
    return createTufRepository(this.ports, { ...request, name: this.name });
  }

  /** Takes over a repository that other tools made. See `importTufRepository`. */
  async import(source: ForeignFiles, request: Omit<ImportRequest, "name">): Promise<ImportReport> {
    requireArguments("tuf.import", { source: [source, having("foreign files", "read")] });
    requireOptions("tuf.import", IMPORT_REQUEST, request);
    return importTufRepository({ ...this.ports, source }, { ...request, name: this.name });
  }

  /** Accepts targets durably, by path; they become visible with the next publish. See `addTargets`. */
  async add(targets: ReadonlyMap<string, Target>, options: EditOptions = {}): Promise<EditReport> {
    requireOptions("tuf.add", EDIT_OPTIONS, options);
    return addTargets(this.ports, this.name, targets, options);
  }

  /** As `add`, but accepts what can be accepted and tells of the rest. See `addValidTargets`. */
  async addValid(targets: ReadonlyMap<string, Target>, options: EditOptions = {}): Promise<PartialReport> {
    requireOptions("tuf.addValid", EDIT_OPTIONS, options);
    return addValidTargets(this.ports, this.name, targets, options);
  }

  /** What `add` would refuse, by path. See `faultsByPath`. */
  faultsOf(targets: ReadonlyMap<string, Target>): Promise<ReadonlyMap<string, readonly TargetFault[]>> {
    return faultsByPath(this.ports, this.name, targets);
  }

  /** Accepts targets from a list of any length, in batches. See `addTargetList`. */
  async *addList(targets: TargetList, options: EditOptions = {}): AsyncGenerator<number, number> {
    requireOptions("tuf.addList", EDIT_OPTIONS, options);
    return yield* addTargetList(this.ports, this.name, targets, options);
  }

  /** Accepts the removal of targets durably. See `removeTargets`. */
  async remove(paths: Iterable<string>, options: EditOptions = {}): Promise<EditReport> {
    requireOptions("tuf.remove", EDIT_OPTIONS, options);
    return removeTargets(this.ports, this.name, paths, options);
  }

  /** Yields what is accepted and not published yet. See `unpublishedTargets`. */
  unpublished(): AsyncGenerator<UnpublishedTarget> {
    return unpublishedTargets(this.ports, this.name);
  }

  /** Makes every accepted edit visible to clients. See `PublishTufRepository`. */
  publish(): Promise<PublishReport> {
    return this.#publisher.publish(this.name);
  }

  /** Makes the accepted edits of some paths visible, and no others. See `PublishTufRepository`. */
  publishOnly(paths: Iterable<string>): Promise<PublishOnlyReport> {
    return this.#publisher.publishOnly(this.name, paths);
  }

  /** Renews some of what expires soon: one step of a scheduler. See `PublishTufRepository`. */
  async renew(options: RenewOptions = {}): Promise<PublishReport> {
    requireOptions("tuf.renew", RENEW_OPTIONS, options);
    return this.#publisher.renew(this.name, options);
  }

  /** Has metadata live for other times, from its next version on. See `changeExpiry`. */
  changeExpiry(changes: Partial<ExpiryPolicy>): Promise<ExpiryPolicy> {
    return changeExpiry(this.ports, this.name, changes);
  }

  /** Deletes metadata files that no client can need any more. See `pruneTufRepository`. */
  async prune(options: PruneOptions = {}): Promise<number> {
    requireOptions("tuf.prune", PRUNE_OPTIONS, options);
    await this.#publisher.recorded(this.name);
    return pruneTufRepository(this.ports, this.name, options);
  }

  /** Versions, expiry, what is not published yet, and the root that awaits signatures. See `tufRepositoryStatus`. */
  async status(): Promise<RepositoryStatus> {
    await this.#publisher.recorded(this.name);
    return tufRepositoryStatus(this.ports, this.name);
  }

  /**
   * Compares all published files that are current with the database, and puts back those that storage lost or damaged.
   * @returns the names of these, in order
   * @throws {TufError} REPOSITORY_NOT_FOUND, ROOT_UNSIGNED, CORRUPT_REPOSITORY, STORAGE_UNAVAILABLE
   */
  async repair(): Promise<readonly string[]> {
    const { filesWritten } = await exportTufRepository(this.ports, this.name, { isMending: true });
    return filesWritten.toSorted(); // they are put side by side
  }

  /** Names of current files that storage lost, damaged or does not have yet; changes nothing. See `damagedFiles`. */
  async damaged(): Promise<readonly string[]> {
    await this.#publisher.recorded(this.name);
    return damagedFiles(this.ports, this.name);
  }

  /** Reads the published files as a client does, and yields every target. See `verifyTufRepository`. */
  async *verify(now = this.ports.clock.now()): AsyncGenerator<PublishedTarget, VerifyReport> {
    requireArguments("tuf.verify", { now: [now, aWholeNumberFrom(0)] });
    return yield* verifyTufRepository(this.ports, now);
  }
}
