import { anArray, requireArguments, requireOptions } from "../arguments.js";
import { DistinctionError } from "../errors.js";
import { storeQuery, type ListPage, type ListQuery } from "../list-query.js";
import type { Operation, OperationSubject } from "../observer.js";
import { removedMeanwhile } from "../record-errors.js";
import { storeWithin, type RecordStore } from "../record-store.js";
import { idText, recordId, type RecordId } from "../record/record-id.js";
import type { EntryScope, RecordState } from "../record/record-state.js";
import type { RepositoryContext } from "../repository-context.js";
import { checkedAll } from "../save/batch-checks.js";
import { noneOf } from "../save/batch-errors.js";
import { checkScope } from "../save/check-scope.js";
import { waitFor } from "../save/patience.js";
import { WAIT_OPTIONS, type WaitOptions } from "../save/save-options.js";
import { keyNames, type AnyRecordType, type Attributes, type IdOf, type RecordOf } from "../types/record-type.js";

/** Most records asked of a store in one call. */
const MOST_LOADED = 1_000;

/** Reads records, and remembers the original of every object that it gives out. */
export class RecordReader<R extends AnyRecordType> {
  constructor(private readonly context: RepositoryContext<R>) {}

  find(given: IdOf<R>, scope?: EntryScope, options?: WaitOptions): Promise<RecordOf<R> | undefined> {
    checkScope(this.context.type, scope);
    return this.#load(recordId(this.context.type, given), scope, options);
  }

  async reload(record: RecordOf<R>, options?: WaitOptions): Promise<RecordOf<R>> {
    const { original, scope } = this.context.tracker.of(record);
    const current = await this.#load(this.context.idOf(original), scope, options);
    if (current === undefined) throw removedMeanwhile(this.context.type, original);
    return current;
  }

  getMany(given: readonly IdOf<R>[], scope?: EntryScope, options?: WaitOptions): Promise<RecordOf<R>[]> {
    requireArguments(this.context.type.name, { ids: [given, anArray] });
    const subject = (): OperationSubject => ({ count: given.length });
    return this.#read("getMany", options, subject, (store) => this.#getMany(given, scope, store));
  }

  list(query: ListQuery<R>, options?: WaitOptions): Promise<ListPage<RecordOf<R>, IdOf<R>>> {
    return this.#read(
      "list",
      options,
      () => ({}),
      (store) => this.#list(query, store),
    );
  }

  #load(
    id: RecordId,
    scope: EntryScope | undefined,
    options: WaitOptions | undefined,
  ): Promise<RecordOf<R> | undefined> {
    return this.#read(
      "get",
      options,
      () => ({ id: idText(id) }),
      async (store) => {
        const since = this.context.tracker.now();
        const [state] = await store.load([id], scope);
        return state && this.context.tracker.give(state, scope, since);
      },
    );
  }

  async #getMany(given: readonly IdOf<R>[], scope: EntryScope | undefined, store: RecordStore): Promise<RecordOf<R>[]> {
    checkScope(this.context.type, scope);
    const checked = checkedAll(this.context.type, given, (id) => recordId(this.context.type, id));
    const texts = checked.map((id) => [idText(id), id] as const);
    const ids = new Map(texts);
    const records = new Map<string, RecordOf<R>>();
    const missing: RecordId[] = [];
    const asked = [...ids.values()];
    for (let start = 0; start < asked.length; start += MOST_LOADED) {
      const part = asked.slice(start, start + MOST_LOADED);
      const since = this.context.tracker.now();
      const states = await store.load(part, scope);
      for (const [index, id] of part.entries()) {
        const state = states[index];
        if (state === undefined) missing.push(id);
        else records.set(idText(id), this.context.tracker.give(state, scope, since));
      }
    }
    if (missing.length > 0) throw noneOf(this.context.type, missing);
    return texts.map(([text]) => records.get(text)!); // one object per record, however often it was asked for
  }

  async #list(query: ListQuery<R>, store: RecordStore): Promise<ListPage<RecordOf<R>, IdOf<R>>> {
    const checked = storeQuery(this.context.type, query);
    const since = this.context.tracker.now();
    const page = await store.list(checked);
    if (page.kind === "no-marker") {
      const message = `${this.context.type.name} ${idText(checked.after!)}, after which to list, does not exist`;
      throw new DistinctionError("MARKER_NOT_FOUND", message);
    }
    const last = page.states.at(-1);
    return {
      records: page.states.map((state) => this.context.tracker.give(state, checked.scope, since)),
      next: page.more && last !== undefined ? this.#shownId(last) : undefined,
    };
  }

  /** Runs a read, which its caller may leave at any time. */
  #read<T>(
    operation: Operation,
    options: WaitOptions | undefined,
    subject: () => OperationSubject,
    work: (store: RecordStore) => Promise<T>,
  ): Promise<T> {
    if (options !== undefined) requireOptions(this.context.type.name, WAIT_OPTIONS, options);
    const patience = this.context.waiting.patience(operation, options, subject);
    const store = storeWithin(this.context.store, patience);
    return this.context.observed(operation, subject, () => waitFor(patience, () => work(store)));
  }

  #shownId({ attributes }: RecordState): IdOf<R> {
    const shown = keyNames(this.context.type).map((name) => {
      return [name, (this.context.type.attributes as Attributes)[name]!.expose(attributes[name])] as const;
    });
    return (typeof this.context.type.key === "string" ? shown[0]![1] : Object.fromEntries(shown)) as IdOf<R>;
  }
}
