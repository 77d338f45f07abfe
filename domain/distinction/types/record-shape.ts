import type { Fault } from "../errors.js";

/** A record as code without static types sees it: a property per attribute and collection. */
export type AnyRecord = Record<string, unknown>;

/**
 * What callers hold for a record, where that is no plain object of attributes and tracked collections: an instance of
 * their own class, with nested objects and arrays. The engine reads and writes the object through its face alone.
 */
export interface RecordShape<T extends object = object> {
  /** A new object, to be filled through its face. */
  make(): T;
  /**
   * The object with a property per attribute and collection: a live view, the same one whenever it is asked for. A
   * collection reads as the tracked collection that was last written to it, brought up to what the caller did since.
   */
  face(object: T): AnyRecord;
  /** Called when the face was given all that is stored as `version`; until then collections need not show in the object. */
  shown(object: T, version: number): void;
  /** Which of the attributes and collections `names`, and the version, the object cannot be given another value of. */
  unshowable(object: T, names: readonly string[]): readonly string[];
  /** What the caller put in the object that is stored nowhere, each with why it cannot be. */
  strangers(object: T): readonly Fault[];
  /** The property that holds another version than `version`, with what it holds; nothing where none does. */
  foreignVersion(object: T, version: number): { readonly path: string; readonly value: unknown } | undefined;
  /** What a new object gets for an attribute that it lacks and that has no initial value: a generated key, the time. */
  initial(attribute: string): unknown;
}
