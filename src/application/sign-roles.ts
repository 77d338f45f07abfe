import { corrupt } from "../../domain/tuf/errors.js";
import { expiresAt, renewalHorizon, staggeredExpiresAt } from "../../domain/tuf/expiry.js";
import { binSigned, targetsSigned } from "../../domain/tuf/metadata-builders.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { TufRepository } from "../../domain/tuf/repository.js";
import type { TrustStore } from "../../domain/tuf/trust-store.js";
import type { FileReference, RoleCommit, RoleState, SignedFile, TufStore } from "../../domain/tuf/tuf-store.js";
import { existingRepository } from "./existing-repository.js";
import { inParallel } from "./in-parallel.js";
import type { RoleSigning } from "./role-signing.js";
import { type Attempt, type Contention, untilCommitted } from "./until-committed.js";

export interface SigningRun extends Contention {
  readonly store: TufStore;
  readonly trust: Pick<TrustStore, "areBinsBehind">;
  readonly codec: MetadataCodec;
  readonly signing: RoleSigning;
  readonly repository: TufRepository;
  /** Told of every file that this run committed. */
  readonly onCommitted?: (file: SignedFile) => void;
}

export interface SignReport {
  readonly rolesSigned: FileReference[];
  /** Roles that could not be signed; they held up none of the others. */
  readonly failures: unknown[];
}

/** Epoch milliseconds up to which metadata that expires is due, by kind of role. */
export interface Horizons {
  readonly targetsHorizon: number;
  readonly binsHorizon: number;
}

const ROLES_PER_PAGE = 1_024;
/** Roles that are read as one state and committed together. */
const ROLES_PER_GROUP = 32;
const GROUPS_AT_A_TIME = 2;
/** A group that others are ahead of again and again is taken apart. */
const GROUP_ATTEMPTS = 3;

/** Signs every role that is dirty when the run begins, whoever left it so. */
export async function signDirtyRoles(run: SigningRun): Promise<SignReport> {
  const { store, repository, random } = run;
  const report: SignReport = { rolesSigned: [], failures: [] };
  let areTargetsDue = false;
  for (let after: string | undefined = ""; after !== undefined;) {
    const page: readonly string[] = await store.dirtyRoles(repository.name, { after, limit: ROLES_PER_PAGE });
    // Each run begins elsewhere: workers that sign the same roles at the same time do it in vain.
    const start = Math.floor(random() * page.length);
    await signBins(run, [...page.slice(start), ...page.slice(0, start)], NOTHING_EXPIRES, report);
    areTargetsDue ||= page.includes(TARGETS);
    after = page.length < ROLES_PER_PAGE ? undefined : page.at(-1);
  }
  if (areTargetsDue) await signGroup(run, [TARGETS], NOTHING_EXPIRES, report);
  return report;
}

const NOTHING_EXPIRES: Horizons = { targetsHorizon: 0, binsHorizon: 0 };

/** Signs what expires by then, at most `limit` roles, those first that expire first. */
export async function signExpiringRoles(run: SigningRun, horizons: Horizons, limit: number): Promise<SignReport> {
  const report: SignReport = { rolesSigned: [], failures: [] };
  const names = await run.store.expiringRoles(run.repository.name, { ...horizons, limit });
  await signBins(run, names, horizons, report);
  if (names.includes(TARGETS)) await signGroup(run, [TARGETS], horizons, report);
  return report;
}

/** When the policy wants roles renewed, or `within` milliseconds before they expire if that is sooner. */
export function horizonsOf({ expiry }: TufRepository, now: number, within?: number): Horizons {
  return {
    targetsHorizon: renewalHorizon(now, expiry.targets, within),
    binsHorizon: renewalHorizon(now, expiry.bins, within),
  };
}

/** Signed last: it states the keys of the bins, and each bin must be signed with those by then. */
const TARGETS = "targets";

async function signBins(
  run: SigningRun,
  names: readonly string[],
  horizons: Horizons,
  report: SignReport,
): Promise<void> {
  const roles = names.filter((name) => name !== TARGETS);
  const groups: (readonly string[])[] = [];
  for (let start = 0; start < roles.length; start += ROLES_PER_GROUP) {
    groups.push(roles.slice(start, start + ROLES_PER_GROUP));
  }
  await inParallel(groups, GROUPS_AT_A_TIME, (group) => signGroup(run, group, horizons, report));
}

