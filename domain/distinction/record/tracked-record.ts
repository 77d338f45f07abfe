import { apply, applyAttributes, applyEntries } from "../diff/apply.js";
import type { Change } from "../diff/change.js";
import type { CollectionType } from "../types/collection-type.js";
import { listOrder, pushEntryChange } from "../diff/diff.js";
import { isSameOrder, mergedOrder, movedBy } from "./entry-order.js";
import { InvalidValueError, type Fault } from "../errors.js";
import { givenEntries } from "./given-entries.js";
import { changesOf } from "../diff/record-changes.js";
import { undone } from "../record-errors.js";
import { faceOf, trackedCollection, trackedMap } from "./record.js";
import type { RecordChecks } from "./record-checks.js";
import type { Span } from "./moments.js";
import type { Patience } from "../save/patience.js";
import { idFrom, idText } from "./record-id.js";
import type { AnyRecord } from "../types/record-shape.js";
import type { EntryScope, RecordState } from "./record-state.js";
import { keyNames, type AnyRecordType, type Attributes, type Collections } from "../types/record-type.js";
import type { Subject } from "../save/save-options.js";
import { TrackedList } from "./tracked-list.js";
import { isCaptured } from "./tracked-map.js";
import { isUntouched } from "./untouched.js";

/** One for all objects that nobody saves, so that a batch of many waits for one promise. */
const NOTHING_BEGUN = Promise.resolve();

/** What the repository knows of an object that it gave out: the original beside it, and whose turn it is to save it. */
export class TrackedRecord {
  #isRemoved = false;
  /** The object as attributes and collections. */
  private readonly record: AnyRecord;
  #turn: Promise<unknown> = NOTHING_BEGUN;
  /** What is stored and could not be put in the object, if anything. */
  #unshown: string | undefined;

  constructor(
    private readonly type: AnyRecordType,
    private readonly object: object,
    /** The state as loaded, or as last saved. Its entry maps belong to this object alone. */
    public original: RecordState,
    readonly scope: EntryScope | undefined,
    /** Where somebody else may undo what is stored. */
    private readonly span?: Span,
  ) {
    this.record = faceOf(type, object);
  }

  get isRemoved(): boolean {
    return this.#isRemoved;
  }

  /** The record is removed: unless somebody else undoes that, nothing is to be done with the object any more. */
  remove(): void {
    this.#isRemoved = true;
    this.span?.stored();
  }

  /**
   * What an object shows need not be stored any more where somebody else may undo that.
   *
   * @throws DistinctionError `UNTRACKED_RECORD`
   */
  requireStored(): void {
    if (this.span?.isUndone === true) throw undone(this.type, this.original);
  }

  /**
   * A write of what the object shows now begins, which may store a new state.
   *
   * @throws as `requireStored`
   */
  begin(): void {
    this.requireStored();
    this.span?.begin();
  }

  /**
   * What the caller changed since the original.
   *
   * @throws as `changesOf` and `requireShown` do
   */
  changes(force: readonly Subject[] = []): Change[] {
    this.requireShown();
    return changesOf(this.type, this.original, this.object, { scope: this.scope, force });
  }

