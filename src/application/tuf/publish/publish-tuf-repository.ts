import { TufError } from "../../../../domain/tuf/errors.js";
import { GroupCommit } from "../../../../domain/tuf/group-commit.js";
import type { SignerSource } from "../../../../domain/tuf/key-store.js";
import type { OwnEdits } from "../../../../domain/tuf/own-edits.js";
import type { CommitPlan } from "../../../../domain/tuf/publish-plan.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import type { TrustStore } from "../../../../domain/tuf/trust-store.js";
import type { FileReference } from "../../../../domain/tuf/tuf-store.js";
import { existingRepository } from "../existing-repository.js";
import { ExportLane } from "./export-lane.js";
import type { ExportPorts } from "./export-tuf-repository.js";
import { commitPending, HeadMemory } from "./merge-snapshot.js";
import { type IsOthers, publishAtOnce } from "./publish-at-once.js";
import type { RecentFiles } from "./recent-files.js";
import { distinctFailures, type KeyFailure } from "../trust/key-failure.js";
import { RoleSigning } from "../trust/role-signing.js";
import { givenPaths } from "../targets/given-paths.js";
import { signGivenTargets } from "./sign-given-targets.js";
import { dirtyBins, horizonsOf, signDirtyBins, signDirtyRoles, signExpiringRoles } from "./sign-roles.js";
import { emptyReport, type SigningRun, type SignReport } from "./signing-run.js";
import type { Contention } from "../until-committed.js";

export interface PublishPorts extends ExportPorts, Contention {
  readonly trust: TrustStore;
  readonly keys: SignerSource;
  /** What this process edited: signed and merged first. */
  readonly ownEdits?: Pick<OwnEdits, "take" | "has">;
}

/** What one run did. Everything empty and "nothing": there was nothing to do. */
export interface PublishReport {
  /** `targets`, bins and custom roles that this run signed, with their new metadata versions. */
  readonly rolesSigned: readonly FileReference[];
  /** Custom roles whose metadata awaits signatures of people: what is accepted of them is not visible yet. */
  readonly awaiting: readonly string[];
  /** Keys that were to sign and could not, though their roles are signed: others sufficed, as long as none of them fails, too. */
  readonly keyFailures: readonly KeyFailure[];
  readonly committed: CommitPlan;
  /** The published snapshot and timestamp: committed by this run or by another publisher meanwhile. */
  readonly snapshotVersion: number;
  readonly timestampVersion: number;
  /** Names of the files that this run added or replaced. */
  readonly filesWritten: readonly string[];
}

export interface PublishOnlyReport extends PublishReport {
  /** Those of the paths of which nothing was unpublished. */
  readonly unchanged: readonly string[];
}

export interface RenewOptions {
  /** Milliseconds. */
  readonly within?: number | undefined;
  /** Roles of one step; 256 by default. */
  readonly limit?: number;
}

/** What is due for renewal is taken along in small numbers: a publish is not to wait for thousands of signatures. */
const RENEWED_PER_RUN = 32;

interface Merged {
  readonly committed: CommitPlan;
  readonly keyFailures: readonly KeyFailure[];
}

const NOTHING_MERGED: Merged = { committed: "nothing", keyFailures: [] };

/** The work on one repository that this process does for all callers at once. */
interface Lanes {
  readonly publish: GroupCommit<PublishReport>;
  readonly merge: GroupCommit<Merged>;
  readonly export: ExportLane;
}

/**
 * Makes every accepted edit visible: signs, merges, exports. What to do is read from the state each time, so a run also
 * completes whatever a crashed publisher left behind, and publishers in any number of processes need no lock: no step
 * holds anything while it signs or writes files, and every commit is a compare-and-set.
 *
 * One object serves a process. Calls that arrive while a run is under way share the run after it. Merges and exports of
 * other work (`publishOnly`, `renew`) go between, one at a time.
 */
export class PublishTufRepository {
  readonly #lanes = new Map<string, Lanes>();

  constructor(private readonly ports: PublishPorts) {}

