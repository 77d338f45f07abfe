import { anArray, requireArguments, requireOptions } from "../arguments.js";
import { alreadyExists } from "../record-errors.js";
import type { RepositoryContext } from "../repository-context.js";
import type { AnyRecordType, RecordOf } from "../types/record-type.js";
import { checkedAll, refuseCopies } from "./batch-checks.js";
import { allExist } from "./batch-errors.js";
import { WRITE_OPTIONS, type WriteOptions } from "./save-options.js";

/** Stores new records. */
export class RecordAdder<R extends AnyRecordType> {
  constructor(private readonly context: RepositoryContext<R>) {}

  async add(record: RecordOf<R>, options: WriteOptions): Promise<void> {
    const { context } = this;
    requireOptions(context.type.name, WRITE_OPTIONS, options);
    const state = context.created(record);
    const since = context.tracker.now();
    await context.observed(
      "add",
      () => context.subjectOf(state),
      async () => {
        const patience = context.waiting.patience("add", options, () => context.subjectOf(state));
        const outcome = await context.storeFor(options, patience).insert(state);
        if (outcome !== "applied") throw alreadyExists(context.type, state, outcome);
      },
    );
    context.tracker.adopt(record, state, since);
  }

  async addAll(records: readonly RecordOf<R>[], options: WriteOptions): Promise<void> {
    requireArguments(this.context.type.name, { records: [records, anArray] });
    return this.context.observed(
      "addAll",
      () => ({ count: records.length }),
      () => this.#addAll(records, options),
    );
  }

  async #addAll(records: readonly RecordOf<R>[], options: WriteOptions): Promise<void> {
    const { context } = this;
    requireOptions(context.type.name, WRITE_OPTIONS, options);
    const states = checkedAll(context.type, records, (record) => context.created(record));
    refuseCopies(context, states);
    if (states.length === 0) return;
    const patience = context.waiting.patience("addAll", options, () => ({}));
    const since = context.tracker.now();
    const taken = await context.storeFor(options, patience).insertAll(states);
    if (taken.length > 0) throw allExist(context.type, taken);
    for (const [index, state] of states.entries()) context.tracker.adopt(records[index]!, state, since);
  }
}
