import { expiresAt, type RoleExpiry } from "../../../../domain/tuf/expiry.js";
import { type Edition, timestampSigned } from "../../../../domain/tuf/metadata-builders.js";
import { type CommitPlan, planCommit, publishedName } from "../../../../domain/tuf/publish-plan.js";
import { SnapshotHead } from "../../../../domain/tuf/snapshot-head.js";
import { mergeSnapshot } from "../../../../domain/tuf/snapshot-merge.js";
import type {
  CommitOutcome,
  MetadataFile,
  Pending,
  RaisedEntry,
  RoleCommit,
  SignedFile,
  SnapshotState,
} from "../../../../domain/tuf/tuf-store.js";
import { asOf, type SigningRun } from "./signing-run.js";
import { type Attempt, untilCommitted } from "../until-committed.js";

/** The head of the newest snapshot that this process has merged into, or committed itself. */
export interface KnownHead {
  readonly metadataVersion: number;
  /** SHA-256 of that snapshot's file, which holds this head and so stands for it. */
  readonly sha256: string;
  readonly head: SnapshotHead;
}

/** Remembers the head between merges, so that a merge reads what is pending and not every role. */
export class HeadMemory {
  known: KnownHead | undefined;
}

/**
 * Commits one snapshot with all that is pending, or renews what expires, or finds nothing to do. A loser reads again:
 * often all that it wanted is in by then.
 * @returns what this call committed
 */
export function commitPending(run: SigningRun, memory: HeadMemory): Promise<CommitPlan> {
  const { store, repository, clock } = run;
  return untilCommitted(`timestamp of ${repository.name}`, run, async (): Promise<Attempt<CommitPlan>> => {
    const state = await store.snapshotState(repository.name);
    const plan = planCommit(state, repository.expiry, clock.now());
    const outcome = plan === "nothing" ? "applied" : await commit(await asOf(run), memory, plan, state);
    return outcome === "stale"
      ? { outcome, metadataVersion: state.timestamp.metadataVersion }
      : { outcome: "done", value: plan };
  });
}

async function commit(
  run: SigningRun,
  memory: HeadMemory,
  plan: Exclude<CommitPlan, "nothing">,
  state: SnapshotState,
): Promise<CommitOutcome> {
  if (plan === "timestamp") return commitTimestamp(run, state);
  return commitMerge(run, memory, await signMerge(run, await mergeBase(run, memory, state)));
}

async function commitTimestamp(run: SigningRun, state: SnapshotState): Promise<CommitOutcome> {
  const file = await nextTimestamp(run, state, state.snapshot);
  const commit = { file, signedVersion: state.timestamp.version };
  const outcome = await run.store.commitTimestamp(run.repository.name, commit);
  if (outcome === "applied") run.onCommitted?.(file);
  return outcome;
}

/** What a merge starts from. */
export interface MergeBase {
  readonly state: SnapshotState;
  /** The head of its snapshot. */
  readonly head: SnapshotHead;
  /** Whether nobody else published since this process did. */
  readonly isAlone: boolean;
}

/** A snapshot with its timestamp, signed and not committed yet. */
export interface SignedMerge extends MergeBase {
  readonly changed: ReadonlyMap<string, RaisedEntry>;
  readonly snapshot: SignedFile;
  /** The snapshot without what it lists. */
  readonly envelope: Uint8Array;
  readonly timestamp: SignedFile;
}

/**
 * Signs a snapshot with all that is pending. It is large, and handed over to its signer before this function first waits:
 * whatever the caller then signs is signed meanwhile.
 * @param run with the trust as it is after the base was read
 * @param raised what is committed together with it, and becomes part of it without being pending first
 */
export async function signMerge(
  run: SigningRun,
  { state, head: before, isAlone }: MergeBase,
  raised: readonly Pending[] = [],
): Promise<SignedMerge> {
  const { head, changed } = mergeSnapshot(before, [...state.pending, ...raised]);
  const edition = nextEdition(run, state.snapshot, run.repository.expiry.snapshot);
  const { file: snapshot, envelope } = await run.signing.signSnapshot(head, run.repository, edition);
  const timestamp = await nextTimestamp(run, state, snapshot);
  return { state, isAlone, head, changed, snapshot, envelope, timestamp };
}

