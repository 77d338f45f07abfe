import { corrupt } from "../../../../domain/tuf/errors.js";
import type { RoleCommit, RoleState } from "../../../../domain/tuf/tuf-store.js";
import { inParallel } from "../../in-parallel.js";
import {
  asOf,
  committed,
  type Horizons,
  isToBeSigned,
  signedFile,
  soundStates,
  type SigningRun,
  type SignReport,
  untilSigned,
} from "./signing-run.js";

/** Roles that are read as one state and committed together. */
const ROLES_PER_GROUP = 32;
const GROUPS_AT_A_TIME = 2;
/** A group that others are ahead of again and again is taken apart. */
const GROUP_ATTEMPTS = 3;

/** Signs bins that are dirty or due. */
export async function signBins(
  run: SigningRun,
  bins: readonly string[],
  horizons: Horizons,
  report: SignReport,
): Promise<void> {
  const groups: (readonly string[])[] = [];
  for (let start = 0; start < bins.length; start += ROLES_PER_GROUP) {
    groups.push(bins.slice(start, start + ROLES_PER_GROUP));
  }
  await inParallel(groups, GROUPS_AT_A_TIME, (group) => signGroup(run, group, horizons, report));
}

/** Signs bins together while nobody is ahead of us; what is left over by itself. */
async function signGroup(
  run: SigningRun,
  roles: readonly string[],
  { binsHorizon: horizon }: Horizons,
  report: SignReport,
): Promise<void> {
  const { store, repository } = run;
  const wanted = new Map<string, number>();
  const tried = new TriedCommits();
  for (let attempt = 0; attempt < GROUP_ATTEMPTS && roles.length > 1; attempt++) {
    const files: RoleCommit[] = [];
    const states = await soundStates(run, roles);
    if (states === undefined) break; // the roles tell one by one which of them is not
    const trusting = await asOf(run);
    for (const state of states) {
      if (!wanted.has(state.name)) wanted.set(state.name, state.version);
      try {
        if (!isToBeSigned(state, wanted.get(state.name)!, horizon)) continue;
        files.push(await tried.of(state, () => binCommit(trusting, state)));
      } catch (error) {
        report.failures.set(state.name, error);
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
      const file = await untilSigned(run, role, { wanted: wanted.get(role), horizon }, binCommit);
      if (file !== undefined) committed(run, file, report);
    } catch (error) {
      report.failures.set(role, error);
    }
  }
}

/** What a group signed and could not commit because of others of its roles: of a role that has not moved it is as good as new. */
class TriedCommits {
  readonly #byRole = new Map<string, { readonly state: RoleState; readonly commit: RoleCommit }>();

  async of(state: RoleState, sign: () => Promise<RoleCommit>): Promise<RoleCommit> {
    const tried = this.#byRole.get(state.name);
    // A change of the role's trust moves its version, too.
    if (tried?.state.version === state.version && tried.state.metadataVersion === state.metadataVersion) {
      return tried.commit;
    }
    const commit = await sign();
    this.#byRole.set(state.name, { state, commit });
    return commit;
  }
}

/**
 * @throws {TufError} CORRUPT_REPOSITORY for a kind that is never dirty
 */
export async function binCommit(trusting: SigningRun, state: RoleState): Promise<RoleCommit> {
  if (state.kind !== "bin") throw corrupt(`${state.name} is a ${state.kind} role and cannot be dirty`);
  return { file: await signedFile(trusting, state), signedVersion: state.version };
}
