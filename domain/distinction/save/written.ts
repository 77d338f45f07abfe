import type { Change } from "../diff/change.js";
import { changeSet, type ChangeSet } from "../diff/change-set.js";
import { canonical } from "../diff/diff.js";
import type { HistoryEntry } from "../history.js";
import { idFrom } from "../record/record-id.js";
import type { RecordState } from "../record/record-state.js";
import type { AnyRecordType } from "../types/record-type.js";

/** One effective write, as it is given to the history. */
export interface Write extends Omit<HistoryEntry, "position" | "writtenAt"> {
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
}

/** What a write is, but for who wrote it, when, and with what else. */
export type Written = Omit<Write, "actor" | "operation" | "writtenAt">;

/** A record that is there now and was not before: every value that it has. */
export function addition(type: AnyRecordType, state: RecordState): Written {
  const attributes = Object.entries(state.attributes).map(([attribute, to]) => ({
    kind: "attribute.set" as const,
    attribute,
    from: undefined,
    to,
  }));
  const changes = canonical(type, [...attributes, ...allPuts(state)]);
  const id = idFrom(type, state.attributes);
  return { versionFrom: undefined, versionTo: state.version, changeSet: changeSet(type.name, id, 0, changes) };
}

export function edition(base: number, changes: ChangeSet): Written {
  return { versionFrom: base, versionTo: base + 1, changeSet: changes };
}

export function removal(type: AnyRecordType, base: RecordState): Written {
  const id = idFrom(type, base.attributes);
  return { versionFrom: base.version, versionTo: undefined, changeSet: changeSet(type.name, id, base.version, []) };
}

/** A record's entries as the changes that put them where there are none. */
function allPuts({ collections }: RecordState): Change[] {
  return Object.entries(collections).flatMap(([collection, entries]) =>
    [...entries].map(([key, to]) => ({ kind: "entry.put" as const, collection, key, from: undefined, to })),
  );
}