/**
 * Commits what `signMerge` signed.
 * @param signed the roles that were said to be committed together with it
 */
export async function commitMerge(
  run: SigningRun,
  memory: HeadMemory,
  { state, isAlone, head, changed, snapshot, envelope, timestamp }: SignedMerge,
  signed: readonly RoleCommit[] = [],
): Promise<CommitOutcome> {
  const { store, repository } = run;
  const committing = store.commitSnapshot(repository.name, {
    timestamp,
    snapshot: { ...snapshot, bytes: envelope },
    signedVersions: { timestamp: state.timestamp.version, snapshot: state.snapshot.version },
    changed,
    merged: state.pending,
    signed,
  });
  // Where others publish as well, this commit may well be lost, and its files would have been written in vain.
  const files = [...signed.map(({ file }) => file), snapshot, timestamp];
  const preparing = isAlone ? prepare(run, files) : undefined;
  let outcome: CommitOutcome = "stale";
  try {
    [outcome] = await Promise.all([committing, preparing]);
  } finally {
    if (outcome === "stale") {
      await preparing; // a commit that failed does not wait for it, and what is still being written is not taken back
      await run.files?.discardPrepared?.();
    }
  }
  if (outcome === "stale") return outcome;
  // One that lost the race is never anybody's head.
  memory.known = { metadataVersion: snapshot.metadataVersion, sha256: snapshot.sha256, head };
  run.onCommitted?.(snapshot);
  run.onCommitted?.(timestamp);
  return outcome;
}

/** Writes files to storage where nobody sees them yet: they wait for the disk while the commit waits for its own. */
async function prepare({ files }: SigningRun, signed: readonly SignedFile[]): Promise<void> {
  await files?.prepare?.(signed.map((file) => ({ name: publishedName(file), bytes: file.bytes })));
}

/**
 * With the head of the current snapshot, which is remembered: a loser reads again only what the winner changed. Being read
 * after the state, it may hold later entries; then that snapshot is not the current one any more, and with the next all of
 * them are read again.
 */
export async function mergeBase(run: SigningRun, memory: HeadMemory, state: SnapshotState): Promise<MergeBase> {
  const { known } = memory;
  const { metadataVersion, sha256 } = state.snapshot;
  if (known?.sha256 === sha256) return { state, head: known.head, isAlone: true };
  const head = await readHead(run, known);
  memory.known = { metadataVersion, sha256, head };
  return { state, head, isAlone: known === undefined };
}

/** All of it, or of the one that is known what others changed since. */
async function readHead(run: SigningRun, known: KnownHead | undefined): Promise<SnapshotHead> {
  const { store, repository, codec } = run;
  if (known === undefined || !(await isCommitted(run, known))) {
    return SnapshotHead.of(await store.snapshotHead(repository.name), codec);
  }
  return known.head.with(await store.snapshotHead(repository.name, known.metadataVersion));
}

/** Whether the database has that very snapshot: one that was restored may have another, or none, of its version. */
async function isCommitted({ store, repository }: SigningRun, known: KnownHead): Promise<boolean> {
  const { metadataVersion, sha256 } = known;
  const [file] = await store.files(repository.name, [{ role: "snapshot", metadataVersion }]);
  return file?.sha256 === sha256;
}

function nextTimestamp(
  run: SigningRun,
  { timestamp }: SnapshotState,
  snapshot: Pick<MetadataFile, "metadataVersion" | "length" | "sha256">,
): Promise<SignedFile> {
  const edition = nextEdition(run, timestamp, run.repository.expiry.timestamp);
  return run.signing.sign("timestamp", timestampSigned(snapshot, edition), run.repository, edition);
}

function nextEdition(
  { clock }: SigningRun,
  current: { readonly metadataVersion: number },
  expiry: RoleExpiry,
): Edition {
  const now = clock.now();
  return { metadataVersion: current.metadataVersion + 1, signedAt: now, expiresAt: expiresAt(now, expiry) };
}
