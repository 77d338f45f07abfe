import { expiresAt } from "../../domain/tuf/expiry.js";
import { snapshotSigned, timestampSigned } from "../../domain/tuf/metadata-builders.js";
import { type CommitPlan, planCommit } from "../../domain/tuf/publish-plan.js";
import { mergeSnapshot } from "../../domain/tuf/snapshot-merge.js";
import type { CommitOutcome, MetadataFile, SignedFile, SnapshotState } from "../../domain/tuf/tuf-store.js";
import type { SigningRun } from "./sign-due-roles.js";
import { type Attempt, untilCommitted } from "./until-committed.js";

/** The head of the newest snapshot that this process committed itself. */
export interface KnownHead {
  /** SHA-256 of that snapshot's file, which holds this head and so stands for it. */
  readonly sha256: string;
  readonly head: ReadonlyMap<string, number>;
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
    const outcome = await commit(run, memory, plan, state);
    return outcome === "stale"
      ? { outcome, metadataVersion: state.timestamp.metadataVersion }
      : { outcome: "done", value: plan };
  });
}

async function commit(
  run: SigningRun,
  memory: HeadMemory,
  plan: CommitPlan,
  state: SnapshotState,
): Promise<CommitOutcome> {
  switch (plan) {
    case "nothing":
      return "applied";
    case "timestamp":
      return run.store.commitTimestamp(run.repository.name, await nextTimestamp(run, state, state.snapshot));
    case "snapshot":
      return commitMerge(run, memory, state);
  }
}

async function commitMerge(run: SigningRun, memory: HeadMemory, state: SnapshotState): Promise<CommitOutcome> {
  const { store, repository } = run;
  const { known } = memory;
  const head = known?.sha256 === state.snapshot.sha256 ? known.head : await store.snapshotHead(repository.name);
  const { meta, changed } = mergeSnapshot(head, state.pending);
  const snapshot = await nextSnapshot(run, state, meta);
  const timestamp = await nextTimestamp(run, state, snapshot);
  const outcome = await store.commitSnapshot(repository.name, { timestamp, snapshot, changed, merged: state.pending });
  // One that lost the race is never anybody's head.
  if (outcome === "applied") memory.known = { sha256: snapshot.sha256, head: meta };
  return outcome;
}

function nextSnapshot(run: SigningRun, { snapshot }: SnapshotState, meta: ReadonlyMap<string, number>) {
  const { expiry, trust } = run.repository;
  const edition = {
    metadataVersion: snapshot.metadataVersion + 1,
    expiresAt: expiresAt(run.clock.now(), expiry.snapshot),
  };
  return run.signing.sign("snapshot", snapshotSigned(meta, edition), trust.snapshot, edition);
}

function nextTimestamp(
  run: SigningRun,
  { timestamp }: SnapshotState,
  snapshot: Pick<MetadataFile, "metadataVersion" | "length" | "sha256">,
): Promise<SignedFile> {
  const { expiry, trust } = run.repository;
  const edition = {
    metadataVersion: timestamp.metadataVersion + 1,
    expiresAt: expiresAt(run.clock.now(), expiry.timestamp),
  };
  return run.signing.sign("timestamp", timestampSigned(snapshot, edition), trust.timestamp, edition);
}
