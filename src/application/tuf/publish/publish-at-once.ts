import { type JsonValue, sameJson } from "../../../../domain/distinction/json/json-value.js";
import { roleAbove } from "../../../../domain/tuf/custom-role.js";
import { TufError, type TufErrorCode } from "../../../../domain/tuf/errors.js";
import { isBinName } from "../../../../domain/tuf/hash-bins.js";
import type { RoleState } from "../../../../domain/tuf/tuf-store.js";
import { commitMerge, type HeadMemory, mergeBase, signMerge } from "./merge-snapshot.js";
import { binCommit } from "./sign-bins.js";
import { areDelegatorsDue } from "./sign-delegators.js";
import {
  asOf,
  committed,
  emptyReport,
  type Horizons,
  isToBeSigned,
  type SigningRun,
  type SignReport,
  soundStates,
} from "./signing-run.js";

/** Bins that are signed and merged in one commit; of more, others are to see what is done already. */
const MOST_BINS = 128;

export interface AtOnce extends SignReport {
  /** Whether the snapshot with these roles is committed; else they are pending. */
  readonly isMerged: boolean;
}

/** Whether another process edited a bin, and may be about to publish it. */
export type IsOthers = (bin: string) => boolean;

/** What became of it, or what is to be done instead. In both cases nothing is written. */
export type AtOnceOutcome = AtOnce | "two steps" | "begin again";

/**
 * The usual publish: some bins are dirty and nobody else publishes. They are signed and listed by the next snapshot in one
 * commit, so that it pays once for reading, for the trust, and for a commit that lasts.
 *
 * It takes the same compare-and-sets as the two steps, those of snapshot and timestamp first. Who loses has signed the bins
 * and commits them by themselves. Three things are left to the two steps: bins that others edited, because they
 * begin with our own; a bin that cannot be signed, because they sign it in the same way, publish the others and tell; and keys of
 * snapshot or timestamp that are not at hand, because they commit the bins for whoever has these. Whatever else fails, fails.
 *
 * It signs with the trust that the run began with, however old that is, and reads the trust meanwhile: where it is another one,
 * what was signed goes, and the publish begins again with a run of its own, which knows nothing of keys that failed in this one.
 *
 * @param isOthers without it, nobody else is taken to publish
 */
export async function publishAtOnce(
  run: SigningRun,
  memory: HeadMemory,
  horizons: Horizons,
  isOthers?: IsOthers,
): Promise<AtOnceOutcome> {
  const bins = await dueBins(run, horizons);
  if (bins === undefined || bins.length === 0) return "two steps";
  if (isOthers !== undefined && (await areSomeOthers(run, bins, isOthers))) return "two steps";
  const { store, repository } = run;
  const [states, snapshot] = await Promise.all([
    soundStates(run, bins),
    store.snapshotState(repository.name),
    run.signing.loadKeys([...bins, "snapshot", "timestamp"], repository),
  ]);
  if (states === undefined) return "two steps";
  const due = dueStates(states, horizons);
  if (due === undefined || due.length === 0) return "two steps";
  const raised = due.map(({ name, metadataVersion }) => ({ role: name, metadataVersion: metadataVersion + 1 }));
  const base = await mergeBase(run, memory, snapshot);
  const [trusted, merge, signed] = await Promise.all([
    asOf(run),
    signMerge(run, base, raised).catch(ifUnsigned),
    Promise.all(due.map((state) => binCommit(run, state))).catch(() => undefined),
  ]);
  if (!isAsBefore(trusted, run)) return "begin again";
  if (merge === undefined || signed === undefined) return "two steps";
  const outcome = await commitMerge(run, memory, merge, signed);
  const isMerged = outcome === "applied";
  if (!isMerged && (await store.commitSignedRoles(repository.name, signed)) === "stale") return "two steps";
  const report = emptyReport();
  for (const { file } of signed) committed(run, file, report);
  return { ...report, isMerged };
}

/** Whether others edited some of these roles: they may be signing them, and one of us does it in vain. */
async function areSomeOthers(
  { store, repository }: SigningRun,
  due: readonly string[],
  isOthers: IsOthers,
): Promise<boolean> {
  if (!due.some(isOthers)) return false;
  const dirty = await store.dirtyRoles(repository.name, { after: "", limit: due.length }); // the rest are due for renewal
  return dirty.some(isOthers);
}

/** Whether keys, trust and custom roles are what they were. */
function isAsBefore({ repository: now }: SigningRun, { repository: before }: SigningRun): boolean {
  return sameJson(now as unknown as JsonValue, before as unknown as JsonValue);
}

/** `undefined` where one of the records cannot be. */
function dueStates(states: readonly RoleState[], { binsHorizon }: Horizons): readonly RoleState[] | undefined {
  try {
    return states.filter((state) => isToBeSigned(state, state.version, binsHorizon));
  } catch {
    return undefined;
  }
}

/** Why a signature cannot be had. */
const UNSIGNED: readonly TufErrorCode[] = ["KEY_NOT_FOUND", "INVALID_KEY", "SIGNER_UNAVAILABLE"];

function ifUnsigned(error: unknown): undefined {
  if (!(error instanceof TufError) || !UNSIGNED.includes(error.code)) throw error;
}

/** Bins that are dirty or due for renewal; `undefined` where these are many, or other roles have to be looked at. */
async function dueBins(run: SigningRun, horizons: Horizons): Promise<readonly string[] | undefined> {
  const { store, repository } = run;
  const { name, customRoles } = repository;
  const { targetsHorizon, binsHorizon } = horizons;
  const [due, isDelegatorDue] = await Promise.all([
    store.dueRoles(name, { targetsHorizon, binsHorizon, limit: MOST_BINS + 1 }),
    areDelegatorsDue(run, horizons),
  ]);
  if (isDelegatorDue || due.length > MOST_BINS) return undefined;
  return due.every((role) => isBinName(repository, role) || roleAbove(customRoles, role)) ? due : undefined;
}
