import type { TrackedMap } from "./tracked-map.js";

/** A record's set, as a view of a tracked map whose entries hold nothing but their key. */
export class TrackedSet implements Set<string> {
  readonly [Symbol.toStringTag] = "TrackedSet";

  // Private: a record must print and clone like one with a plain Set.
  readonly #members: TrackedMap<true>;

  constructor(members: TrackedMap<true>) {
    this.#members = members;
  }

  /** The map that this is a view of. */
  static membersOf(set: TrackedSet): TrackedMap<true> {
    return set.#members;
  }

  get size(): number {
    return this.#members.size;
  }

  has(member: string): boolean {
    return this.#members.has(member);
  }

  add(member: string): this {
    this.#members.set(member, true);
    return this;
  }

  delete(member: string): boolean {
    return this.#members.delete(member);
  }

  clear(): void {
    this.#members.clear();
  }

  keys(): SetIterator<string> {
    return this.#members.keys();
  }

  values(): SetIterator<string> {
    return this.#members.keys();
  }

  *entries(): SetIterator<[string, string]> {
    for (const member of this.#members.keys()) yield [member, member];
  }

  forEach(visit: (value: string, key: string, set: Set<string>) => void, self?: unknown): void {
    for (const member of this.#members.keys()) visit.call(self, member, member, this);
  }

  [Symbol.iterator](): SetIterator<string> {
    return this.#members.keys();
  }

  /** What `console.log` shows. */
  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return new Set(this);
  }
}
