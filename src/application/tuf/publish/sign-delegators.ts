import { corrupt } from "../../../../domain/tuf/errors.js";
import { delegatedBy, withRolesBelow } from "../../../../domain/tuf/nested-roles.js";
import { expiresAt } from "../../../../domain/tuf/expiry.js";
import { type StatedRole, statedRole, targetsSigned } from "../../../../domain/tuf/metadata-builders.js";
import type { RoleCommit, RoleRecord, RoleState, SignedFile } from "../../../../domain/tuf/tuf-store.js";
import { customRoleCommit } from "../delegations/custom-role-commit.js";
import {
  asOf,
  committed,
  type Horizons,
  isToBeSigned,
  signedFile,
  type SigningRun,
  type SignReport,
  untilSigned,
} from "./signing-run.js";
import { storedFiles } from "../stored-files.js";
import { type Attempt, untilCommitted } from "../until-committed.js";

export const TARGETS = "targets";

/**
 * Signs the roles that `targets` delegates to beside the bins, and `targets` last: it states the keys of all others, and
 * each must be signed with those by then.
 */
export async function signDelegators(
  run: SigningRun,
  areTargetsDue: boolean,
  horizons: Horizons,
  report: SignReport,
): Promise<void> {
  const { name, customRoles } = run.repository;
  const records = customRoles.length === 0 ? [] : await run.trust.delegatedRoles(name);
  const sign = async (role: string, work: () => Promise<readonly SignedFile[]>): Promise<void> => {
    try {
      for (const file of await work()) committed(run, file, report);
    } catch (error) {
      report.failures.set(role, error);
    }
  };
  for (const record of records.filter(({ kind }) => kind === "catch-all")) {
    await sign(record.name, () => signCatchAll(run, record.name, horizons));
  }
  for (const { name: role, expiry } of customRoles) {
    await sign(role, () => signCustomRole(run, role, horizons.customHorizon(expiry), report));
  }
  if (areTargetsDue || !records.every(isTrusted)) await sign(TARGETS, () => signTargets(run, horizons, report));
}

/** Whether custom roles or the catch-all are dirty, due for renewal, or signed under former trust; `targets` is not looked at. */
export async function areDelegatorsDue({ trust, repository }: SigningRun, horizons: Horizons): Promise<boolean> {
  const { name, customRoles } = repository;
  if (customRoles.length === 0) return false;
  const custom = new Map(customRoles.map((role) => [role.name, horizons.customHorizon(role.expiry)]));
  return (await trust.delegatedRoles(name)).some(
    (record) =>
      !isTrusted(record) ||
      record.version !== record.signedVersion ||
      record.expiresAt <= (custom.get(record.name) ?? horizons.binsHorizon),
  );
}

/** Whether the newest metadata is signed under the trust that is kept: then `targets` may state that. */
function isTrusted({ signedVersion, trustSince }: RoleRecord): boolean {
  return signedVersion >= trustSince;
}

/** It states the keys of the bins, and each bin must be signed with those by then. */
async function signCatchAll(
  run: SigningRun,
  role: string,
  { binsHorizon: horizon }: Horizons,
): Promise<readonly SignedFile[]> {
  const file = await untilSigned(run, role, { horizon }, async (trusting, state) => {
    if (state.kind !== "catch-all" || (await run.trust.areBinsBehind(run.repository.name))) return undefined;
    return { file: await signedFile(trusting, state), signedVersion: state.version };
  });
  return file === undefined ? [] : [file];
}

/** What is signed under the trust that is stated can be published at once; what is not goes together with `targets`. */
async function signCustomRole(
  run: SigningRun,
  role: string,
  horizon: number,
  report: SignReport,
): Promise<readonly SignedFile[]> {
  const file = await untilSigned(run, role, { horizon }, async (trusting, state) =>
    isTrusted(state) ? customRoleCommit(trusting, state, report) : undefined,
  );
  return file === undefined ? [] : [file];
}

/**
 * Signs `targets` where it is dirty or due, together with custom roles that have new keys, or that state those of roles below
 * them: in one commit, so that no snapshot has one without the other, and whoever lost the former keys needs them no more.
 */
