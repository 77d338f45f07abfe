import { anObject, requireArguments } from "../arguments.js";
import { DistinctionError } from "../errors.js";
import { Span, type Moments } from "./moments.js";
import { ObjectMemory } from "./object-memory.js";
import { faceOf, recordFrom } from "./record.js";
import { shownId } from "./record-id.js";
import type { EntryScope, RecordState } from "./record-state.js";
import type { AnyRecordType, RecordOf } from "../types/record-type.js";
import { TrackedRecord } from "./tracked-record.js";

/** Remembers, beside every object that a repository gave out, what it was made from. */
export class RecordTracker<R extends AnyRecordType> {
  readonly #tracked = new ObjectMemory<TrackedRecord>();

  /** @param moments where what is stored may be undone by somebody else */
  constructor(
    private readonly type: R,
    private readonly moments?: Moments,
  ) {}

  /** The moment of asking the store for what will be given, or adopted: what is undone while it answers counts, too. */
  now(): number {
    return this.moments?.now() ?? 0;
  }

  /** A new object for a state, for which the store was asked at the moment `since`. */
  give(state: RecordState, scope: EntryScope | undefined, since: number): RecordOf<R> {
    const record = recordFrom(this.type, state, scope);
    this.#tracked.set(record, new TrackedRecord(this.type, record, state, scope, this.#span(since)));
    return record;
  }

  /** Remembers an object of the caller's, which the store was asked at the moment `since` to store as `state`. */
  adopt(record: RecordOf<R>, state: RecordState, since: number): void {
    const tracked = new TrackedRecord(this.type, record, state, undefined, this.#span(since));
    this.#tracked.set(record, tracked);
    tracked.settle(state, state);
  }

  /** @throws DistinctionError `UNTRACKED_RECORD`, `RECORD_REMOVED` */
  of(record: RecordOf<R>): TrackedRecord {
    const tracked = this.#tracked.get(record);
    if (tracked === undefined) {
      requireArguments(this.type.name, { record: [record, anObject] });
      const message = `${this.#shown(record)} was neither loaded nor added by this repository`;
      throw new DistinctionError("UNTRACKED_RECORD", message);
    }
    tracked.requireStored();
    if (tracked.isRemoved) throw new DistinctionError("RECORD_REMOVED", `${this.#shown(record)} was removed`);
    return tracked;
  }

  #span(since: number): Span | undefined {
    return this.moments && new Span(this.moments, since);
  }

  /** As messages name a record that need not be one of ours. */
  #shown(record: RecordOf<R>): string {
    const id = shownId(this.type, faceOf(this.type, record));
    return id === undefined ? `this ${this.type.name}` : `${this.type.name} ${id}`;
  }
}
