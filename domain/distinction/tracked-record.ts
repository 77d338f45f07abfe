import { applyAttributes, applyEntries } from "./apply.js";
import type { Change } from "./change.js";
import type { CollectionType } from "./collection-type.js";
import { changesOf, givenEntries, trackedCollection, trackedMap, type AnyRecord } from "./record.js";
import type { EntryScope, RecordState } from "./record-state.js";
import type { AnyRecordType, Attributes, Collections } from "./record-type.js";

/** What the repository knows of an object that it gave out: the original beside it, and whose turn it is to save it. */
export class TrackedRecord {
  removed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly type: AnyRecordType,
    private readonly record: AnyRecord,
    /** The state as loaded, or as last saved. Its entry maps belong to this object alone. */
    public original: RecordState,
    readonly scope: EntryScope | undefined,
  ) {}

  /** What the caller changed since the original. Throws `InvalidValueError`. */
  changes(): Change[] {
    return changesOf(this.type, this.original, this.record);
  }

  /** Runs `work` after whatever was begun on this object before. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /**
   * `written` was stored on top of the original: the caller's changes `mine` and perhaps a stamp. Cost follows the
   * change: entry maps are updated in place.
   */
  advance(mine: readonly Change[], written: readonly Change[]): void {
    const { version, attributes, collections } = this.original;
    applyEntries(collections as Readonly<Record<string, Map<string, unknown>>>, mine);
    const stored = { version: version + 1, attributes: applyAttributes(attributes, written), collections };
    const captured = written === mine ? stored : { ...stored, attributes: applyAttributes(attributes, mine) };
    this.settle(captured, stored);
  }

  /**
   * Makes `stored` the original and shows it in the object, except where the caller has changed the object again since
   * it was captured as `captured`.
   */
  settle(captured: RecordState, stored: RecordState): void {
    this.#settleAttributes(captured, stored);
    for (const [name, type] of Object.entries(this.type.collections as Collections)) {
      const entries = captured.collections[name];
      const now = stored.collections[name];
      if (entries === undefined || now === undefined) continue;
      const map = trackedMap(this.record, name);
      if (map !== undefined) map.settle(now, (key, value) => isCaptured(type, entries, key, value));
      else this.#adopt(name, type, entries, now);
    }
    this.original = stored;
  }

  /** Puts a tracked collection in place of one that the caller assigned, with what the caller did to that since. */
  #adopt(
    name: string,
    type: CollectionType,
    captured: ReadonlyMap<string, unknown>,
    stored: ReadonlyMap<string, unknown>,
  ): void {
    const assigned = this.record[name];
    const given = assigned === undefined ? captured : new Map(givenEntries(name, type, assigned));
    this.record[name] = trackedCollection(this.record, name, type, stored, this.scope?.[name]);
    const map = trackedMap(this.record, name)!;
    for (const [key, value] of given) if (!isCaptured(type, captured, key, value)) map.set(key, value);
    for (const key of captured.keys()) if (!given.has(key)) map.delete(key);
  }

  #settleAttributes(captured: RecordState, stored: RecordState): void {
    const attributes = this.type.attributes as Attributes;
    for (const name in attributes) {
      const type = attributes[name]!;
      const value = this.record[name];
      const mine = captured.attributes[name];
      if (value === undefined) {
        this.record[name] = type.expose(stored.attributes[name]);
      } else if (captured !== stored && type.fault(value) === undefined && type.same(type.capture(value), mine)) {
        if (!type.same(mine, stored.attributes[name])) this.record[name] = type.expose(stored.attributes[name]);
      }
    }
  }
}

function isCaptured(
  { entry }: CollectionType,
  captured: ReadonlyMap<string, unknown>,
  key: string,
  value: unknown,
): boolean {
  if (value === undefined || !captured.has(key)) return value === undefined && !captured.has(key);
  return entry.fault(value) === undefined && entry.same(entry.capture(value), captured.get(key));
}
