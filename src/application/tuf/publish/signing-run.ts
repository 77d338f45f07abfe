import { corrupt, TufError } from "../../../../domain/tuf/errors.js";
import { expiresAt, type RoleExpiry, staggeredExpiresAt } from "../../../../domain/tuf/expiry.js";
import { binsDelegated, binSigned, customRoleSigned, type Edition } from "../../../../domain/tuf/metadata-builders.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { TargetsSigned } from "../../../../domain/tuf/metadata-document.js";
import type { MetadataFiles } from "../../../../domain/tuf/metadata-files.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import type { TrustStore } from "../../../../domain/tuf/trust-store.js";
import type {
  FileReference,
  RoleCommit,
  RoleRecord,
  RoleState,
  SignedFile,
  TufStore,
} from "../../../../domain/tuf/tuf-store.js";
import { existingRepository } from "../existing-repository.js";
import type { RoleSigning } from "../trust/role-signing.js";
import { type Attempt, type Contention, untilCommitted } from "../until-committed.js";

export interface SigningRun extends Contention {
  readonly store: TufStore;
  readonly trust: Pick<TrustStore, "areBinsBehind" | "delegatedRoles" | "openEventOf" | "openEvent" | "cancelEvent">;
  readonly codec: MetadataCodec;
  readonly signing: RoleSigning;
  readonly repository: TufRepository;
  /** Told of every file that this run committed. */
  readonly onCommitted?: (file: SignedFile) => void;
  /** Where the files will be, which may be written there while they are committed. */
  readonly files?: Pick<MetadataFiles, "prepare" | "discardPrepared">;
}

export interface SignReport {
  readonly rolesSigned: FileReference[];
  /** By role: why it could not be signed. It held up none of the others. */
  readonly failures: Map<string, unknown>;
  /** Custom roles whose metadata awaits signatures of people. */
  readonly awaiting: Set<string>;
}

export function emptyReport(): SignReport {
  return { rolesSigned: [], failures: new Map(), awaiting: new Set() };
}

/** Epoch milliseconds up to which metadata that expires is due, by kind of role. */
export interface Horizons {
  readonly targetsHorizon: number;
  readonly binsHorizon: number;
  readonly customHorizon: (expiry: RoleExpiry) => number;
}

/** With the trust read after the state, so that a change of trust that is not in it leaves the roles dirty. */
export async function asOf(run: SigningRun): Promise<SigningRun> {
  return { ...run, repository: await existingRepository(run.store, run.repository.name) };
}

/** The states of roles; `undefined` where what is stored of one of them is broken, which is to hold up no other. */
export async function soundStates(
  { store, repository }: SigningRun,
  roles: readonly string[],
): Promise<readonly RoleState[] | undefined> {
  try {
    return await store.roleStates(repository.name, roles);
  } catch (error) {
    if (error instanceof TufError && error.code === "CORRUPT_REPOSITORY") return undefined;
    throw error;
  }
}

/**
 * @param wanted the record version that is to be signed at least
 * @param horizon epoch milliseconds; what expires by then is signed in any case
 * @throws {TufError} CORRUPT_REPOSITORY where it is signed ahead of the record: signing again would go on for ever
 */
export function isToBeSigned(
  { name, version, signedVersion, expiresAt: expires }: RoleRecord,
  wanted: number,
  horizon: number,
): boolean {
  if (signedVersion > version) throw corrupt(`${name} is signed at version ${signedVersion}, its record at ${version}`);
  return signedVersion < wanted || expires <= horizon;
}

/** Signs until what was dirty at first sight is signed, by us or by another; `undefined` where it was another. */
export function untilSigned(
  run: SigningRun,
  role: string,
  { wanted, horizon }: { wanted?: number | undefined; readonly horizon: number },
  commitOf: (trusting: SigningRun, state: RoleState) => Promise<RoleCommit | undefined>,
): Promise<SignedFile | undefined> {
  const { store, repository } = run;
  return untilCommitted(role, run, async (): Promise<Attempt<SignedFile | undefined>> => {
    const [state] = await store.roleStates(repository.name, [role]);
    if (state === undefined) throw corrupt(`role ${role} has no state`);
    wanted ??= state.version;
    if (!isToBeSigned(state, wanted, horizon)) return { outcome: "done", value: undefined };
    const commit = await commitOf(await asOf(run), state);
    if (commit === undefined) return { outcome: "done", value: undefined };
    const outcome = await store.commitSignedRoles(repository.name, [commit]);
    return outcome === "stale"
      ? { outcome, metadataVersion: state.metadataVersion }
      : { outcome: "done", value: commit.file };
  });
}

/** What is to be signed next of a bin, of a custom role, or of the catch-all. */
export function nextEdition(
  { repository, clock }: SigningRun,
  { name, kind, metadataVersion, targets }: RoleState,
): { readonly signed: TargetsSigned; readonly edition: Edition } {
  const { expiry, customRoles } = repository;
  const now = clock.now();
  const own = kind === "custom" ? customRoles.find((role) => role.name === name) : undefined;
  const expires = own === undefined ? staggeredExpiresAt(now, expiry.bins, name) : expiresAt(now, own.expiry);
  const edition = { metadataVersion: metadataVersion + 1, signedAt: now, expiresAt: expires };
  if (kind === "catch-all") return { signed: binsDelegated(repository, edition), edition };
  const signed = own === undefined ? binSigned(targets, edition) : customRoleSigned(repository, own, targets, edition);
  return { signed, edition };
}

/** A role's next file, of what `state` holds. */
export function signedFile(run: SigningRun, state: RoleState): Promise<SignedFile> {
  const { signed, edition } = nextEdition(run, state);
  return run.signing.sign(state.name, signed, run.repository, edition);
}

export function committed(run: SigningRun, file: SignedFile, { rolesSigned, failures }: SignReport): void {
  rolesSigned.push({ role: file.role, metadataVersion: file.metadataVersion });
  failures.delete(file.role); // what was tried twice and went well once
  run.onCommitted?.(file);
}