async function signTargets(run: SigningRun, horizons: Horizons, report: SignReport): Promise<readonly SignedFile[]> {
  const { store, trust, repository } = run;
  const { name } = repository;
  let wanted: number | undefined;
  return untilCommitted(TARGETS, run, async (): Promise<Attempt<readonly SignedFile[]>> => {
    const [state] = await store.roleStates(name, [TARGETS]);
    if (state === undefined) throw corrupt("targets has no state");
    wanted ??= state.version;
    const trusting = await asOf(run);
    const records = trusting.repository.customRoles.length === 0 ? [] : await trust.delegatedRoles(name);
    const isCatchAllBehind = records.some((record) => record.kind === "catch-all" && !isTrusted(record));
    if (isCatchAllBehind || (await trust.areBinsBehind(name))) return { outcome: "done", value: [] };
    const joining = await joiningRoles(trusting, records, report);
    if (joining.length === 0 && !isToBeSigned(state, wanted, horizons.targetsHorizon)) {
      return { outcome: "done", value: [] };
    }

    const stated = await statedRoles(trusting, state, records, joining);
    const file = await targetsFile(trusting, state, stated);
    const commits = [...joining, { file, signedVersion: state.version, isExact: records.length > 0 }];
    const outcome = await store.commitSignedRoles(name, commits);
    // Stale also where custom roles have changed: that moves the record.
    return outcome === "stale"
      ? { outcome, metadataVersion: state.metadataVersion + state.version }
      : { outcome: "done", value: commits.map((commit) => commit.file) };
  });
}

/**
 * Custom roles whose keys are not stated yet, and that can be signed with these. A role states the keys of those below it, so
 * that all of them that are below one role of `targets` join, or none.
 */
async function joiningRoles(
  trusting: SigningRun,
  records: readonly RoleRecord[],
  report: SignReport,
): Promise<readonly RoleCommit[]> {
  const { customRoles } = trusting.repository;
  const awaited = new Set(records.filter((record) => !isTrusted(record)).map(({ name }) => name));
  const joining: RoleCommit[] = [];
  for (const { name } of delegatedBy(customRoles)) {
    const together = withRolesBelow(customRoles, name).filter((role) => awaited.has(role.name));
    const commits: RoleCommit[] = [];
    for (const role of together) commits.push(...(await joiningCommit(trusting, role.name, report)));
    if (commits.length === together.length) joining.push(...commits);
  }
  return joining;
}

/** One, or none where it cannot be signed yet, or is signed meanwhile. */
async function joiningCommit(trusting: SigningRun, role: string, report: SignReport): Promise<readonly RoleCommit[]> {
  const { store, trust, repository } = trusting;
  const [state] = await store.roleStates(repository.name, [role]);
  if (state === undefined || isTrusted(state)) return [];
  // It states the keys of its bins, and each must be signed with those by then.
  if (await trust.areBinsBehind(repository.name, role)) return [];
  try {
    const commit = await customRoleCommit(trusting, state, report);
    return commit === undefined ? [] : [commit];
  } catch (error) {
    // `targets` goes on stating what it stated of the role.
    report.failures.set(role, error);
    return [];
  }
}

/** As kept, where the role's metadata is signed under that; else as the newest `targets` states it, if it does. */
async function statedRoles(
  run: SigningRun,
  targets: RoleState,
  records: readonly RoleRecord[],
  joining: readonly RoleCommit[],
): Promise<readonly StatedRole[]> {
  const { repository, codec } = run;
  const customRoles = delegatedBy(repository.customRoles);
  const trusted = new Set([
    ...records.filter(isTrusted).map(({ name }) => name),
    ...joining.map(({ file }) => file.role),
  ]);
  if (customRoles.every(({ name }) => trusted.has(name)))
    return customRoles.map((role) => statedRole(repository, role));

  const [file] = await storedFiles(run, repository.name, [{ role: TARGETS, metadataVersion: targets.metadataVersion }]);
  const { keys = {}, roles = [] } = codec.decode("targets", file!.bytes).signed.delegations ?? {};
  return customRoles.flatMap((custom) => {
    if (trusted.has(custom.name)) return [statedRole(repository, custom)];
    const role = roles.find(({ name }) => name === custom.name);
    if (role === undefined) return [];
    return [{ role, keys: Object.fromEntries(role.keyids.map((keyId) => [keyId, keys[keyId]!])) }];
  });
}

function targetsFile(
  { signing, repository, clock }: SigningRun,
  { name, metadataVersion }: RoleState,
  stated: readonly StatedRole[],
): Promise<SignedFile> {
  const now = clock.now();
  const { targets } = repository.expiry;
  const edition = { metadataVersion: metadataVersion + 1, signedAt: now, expiresAt: expiresAt(now, targets) };
  return signing.sign(name, targetsSigned(repository, edition, stated), repository, edition);
}
