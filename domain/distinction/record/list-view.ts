import type { Condition } from "../merge/condition.js";

/** The part of all records that somebody sees. Stores that limit others put it into queries; callers cannot. */
export interface ListView {
  /**
   * A record is listed if it is of one of these kinds; one that is of several is listed once. Each kind is read as a list
   * of its own, so that an index can serve it, and all of them as of one moment.
   */
  readonly kinds: readonly RecordKind[];
  /** A list goes on behind a record only if that is of one of these kinds: its place would tell what it is like. */
  readonly markers: readonly RecordKind[];
}

export interface RecordKind {
  readonly conditions: readonly Condition[];
  readonly linked?: Link;
}

/** That another record, which names this one, has these values: an image is linked to its members. */
export interface Link {
  readonly name: string;
  readonly equal: Readonly<Record<string, string>>;
}
