import { requireOptions } from "../arguments.js";
import { foreignChanges } from "../merge/rebase.js";
import { conflict, removedMeanwhile } from "../record-errors.js";
import { within } from "../record/record-state.js";
import type { TrackedRecord } from "../record/tracked-record.js";
import type { RepositoryContext } from "../repository-context.js";
import type { AnyRecordType, RecordOf } from "../types/record-type.js";
import type { Patience } from "./patience.js";
import { REMOVE_OPTIONS, type RemoveOptions } from "./save-options.js";
import { saveRules } from "./save-rules.js";

/** Removes records that nobody changed since they were loaded. */
export class RecordRemover<R extends AnyRecordType> {
  constructor(private readonly context: RepositoryContext<R>) {}

  async remove(record: RecordOf<R>, options: RemoveOptions): Promise<void> {
    const { context } = this;
    requireOptions(context.type.name, REMOVE_OPTIONS, options);
    return context.inTurn("remove", record, options, (tracked, patience) =>
      context.observed(
        "remove",
        () => context.subjectOf(tracked.original),
        () => context.telling(() => this.#remove(tracked, options, patience)),
      ),
    );
  }

  async #remove(tracked: TrackedRecord, options: RemoveOptions, patience: Patience | undefined): Promise<void> {
    const { type, plan } = this.context;
    const { original, scope } = tracked;
    const { expect = [] } = options;
    tracked.begin();
    tracked.requireShown();
    tracked.requireItsKey();
    saveRules(type, { expect }); // refuses names that guard nothing
    plan.checks.removed(original);
    const outcome = await this.context.storeForChange(options, patience, original).remove(original);
    if (outcome.kind === "missing") throw removedMeanwhile(type, original);
    if (outcome.kind === "stale") {
      const overlaps = foreignChanges(type, original, within(outcome.current, scope), expect);
      throw conflict(type, original, outcome.current, 1, overlaps);
    }
    tracked.remove();
  }
}
