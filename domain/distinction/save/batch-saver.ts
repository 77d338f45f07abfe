import { anArray, requireArguments, requireOptions } from "../arguments.js";
import { apply } from "../diff/apply.js";
import type { Change } from "../diff/change.js";
import { ConflictError } from "../errors.js";
import { removedMeanwhile } from "../record-errors.js";
import { idText, type RecordId } from "../record/record-id.js";
import type { RecordState } from "../record/record-state.js";
import { TrackedRecord } from "../record/tracked-record.js";
import type { RepositoryContext } from "../repository-context.js";
import type { AnyRecordType, RecordOf } from "../types/record-type.js";
import { checkedAll, refuseCopies } from "./batch-checks.js";
import { BatchConflictError, BatchRemovedError } from "./batch-errors.js";
import type { Backoff } from "./retry.js";
import { SAVE_OPTIONS, type SaveOptions, type SaveResult } from "./save-options.js";
import type { PendingSave } from "./save-plan.js";
import { isGuarded, saveRules } from "./save-rules.js";

/** Saves several records at a time, all of them or none. */
export class BatchSaver<R extends AnyRecordType> {
  constructor(private readonly context: RepositoryContext<R>) {}

  async saveAll(records: readonly RecordOf<R>[], options: SaveOptions): Promise<SaveResult[]> {
    requireArguments(this.context.type.name, { records: [records, anArray] });
    return this.context.observed(
      "saveAll",
      () => ({ count: records.length }),
      () => this.#inTurns(records, options),
    );
  }

  async #inTurns(records: readonly RecordOf<R>[], options: SaveOptions): Promise<SaveResult[]> {
    requireOptions(this.context.type.name, SAVE_OPTIONS, options);
    const tracked = checkedAll(this.context.type, records, (record) => this.context.tracker.of(record));
    refuseCopies(
      this.context,
      tracked.map(({ original }) => original),
    );
    const patience = this.context.waiting.patience("saveAll", options, () => ({}));
    return TrackedRecord.inTurns(tracked, () => this.#saveAll(records, options, patience), patience);
  }

  async #saveAll(
    records: readonly RecordOf<R>[],
    options: SaveOptions,
    patience: Backoff | undefined,
  ): Promise<SaveResult[]> {
    const rules = saveRules(this.context.type, options);
    const all = checkedAll(this.context.type, records, (record) =>
      this.context.plan.capture(record, this.context.tracker.of(record), rules),
    );
    const pending = isGuarded(rules) ? all : all.filter(({ mine }) => mine.length > 0);
    const merged =
      pending.length === 0 ? new Map<TrackedRecord, number>() : await this.#write(pending, options, patience);
    return all.map(({ tracked, mine }) => {
      const left = merged.get(tracked) ?? mine.length;
      const retries = merged.has(tracked) ? 1 : 0;
      const { version } = tracked.original;
      const { observer } = this.context;
      if (observer !== undefined) {
        const event = { ...this.context.event(this.context.idOf(tracked.original)), retries };
        if (retries > 0) observer.retried(event);
        observer.saved({ ...event, version, changes: left });
      }
      return { version, written: left > 0, retries };
    });
  }

  /** Answers how many changes were left to write of each record for which another writer came first. */
  async #write(
    pending: readonly PendingSave[],
    options: SaveOptions,
    patience: Backoff | undefined,
  ): Promise<ReadonlyMap<TrackedRecord, number>> {
    const changes = pending.map(({ tracked, mine }) => this.context.plan.stamped(tracked.original, mine));
    const writes = pending.map(({ tracked: { original, scope } }, index) => ({
      base: original,
      changes: changes[index]!,
      scope,
    }));
    let rebased: ReadonlyMap<number, readonly Change[]> = new Map();
    const outcome = await this.context
      .storeForChange(options, patience, pending[0]!.tracked.original)
      .applyAll(writes, (stale) => (rebased = this.#rebased(pending, stale)));
    if (outcome.kind === "missing") throw this.#gone(outcome.ids, pending);
    const merged = new Map<TrackedRecord, number>();
    for (const [index, { tracked, mine }] of pending.entries()) {
      const state = outcome.merged.get(index);
      if (state === undefined) {
        if (mine.length > 0) tracked.advance(mine, changes[index]!);
      } else {
        merged.set(tracked, rebased.get(index)?.length ?? 0);
        tracked.settle(apply(tracked.original, mine), state);
      }
    }
    return merged;
  }

  /** All stale records on top of what is stored now, or all conflicts. */
  #rebased(
    pending: readonly PendingSave[],
    stale: ReadonlyMap<number, RecordState>,
  ): ReadonlyMap<number, readonly Change[]> {
    const conflicts: ConflictError[] = [];
    const changes = new Map<number, readonly Change[]>();
    for (const [index, current] of [...stale].sort(([left], [right]) => left - right)) {
      try {
        changes.set(index, this.context.plan.rebased(pending[index]!, current, 1));
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        conflicts.push(error);
      }
    }
    const [first, ...others] = conflicts;
    if (first !== undefined) {
      for (const conflict of conflicts) this.context.observer?.conflicted(conflict);
      throw new BatchConflictError([first, ...others]);
    }
    return changes;
  }

  #gone(ids: readonly RecordId[], pending: readonly PendingSave[]): BatchRemovedError {
    const gone = new Set(ids.map(idText));
    const originals = pending.map(({ tracked }) => tracked.original);
    const [first, ...others] = originals
      .filter((original) => gone.has(this.context.textOf(original)))
      .map((original) => removedMeanwhile(this.context.type, original));
    return new BatchRemovedError([first!, ...others]);
  }
}
