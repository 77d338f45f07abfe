import type { Change } from "../diff/change.js";
import type { RecordState } from "../record/record-state.js";

/**
 * What a write takes for granted beyond what it changes: an attribute of the stored record has one of these values. It is
 * checked on what the caller loaded, on what others made of it, and in the statement that writes.
 */
export interface Guard {
  /** What the caller wants to change, for the message. */
  readonly subject: string;
  readonly attribute: string;
  /** Captured values. */
  readonly among: readonly unknown[];
  /** What the rule asks for, and what was found. */
  readonly reason: string;
}

/**
 * What some changes of a record that is `before`, or its removal, take for granted. Must be pure, and answer at once; what
 * it is given are copies, but for the maps of entries.
 */
export type GuardRule = (before: RecordState, changes: readonly Change[] | "removal") => readonly Guard[];