  /**
   * When it answers, every edit accepted before the call is visible to clients.
   * @throws {TufError} REPOSITORY_NOT_FOUND, KEY_NOT_FOUND, ROOT_UNSIGNED, PUBLISH_CONTENDED, CORRUPT_REPOSITORY
   * @throws {UnsignedRolesError} (the code of its first failure): a role that cannot be signed does not hold up the others,
   *   which are published first
   */
  async publish(repository: string): Promise<PublishReport> {
    const { publish } = await this.#lanesOf(repository);
    return publish.run();
  }

  /**
   * Makes the accepted edits of some paths visible, and no other edits; with a later `publish` all become visible. Of a path that
   * is no target, or is published as it is accepted, nothing is done, and it is told as `unchanged`.
   * @throws {TufError} as `publish`; INVALID_TARGET_PATH (an `InvalidTargetsError` with every fault of the call)
   */
  async publishOnly(repository: string, paths: Iterable<string>): Promise<PublishOnlyReport> {
    const given = givenPaths(paths);
    const lanes = await this.#lanesOf(repository);
    const run = await this.#signingRun(repository, lanes.export.recent);
    const { rolesSigned, unchanged } = await signGivenTargets(run, given);
    return { ...(await finish(lanes, run, { ...emptyReport(), rolesSigned: [...rolesSigned] })), unchanged };
  }

  /**
   * One step of a scheduler: renews at most `limit` of the roles whose metadata expires within `within` milliseconds (or as
   * the policy wants it, if that is sooner), those first that expire first, and snapshot and timestamp as the policy wants
   * it. Publishing goes on meanwhile. A step that signs fewer roles than `limit` was the last that is needed for now. What
   * is accepted of a renewed role becomes visible with it.
   * @throws {TufError} as `publish`
   */
  async renew(repository: string, { within, limit = 256 }: RenewOptions = {}): Promise<PublishReport> {
    const lanes = await this.#lanesOf(repository);
    const run = await this.#signingRun(repository, lanes.export.recent);
    const horizons = horizonsOf(run.repository, run.clock.now(), within);
    return finish(lanes, run, await signExpiringRoles(run, horizons, limit));
  }

  /** Ends once the database knows of what this process has published, or could not be told: `publish` does not wait for that. */
  async recorded(repository: string): Promise<void> {
    await this.#lanes.get(repository)?.export.recorded();
  }

  async #lanesOf(name: string): Promise<Lanes> {
    const open = this.#lanes.get(name);
    if (open !== undefined) return open;
    await existingRepository(this.ports.store, name);
    const head = new HeadMemory();
    const exports = new ExportLane(this.ports, name);
    let known: TufRepository | undefined;
    const lanes: Lanes = this.#lanes.get(name) ?? {
      publish: new GroupCommit(async () => {
        // A publish at once reads the trust in any case while it signs, and so need not read it before.
        const isOthers = this.#othersOf(name);
        for (let before = known; ; before = undefined) {
          known = undefined;
          const run = await this.#signingRun(name, exports.recent, before);
          const atOnce = await publishAtOnce(run, head, horizonsOf(run.repository, run.clock.now()), isOthers);
          if (atOnce === "begin again") continue; // seldom: somebody changed trust since
          if (atOnce === "two steps") {
            const current = before === undefined ? run : await this.#signingRun(name, exports.recent);
            return inSteps(lanes, current, isOthers);
          }
          known = run.repository;
          if (!atOnce.isMerged) return finish(lanes, run, atOnce);
          return exported(lanes, atOnce, { committed: "snapshot", keyFailures: run.signing.keyFailures });
        }
      }),
      merge: new GroupCommit(async () => {
        const run = await this.#signingRun(name, exports.recent);
        return { committed: await commitPending(run, head), keyFailures: run.signing.keyFailures };
      }),
      export: exports,
    };
    this.#lanes.set(name, lanes);
    return lanes;
  }

  /**
   * Tells of a dirty bin whether another process edited it, as far as this one knows what it edited since its last publish; `undefined`
   * where it edited nothing: then it publishes for all others.
   */
  #othersOf(repository: string): IsOthers | undefined {
    const { ownEdits } = this.ports;
    if (ownEdits === undefined) return undefined;
    const own = ownEdits.take(repository);
    return own.size === 0 ? undefined : (bin) => !own.has(bin) && !ownEdits.has(repository, bin);
  }

  /** @param known the repository as it was; without it, it is read */
  async #signingRun(name: string, recent: RecentFiles, known?: TufRepository): Promise<SigningRun> {
    const { store, trust, clock, random, codec, keys, files } = this.ports;
    const repository = known ?? (await existingRepository(store, name));
    const signing = new RoleSigning(keys, codec, clock.now());
    return { store, trust, clock, random, codec, signing, repository, files, onCommitted: (file) => recent.add(file) };
  }
}

