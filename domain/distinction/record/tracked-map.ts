import type { CollectionType } from "../types/collection-type.js";
import { InvalidValueError, type DistinctionError } from "../errors.js";
import { notLoaded } from "../record-errors.js";
import { shownEntryPath } from "../diff/shown-path.js";
import { shownId } from "./record-id.js";
import type { AnyRecord } from "../types/record-shape.js";
import type { AnyRecordType, Collections } from "../types/record-type.js";

/** Marks a key of the overlay whose entry the caller removed. */
const DROPPED = Symbol("dropped");

/**
 * A record's map of entries that remembers which keys the caller touched, so that a save looks at those alone,
 * however many entries there are. Reads fall through to the original entries; writes lie over them.
 */
export class TrackedMap<V = unknown> implements Map<string, V> {
  readonly [Symbol.toStringTag]: string = "TrackedMap";
  /** Written entries, and object entries that were handed out and may have been mutated since. */
  readonly #overlay = new Map<string, V | typeof DROPPED>();
  // All private: none of this is data of the record.
  readonly #owner: AnyRecord;
  readonly #name: string;
  readonly #ownerType: AnyRecordType;
  readonly #scope: ReadonlySet<string> | undefined;
  #original: ReadonlyMap<string, unknown>;
  #size: number;

  /**
   * @param owner the record that this map is a property of, as `name`
   * @param ownerType what that record is, for messages too
   * @param original captured entries as loaded; never mutated by this map
   * @param scope the keys that were loaded, where that is not all
   */
  constructor(
    owner: AnyRecord,
    name: string,
    ownerType: AnyRecordType,
    original: ReadonlyMap<string, unknown>,
    scope?: ReadonlySet<string>,
  ) {
    this.#owner = owner;
    this.#name = name;
    this.#ownerType = ownerType;
    this.#scope = scope;
    this.#original = original;
    this.#size = original.size;
  }

  /** Whether this is the map that `owner` got as its property `name`. */
  belongsTo(owner: object, name: string): boolean {
    return this.#owner === owner && this.#name === name;
  }

  get size(): number {
    this.requireWhole("count");
    return this.#size;
  }

  has(key: string): boolean {
    this.#requireLoaded(key);
    const written = this.#overlay.get(key);
    return written === undefined ? this.#original.has(key) : written !== DROPPED;
  }

  get(key: string): V | undefined {
    this.#requireLoaded(key);
    const written = this.#overlay.get(key);
    if (written !== undefined) return written === DROPPED ? undefined : written;
    const original = this.#original.get(key);
    return original === undefined && !this.#original.has(key) ? undefined : this.#handOut(key, original);
  }

  set(key: string, value: V): this {
    if (value === undefined) {
      const fault = { path: this.#shownPath(key), reason: "a value, got undefined (use delete)" };
      throw new InvalidValueError(this.#ownerType.name, [fault], shownId(this.#ownerType, this.#owner));
    }
    if (!this.has(key)) {
      this.#size++;
      this.#overlay.delete(key); // where it was removed before, it comes last
    }
    this.#overlay.set(key, value);
    return this;
  }

  delete(key: string): boolean {
    if (!this.has(key)) return false;
    this.#size--;
    this.#overlay.set(key, DROPPED); // also where the original has no such key: a save under way may be adding it
    return true;
  }

  clear(): void {
    for (const key of [...this.keys()]) this.delete(key);
  }

  *entries(): MapIterator<[string, V]> {
    for (const key of this.keys()) yield [key, this.get(key) as V];
  }

  *keys(): MapIterator<string> {
    this.requireWhole("iterate");
    for (const key of this.#original.keys()) if (this.#overlay.get(key) !== DROPPED) yield key;
    for (const [key, value] of this.#overlay) if (value !== DROPPED && !this.#original.has(key)) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(visit: (value: V, key: string, map: Map<string, V>) => void, self?: unknown): void {
    for (const [key, value] of this.entries()) visit.call(self, value, key, this);
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  /** What `console.log` shows: the entries, as far as they were loaded. */
  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    const keys = this.#scope ?? new Set(this.keys());
    return new Map([...keys].filter((key) => this.has(key)).map((key) => [key, this.get(key)]));
  }

  /** The keys that may differ from the original, with the caller's value; `undefined` for a removed entry. */
  *touched(): Generator<readonly [key: string, value: V | undefined]> {
    for (const [key, value] of this.#overlay) yield [key, value === DROPPED ? undefined : value];
  }

  /**
   * Lies over `original` from now on. Entries that are as they were `captured` are settled and read from there; the
   * others are the caller's, written while the save was under way, and stay.
   */
  settle(original: ReadonlyMap<string, unknown>, captured: ReadonlyMap<string, unknown>): void {
    this.#original = original;
    for (const [key, value] of [...this.touched()]) {
      // An object in the caller's hands is kept: it may be mutated again, and that must be noticed.
      if (isCaptured(this.#type, captured, key, value) && (!isObject(value) || !this.#unchanged(key, value)))
        this.#overlay.delete(key);
    }
    this.#size = original.size;
    for (const [key, value] of this.#overlay) {
      this.#size += Number(value !== DROPPED) - Number(original.has(key));
    }
  }

  /** What the record calls this collection. */
  protected get name(): string {
    return this.#name;
  }

  protected isOriginal(key: string): boolean {
    return this.#original.has(key);
  }

  #unchanged(key: string, value: V | undefined): boolean {
    const { entry } = this.#type;
    const original = this.#original.get(key);
    return this.#original.has(key) && entry.same(entry.capture(value, original), original);
  }

  #handOut(key: string, original: unknown): V {
    const value = this.#type.entry.expose(original);
    if (isObject(value)) this.#overlay.set(key, value);
    return value;
  }

  #requireLoaded(key: string): void {
    if (this.#scope !== undefined && !this.#scope.has(key)) {
      throw this.#notLoaded(`${this.#shownPath(key)} was not loaded with this record`);
    }
  }

  protected requireWhole(what: string): void {
    if (this.#scope !== undefined) {
      throw this.#notLoaded(`cannot ${what} ${this.#name}: only ${this.#scope.size} entries were loaded`);
    }
  }

  get #type(): CollectionType<V> {
    return (this.#ownerType.collections as Collections)[this.#name] as CollectionType<V>;
  }

  #shownPath(key: string): string {
    return shownEntryPath(this.#name, this.#type, key);
  }

  #notLoaded(reason: string): DistinctionError {
    return notLoaded(this.#ownerType, shownId(this.#ownerType, this.#owner), reason);
  }
}

/** Whether the caller's entry is what was `captured`; `undefined` stands for "not there". */
export function isCaptured(
  { entry }: CollectionType,
  captured: ReadonlyMap<string, unknown>,
  key: string,
  value: unknown,
): boolean {
  if (value === undefined || !captured.has(key)) return value === undefined && !captured.has(key);
  const before = captured.get(key);
  return entry.fault(value, before) === undefined && entry.same(entry.capture(value, before), before);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
