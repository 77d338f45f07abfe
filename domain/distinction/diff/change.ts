import type { JsonPath } from "../json/json-path.js";
import type { JsonValue } from "../json/json-value.js";

/** One difference between two states of a record. Values are captured; `undefined` stands for "was not there". */
export type Change = AttributeSet | JsonSet | EntryPut | EntryDrop | ListOrder;

/** An attribute has another value. */
export interface AttributeSet {
  readonly kind: "attribute.set";
  readonly attribute: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** A member inside a JSON attribute was created (`from` undefined), changed, or removed (`to` undefined). */
export interface JsonSet {
  readonly kind: "json.set";
  readonly attribute: string;
  /** Never empty: a change of the whole value is an `attribute.set`. Holds member names only: arrays are whole values. */
  readonly path: JsonPath;
  readonly from: JsonValue | undefined;
  readonly to: JsonValue | undefined;
}

/**
 * An entry of a collection was created (`from` undefined) or has another value. The new entries of a list come in the
 * order in which they are appended.
 */
export interface EntryPut {
  readonly kind: "entry.put";
  readonly collection: string;
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** An entry of a collection is gone. */
export interface EntryDrop {
  readonly kind: "entry.drop";
  readonly collection: string;
  readonly key: string;
  readonly from: unknown;
}

/** The entries of a list are in another order than by dropping some of them and appending others. */
export interface ListOrder {
  readonly kind: "list.order";
  readonly collection: string;
  /** All keys before, and all keys after, new ones included. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** The attribute or collection that a change is of. */
export function subject(change: Change): string {
  return "attribute" in change ? change.attribute : change.collection;
}

/** The value after a change; `undefined` for a removal. */
export function changedTo(change: Change): unknown {
  return "to" in change ? change.to : undefined;
}