async function inSteps(lanes: Lanes, run: SigningRun, isOthers: IsOthers | undefined): Promise<PublishReport> {
  const report = emptyReport();
  const first = isOthers === undefined ? NOTHING_MERGED : await signOwnFirst(lanes, run, isOthers, report);
  report.failures.clear(); // what is still dirty is tried again
  await signDirtyRoles(run, report);
  await signExpiringRoles(run, horizonsOf(run.repository, run.clock.now()), RENEWED_PER_RUN, report);
  return finish(lanes, run, report, first);
}

/** Milliseconds that others are given at most to publish what they edited. */
const LONGEST_PATIENCE = 200;

/**
 * Where others publish as well, what they edited is theirs to sign, as it is ours to sign what we edited: that is signed and merged, and
 * then they have as long as it took us. Else everybody would sign what everybody edited, most of it in vain.
 */
async function signOwnFirst(lanes: Lanes, run: SigningRun, isOthers: IsOthers, report: SignReport): Promise<Merged> {
  const { clock } = run;
  const began = clock.now();
  const dirty = await dirtyBins(run);
  if (!dirty.some(isOthers)) return NOTHING_MERGED;
  const own = dirty.filter((bin) => !isOthers(bin));
  await signDirtyBins(run, own, report);
  const isAhead = report.rolesSigned.length > 0;
  // What keeps it from being merged now is told by the merge at the end: until then there is more to sign, for whoever can merge.
  const merged = isAhead ? await lanes.merge.run().catch(() => NOTHING_MERGED) : NOTHING_MERGED;
  if (isAhead && (await dirtyBins(run)).some(isOthers)) {
    await clock.sleep(Math.min(Math.max(clock.now() - began, 0), LONGEST_PATIENCE));
  }
  return merged;
}

/** Merges and exports what was signed, by whomever. */
async function finish(
  lanes: Lanes,
  { signing }: SigningRun,
  signed: SignReport,
  before = NOTHING_MERGED,
): Promise<PublishReport> {
  const merged = await lanes.merge.run();
  return exported(lanes, signed, {
    committed: [before, merged].some(({ committed }) => committed === "snapshot") ? "snapshot" : merged.committed,
    keyFailures: distinctFailures(signing.keyFailures, before.keyFailures, merged.keyFailures),
  });
}

async function exported(
  { export: exports }: Lanes,
  { rolesSigned, failures, awaiting }: SignReport,
  { committed, keyFailures }: Merged,
): Promise<PublishReport> {
  const { position, filesWritten } = await exports.run();
  const report = {
    rolesSigned,
    awaiting: [...awaiting].sort(),
    keyFailures,
    committed,
    snapshotVersion: position.snapshot,
    timestampVersion: position.timestamp,
    filesWritten,
  };
  const [first, ...others] = failures.values();
  if (first === undefined) return report;
  if (first instanceof TufError) throw new UnsignedRolesError([first, ...others], report);
  throw first as Error;
}

/** Some roles could not be signed, and all others were published. */
export class UnsignedRolesError extends TufError {
  /**
   * @param failures one per role
   * @param report what was done of the other roles
   */
  constructor(
    readonly failures: readonly [TufError, ...unknown[]],
    readonly report: PublishReport,
  ) {
    const [first, ...others] = failures;
    const count = others.length === 0 ? "" : `${failures.length} roles could not be signed; one of them: `;
    super(first.code, `${count}${first.message}`, {
      cause: others.length === 0 ? first : new AggregateError(failures),
    });
  }
}
