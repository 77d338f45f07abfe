import { corrupt } from "../../domain/tuf/errors.js";
import { expiresAt, renewalHorizon } from "../../domain/tuf/expiry.js";
import { binSigned, targetsSigned } from "../../domain/tuf/metadata-builders.js";
import type { TufRepository } from "../../domain/tuf/repository.js";
import type { FileReference, RoleState, SignedFile, TufStore } from "../../domain/tuf/tuf-store.js";
import { inParallel } from "./in-parallel.js";
import type { RoleSigning } from "./role-signing.js";
import { type Attempt, type Contention, untilCommitted } from "./until-committed.js";

export interface SigningRun extends Contention {
  readonly store: TufStore;
  readonly signing: RoleSigning;
  readonly repository: TufRepository;
}

export interface SignReport {
  readonly rolesSigned: readonly FileReference[];
  /** Roles that could not be signed; they held up none of the others. */
  readonly failures: readonly unknown[];
}

const ROLES_PER_PAGE = 256;
const ROLES_AT_A_TIME = 8;

/** Signs every role that is dirty or due for renewal when the run begins, whoever left it so. */
export async function signDueRoles(run: SigningRun): Promise<SignReport> {
  const { store, repository, clock } = run;
  const now = clock.now();
  const horizons = {
    targetsHorizon: renewalHorizon(now, repository.expiry.targets),
    binsHorizon: renewalHorizon(now, repository.expiry.bins),
  };
  const rolesSigned: FileReference[] = [];
  const failures: unknown[] = [];
  for (let after: string | undefined = ""; after !== undefined;) {
    const page: readonly string[] = await store.rolesToSign(repository.name, {
      ...horizons,
      after,
      limit: ROLES_PER_PAGE,
    });
    await inParallel(page, ROLES_AT_A_TIME, async (role) => {
      try {
        const signed = await signRole(run, role, horizons);
        if (signed !== undefined) rolesSigned.push(signed);
      } catch (error) {
        failures.push(error);
      }
    });
    after = page.length < ROLES_PER_PAGE ? undefined : page.at(-1);
  }
  return { rolesSigned, failures };
}

/** Signs until what was dirty at first sight is signed, by us or by another; `undefined` where it was another. */
function signRole(
  run: SigningRun,
  role: string,
  horizons: { readonly targetsHorizon: number; readonly binsHorizon: number },
): Promise<FileReference | undefined> {
  const { store, repository } = run;
  let wanted: number | undefined;
  return untilCommitted(role, run, async (): Promise<Attempt<FileReference | undefined>> => {
    const state = await store.roleState(repository.name, role);
    checkCounters(state);
    wanted ??= state.version;
    const horizon = state.kind === "targets" ? horizons.targetsHorizon : horizons.binsHorizon;
    if (state.signedVersion >= wanted && state.expiresAt > horizon) return { outcome: "done", value: undefined };

    const file = await signedFile(run, state);
    const outcome = await store.commitSignedRole(repository.name, { file, signedVersion: state.version });
    return outcome === "stale"
      ? { outcome, metadataVersion: state.metadataVersion }
      : { outcome: "done", value: { role, metadataVersion: file.metadataVersion } };
  });
}

function signedFile({ signing, repository, clock }: SigningRun, state: RoleState): Promise<SignedFile> {
  const trusted = state.kind === "targets" ? "targets" : "bins";
  const edition = {
    metadataVersion: state.metadataVersion + 1,
    expiresAt: expiresAt(clock.now(), repository.expiry[trusted]),
  };
  const signed = state.kind === "targets" ? targetsSigned(repository, edition) : binSigned(state.targets, edition);
  return signing.sign(state.name, signed, repository.trust[trusted], edition);
}

/** Signed ahead of the record, or a kind that is never dirty: signing again would go on for ever. */
function checkCounters({ name, kind, version, signedVersion }: RoleState): void {
  if (kind !== "targets" && kind !== "bin") throw corrupt(`${name} is a ${kind} role and cannot be dirty`);
  if (signedVersion > version) throw corrupt(`${name} is signed at version ${signedVersion}, its record at ${version}`);
}