  /**
   * An object that does not show all that is stored would undo, with its next save, what nobody has looked at.
   *
   * @throws InvalidValueError
   */
  requireShown(): void {
    if (this.#unshown === undefined) return;
    const { version, attributes } = this.original;
    const reason = `what is stored as version ${version} could not be shown in this object: load the record again`;
    throw new InvalidValueError(
      this.type.name,
      [{ path: this.#unshown, reason }],
      idText(idFrom(this.type, attributes)),
    );
  }

  /**
   * An object that names another record by now says not clearly which one to remove.
   *
   * @throws InvalidValueError
   */
  requireItsKey(): void {
    const { attributes } = this.original;
    const types = this.type.attributes as Attributes;
    const other = keyNames(this.type).filter((name) => {
      const value = this.record[name];
      return value !== undefined && !isUntouched(types[name]!, attributes[name], value);
    });
    if (other.length === 0) return;
    const faults = other.map((path) => ({ path, reason: "is fixed and cannot change" }));
    throw new InvalidValueError(this.type.name, faults, idText(idFrom(this.type, attributes)));
  }

  /**
   * Looks for a place in the object for what others changed, before anything is written on top of it.
   *
   * @throws InvalidValueError
   */
  requirePlaces(
    checks: Pick<RecordChecks<AnyRecordType>, "places">,
    mine: readonly Change[],
    current: RecordState,
    changes: readonly Change[],
  ): void {
    const captured = applyAttributes(this.original.attributes, mine);
    const stored = applyAttributes(current.attributes, changes);
    const attributes = Object.entries(this.type.attributes as Attributes);
    const names = attributes.flatMap(([name, type]) => (type.same(captured[name], stored[name]) ? [] : [name]));
    // A tracked collection shows others' entries by itself; an array of an entity's has to be given them.
    if (this.type.shape !== undefined) names.push(...Object.keys(this.type.collections as Collections));
    if (names.length > 0) checks.places(this.object, this.original, names);
  }

  /** Runs `work` after whatever was begun on this object before, unless `patience` ends ahead of that. */
  inTurn<T>(work: () => Promise<T>, patience?: Patience): Promise<T> {
    if (patience !== undefined) return patience.waiting((begin) => this.inTurn(() => (begin(), work())));
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Takes a turn on all of `records` at once: two batches over the same objects never wait for each other. */
  static inTurns<T>(records: readonly TrackedRecord[], work: () => Promise<T>, patience?: Patience): Promise<T> {
    if (patience !== undefined) return patience.waiting((begin) => this.inTurns(records, () => (begin(), work())));
    const result = Promise.all(new Set(records.map((record) => record.#turn))).then(work);
    const ended = result.catch(() => undefined);
    for (const record of records) record.#turn = ended;
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
   * it was captured as `captured`. Where others changed the same thing meanwhile, the original stays what the caller saw,
   * at its old version: the next save is stale and merges, instead of undoing what nobody has looked at.
   *
   * It is committed, so it is the original before anything is done with the object, and what the caller's setters,
   * transformers or read-only properties throw is no failure of the save: the object shows what it can, and its next use
   * is refused; see `requireShown`.
   */
  settle(captured: RecordState, stored: RecordState): void {
    const { version } = this.original;
    this.original = stored;
    this.span?.stored();
    try {
      const collections = Object.entries(this.type.collections as Collections);
      for (const [name, type] of collections) this.#adopt(name, type, captured.collections[name]);
      const unseen = this.#unseen(captured, stored);
      if (unseen.length > 0) this.original = { ...apply(stored, unseen), version };
      this.#showAttributes(captured, this.original);
      for (const [name] of collections) {
        const entries = captured.collections[name];
        const now = this.original.collections[name];
        if (entries === undefined || now === undefined) continue;
        trackedMap(this.record, name)?.settle(now, entries);
      }
      this.type.shape?.shown(this.object, this.original.version);
    } catch {
      this.#unshown ??= "record";
    }
  }

  /** Puts a tracked collection in place of one that the caller assigned, unless the next save has to refuse that. */
  #adopt(name: string, type: CollectionType, captured: ReadonlyMap<string, unknown> | undefined): void {
    if (captured === undefined || trackedMap(this.record, name) !== undefined) return;
    const assigned = this.record[name];
    const keys = this.scope?.[name];
    const faults: Fault[] = [];
    const given = assigned === undefined ? captured : givenEntries(faults, name, type, assigned);
    if (faults.length > 0 || (keys !== undefined && assigned !== undefined)) return;
    this.record[name] = trackedCollection(this.record, name, this.type, captured, keys);
    if (assigned === undefined) return;
    const map = trackedMap(this.record, name)!;
    for (const [key, value] of given) map.set(key, value);
    for (const key of captured.keys()) if (!given.has(key)) map.delete(key);
    if (map instanceof TrackedList && !isSameOrder([...map.keys()], [...given.keys()])) map.reorder(given.keys());
  }

  /** The way back from `stored` to `captured`, for all that the caller has changed since and others had changed too. */
  #unseen(captured: RecordState, stored: RecordState): Change[] {
    if (captured === stored) return []; // nobody else wrote, and no stamp: by far the most frequent case
    const unseen: Change[] = [];
    for (const [name, type] of Object.entries(this.type.attributes as Attributes)) {
      const [from, to] = [stored.attributes[name], captured.attributes[name]];
      if (type.same(from, to)) continue;
      const value = this.record[name];
      const untouched = value === undefined || (type.fault(value) === undefined && type.same(type.capture(value), to));
      if (!untouched) unseen.push({ kind: "attribute.set", attribute: name, from, to });
    }
    for (const [name, type] of Object.entries(this.type.collections as Collections)) {
      const entries = captured.collections[name];
      const now = stored.collections[name];
      if (entries === undefined || now === undefined || entries === now) continue;
      const map = trackedMap(this.record, name);
      const touched = map === undefined ? new Map([...entries, ...now]) : map.touched();
      for (const [key, value] of touched) {
        if (map !== undefined && isCaptured(type, entries, key, value)) continue;
        pushEntryChange(unseen, name, type, key, now.get(key), entries.get(key));
      }
      if (type.kind === "list") pushUnseenOrder(unseen, name, map, [...entries.keys()], [...now.keys()]);
    }
    return unseen;
  }

  #showAttributes(captured: RecordState, original: RecordState): void {
    const attributes = this.type.attributes as Attributes;
    const allShown = captured.attributes === original.attributes;
    for (const name in attributes) {
      const isGiven = this.record[name] !== undefined;
      if (isGiven && (allShown || attributes[name]!.same(captured.attributes[name], original.attributes[name])))
        continue;
      try {
        this.record[name] = attributes[name]!.expose(original.attributes[name]);
      } catch {
        this.#unshown ??= name;
      }
    }
  }
}

/** The way back to the order that was captured, where the caller has made another since and others have, too. */
function pushUnseenOrder(
  unseen: Change[],
  name: string,
  list: Map<string, unknown> | undefined,
  captured: readonly string[],
  stored: readonly string[],
): void {
  const mine = list instanceof TrackedList ? (TrackedList.orderOf(list) ?? captured) : captured;
  const moved = movedBy({ original: captured, mine, theirs: stored });
  // Of something assigned that is no list it is not known what order it will have.
  if (moved === "clash" || (moved === "them" && list === undefined)) {
    unseen.push(listOrder(name, stored, mergedOrder({ mine: captured, theirs: stored }, "mine")));
  }
}
