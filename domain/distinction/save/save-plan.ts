import type { Change } from "../diff/change.js";
import { changeSet, type ChangeSet } from "../diff/change-set.js";
import type { Clock } from "../clock.js";
import { canonical } from "../diff/diff.js";
import { rebase, type RebaseRules } from "../merge/rebase.js";
import { RecordChecks } from "../record/record-checks.js";
import { conflict } from "../record-errors.js";
import { idFrom } from "../record/record-id.js";
import type { RecordState } from "../record/record-state.js";
import type { AnyRecordType, Attributes, RecordOf } from "../types/record-type.js";

import { isGuarded } from "./save-rules.js";
import type { TrackedRecord } from "../record/tracked-record.js";

/** One record's changes on their way into the store. */
export interface PendingSave {
  readonly tracked: TrackedRecord;
  /** The caller's changes, against `tracked.original`. */
  readonly mine: readonly Change[];
  readonly rules: RebaseRules;
}

/** What a save writes: the caller's changes, checked, on top of what others stored, with the time of the write. */
export class SavePlan<R extends AnyRecordType> {
  readonly checks: RecordChecks<R>;

  constructor(
    private readonly type: R,
    private readonly clock: Clock,
  ) {
    this.checks = new RecordChecks(type);
  }

  /**
   * What the caller changed, checked.
   *
   * @param rules as `saveRules` answers them
   * @throws InvalidValueError
   */
  capture(record: RecordOf<R>, tracked: TrackedRecord, rules: RebaseRules): PendingSave {
    tracked.begin();
    const mine = tracked.changes(rules.force);
    if (mine.length > 0) this.checks.edited(record, { before: tracked.original, changes: mine });
    else if (isGuarded(rules)) this.checks.open(record, tracked.original);
    return { tracked, mine, rules };
  }

  /**
   * My changes on top of `current`, checked as a whole: two valid edits can make an invalid record.
   *
   * @throws ConflictError, InvalidMergeError
   */
  rebased({ tracked, mine, rules }: PendingSave, current: RecordState, attempts: number): readonly Change[] {
    const { original, scope } = tracked;
    const rebased = rebase(this.type, original, mine, current, rules);
    if (rebased.kind === "conflict") throw conflict(this.type, original, current, attempts, rebased.overlaps);
    const { changes } = rebased;
    if (changes.length > 0) {
      this.checks.merged({ before: current, changes }, scope);
      tracked.requirePlaces(this.checks, mine, current, changes);
    }
    return this.stamped(current, rebased.changes);
  }

  /** The changes with the time of the write, where the record type keeps it. */
  stamped(base: RecordState, changes: readonly Change[]): readonly Change[] {
    const attribute = this.type.stamp;
    if (attribute === undefined || changes.length === 0) return changes;
    const from = base.attributes[attribute];
    const to = (this.type.attributes as Attributes)[attribute]!.capture(new Date(this.clock.now()));
    return canonical(this.type, [...changes, { kind: "attribute.set", attribute, from, to }]);
  }

  changeSet(base: RecordState, changes: readonly Change[]): ChangeSet {
    return changeSet(this.type.name, idFrom(this.type, base.attributes), base.version, changes);
  }
}
