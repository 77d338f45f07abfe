import { isReordered, mergedOrder } from "./entry-order.js";
import { movedKeys, reorderedKeys, type OrderedEntries } from "./ordered-entries.js";
import { TrackedMap } from "./tracked-map.js";

/**
 * A record's list: a tracked map that remembers whether its order was touched, too. Appending and removing do not count:
 * their cost does not grow with the list.
 */
export class TrackedList<V = unknown> extends TrackedMap<V> implements OrderedEntries<V> {
  override readonly [Symbol.toStringTag] = "TrackedList";
  /** All keys, once their order may be another than that of the original entries and what was appended to them. */
  #order: Set<string> | undefined;

  /** The caller's order of all keys, where it may differ from what removing and appending led to. */
  static orderOf(list: TrackedList): readonly string[] | undefined {
    return list.#order && [...list.#order];
  }

  override set(key: string, value: V): this {
    // A key that was removed comes last when it comes back, like in any Map.
    if (!this.has(key) && this.isOriginal(key)) this.#ordered("move an entry of");
    super.set(key, value);
    this.#order?.add(key);
    return this;
  }

  override delete(key: string): boolean {
    const deleted = super.delete(key);
    this.#order?.delete(key);
    return deleted;
  }

  move(key: string, index: number): this {
    this.#order = new Set(movedKeys(this.name, this.#ordered("move an entry of"), key, index));
    return this;
  }

  reorder(keys: Iterable<string>): this {
    this.#order = new Set(reorderedKeys(this.name, this.#ordered("reorder"), keys));
    return this;
  }

  override *keys(): MapIterator<string> {
    yield* this.#order ?? super.keys();
  }

  /** As in any map; new entries come in the order of the list. */
  override *touched(): Generator<readonly [key: string, value: V | undefined]> {
    const appended = new Map<string, V | undefined>();
    for (const [key, value] of super.touched()) {
      if (this.isOriginal(key) || value === undefined) yield [key, value];
      else appended.set(key, value);
    }
    for (const key of this.#order ?? appended.keys()) if (appended.has(key)) yield [key, appended.get(key)];
  }

  /** As in any map. An order that the caller made while the save was under way stays, with what others appended in it. */
  override settle(original: ReadonlyMap<string, unknown>, captured: ReadonlyMap<string, unknown>): void {
    const order = TrackedList.orderOf(this);
    super.settle(original, captured);
    this.#order = undefined;
    if (order === undefined) return;
    if (!isReordered(captured.keys(), order) && order.every((key) => captured.has(key))) return;
    const mine = order.filter((key) => this.has(key));
    this.#order = new Set(mergedOrder({ mine, theirs: [...super.keys()] }, "mine"));
  }

  #ordered(what: string): Set<string> {
    this.requireWhole(what);
    return (this.#order ??= new Set(super.keys()));
  }
}