/** Signs roles together while nobody is ahead of us; what is left over by itself. */
async function signGroup(
  run: SigningRun,
  roles: readonly string[],
  horizons: Horizons,
  report: SignReport,
): Promise<void> {
  const { store, repository } = run;
  const wanted = new Map<string, number>();
  for (let attempt = 0; attempt < GROUP_ATTEMPTS && roles.length > 1; attempt++) {
    const files: RoleCommit[] = [];
    const states = await store.roleStates(repository.name, roles);
    const trusting = await asOf(run);
    for (const state of states) {
      if (!wanted.has(state.name)) wanted.set(state.name, state.version);
      try {
        if (!isDue(state, wanted.get(state.name)!, horizons)) continue;
        files.push({ file: await signedFile(trusting, state), signedVersion: state.version });
      } catch (error) {
        report.failures.push(error);
      }
    }
    if (files.length === 0) return;
    roles = files.map(({ file }) => file.role);
    try {
      if ((await store.commitSignedRoles(repository.name, files)) === "stale") continue;
    } catch {
      break; // what the reason is, the roles tell one by one
    }
    for (const { file } of files) committed(run, file, report);
    return;
  }
  for (const role of roles) {
    try {
      const file = await signRole(run, role, horizons, wanted.get(role));
      if (file !== undefined) committed(run, file, report);
    } catch (error) {
      report.failures.push(error);
    }
  }
}

function committed(run: SigningRun, file: SignedFile, { rolesSigned }: SignReport): void {
  rolesSigned.push({ role: file.role, metadataVersion: file.metadataVersion });
  run.onCommitted?.(file);
}

/** Signs until what was dirty at first sight is signed, by us or by another; `undefined` where it was another. */
function signRole(
  run: SigningRun,
  role: string,
  horizons: Horizons,
  wanted: number | undefined,
): Promise<SignedFile | undefined> {
  const { store, repository } = run;
  return untilCommitted(role, run, async (): Promise<Attempt<SignedFile | undefined>> => {
    const [state] = await store.roleStates(repository.name, [role]);
    if (state === undefined) throw corrupt(`role ${role} has no state`);
    wanted ??= state.version;
    if (!isDue(state, wanted, horizons)) return { outcome: "done", value: undefined };

    const trusting = await asOf(run);
    if (role === TARGETS && (await run.trust.areBinsBehind(repository.name))) {
      return { outcome: "done", value: undefined };
    }
    const file = await signedFile(trusting, state);
    const outcome = await store.commitSignedRoles(repository.name, [{ file, signedVersion: state.version }]);
    return outcome === "stale" ? { outcome, metadataVersion: state.metadataVersion } : { outcome: "done", value: file };
  });
}

/** With the trust read after the state, so that a change of trust that is not in it leaves the roles dirty. */
export async function asOf(run: SigningRun): Promise<SigningRun> {
  return { ...run, repository: await existingRepository(run.store, run.repository.name) };
}

/**
 * Signed ahead of the record, or a kind that is never dirty: signing again would go on for ever.
 * @throws {TufError} CORRUPT_REPOSITORY
 */
function isDue(state: RoleState, wanted: number, { targetsHorizon, binsHorizon }: Horizons): boolean {
  const { name, kind, version, signedVersion } = state;
  if (kind !== "targets" && kind !== "bin") throw corrupt(`${name} is a ${kind} role and cannot be dirty`);
  if (signedVersion > version) throw corrupt(`${name} is signed at version ${signedVersion}, its record at ${version}`);
  return signedVersion < wanted || state.expiresAt <= (kind === "targets" ? targetsHorizon : binsHorizon);
}

/** A role's next file, of what `state` holds. */
export function signedFile({ signing, repository, clock }: SigningRun, state: RoleState): Promise<SignedFile> {
  const { expiry } = repository;
  const now = clock.now();
  const edition = { metadataVersion: state.metadataVersion + 1, signedAt: now };
  if (state.kind === "targets") {
    const whole = { ...edition, expiresAt: expiresAt(now, expiry.targets) };
    return signing.sign(state.name, targetsSigned(repository, whole), repository, whole);
  }
  const whole = { ...edition, expiresAt: staggeredExpiresAt(now, expiry.bins, state.name) };
  return signing.sign(state.name, binSigned(state.targets, whole), repository, whole);
}
