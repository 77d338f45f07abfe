import type { Change } from "../../../domain/distinction/diff/change.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import { changedFields, isInsertable } from "./entry-fields.js";
import type { EntryPut } from "./entry-statements.js";
import type { EntryLayout } from "./table-layout.js";

/** What is to be written of one collection, of one record or several. */
export interface EntryWrites {
  readonly drops: readonly EntryDrop[];
  /** Rows that may be there already, and then stay where they are. */
  readonly puts: readonly EntryPut[];
  /** Rows that are there, and hold what could not be inserted again. */
  readonly updates: readonly EntryPut[];
  /** Rows that may be there already, and get another place. */
  readonly placed: readonly EntryPut[];
  /** Rows that must not be there already. */
  readonly added: readonly EntryPut[];
}

export interface EntryDrop {
  readonly owner: RecordState;
  readonly key: string;
}

/** One record's changes on top of what is stored. */
export interface RecordEdit {
  readonly base: RecordState;
  readonly changes: readonly Change[];
}

/**
 * The rows that changes of records make in a collection. Where a list was reordered, every entry is put at its place,
 * those that did not change with the values that they have.
 */
export function entryWrites(entries: EntryLayout, edits: readonly RecordEdit[]): EntryWrites {
  const { collection, table } = entries;
  const writes = {
    drops: [] as EntryDrop[],
    puts: [] as EntryPut[],
    updates: [] as EntryPut[],
    placed: [] as EntryPut[],
    added: [] as EntryPut[],
  };
  for (const { base: owner, changes } of edits) {
    const own = changes.filter((change) => "collection" in change && change.collection === collection);
    const order = own.find((change) => change.kind === "list.order")?.to;
    const places = new Map(order?.map((key, index) => [key, index + 1]));
    let appended = 0;
    for (const change of own) {
      if (change.kind === "entry.drop") writes.drops.push({ owner, key: change.key });
      if (change.kind !== "entry.put") continue;
      const isNew = change.from === undefined;
      const at = places.get(change.key);
      const place = at !== undefined ? { at } : isNew ? { append: ++appended } : "same";
      const put = { owner, key: change.key, entry: change.to, place } as const;
      if (isNew && table.insertNew === true) writes.added.push(put);
      else if (at !== undefined) writes.placed.push(put);
      else {
        // By field where new rows have a statement of their own anyway; elsewhere one statement puts all, new and changed.
        const changed = table.insertNew === true ? changedFields(entries, change.from, change.to) : undefined;
        const rows = changed === undefined || isInsertable(entries, change.to, changed) ? writes.puts : writes.updates;
        rows.push(changed === undefined ? put : { ...put, changed });
      }
      places.delete(change.key);
    }
    const before = owner.collections[collection];
    for (const [key, at] of places) writes.placed.push({ owner, key, entry: before!.get(key), place: { at } });
  }
  return writes;
}

/** All entries of some records, whatever is there already. */
export function allEntryWrites(entries: EntryLayout, states: readonly RecordState[]): EntryWrites {
  const rows = states.flatMap((owner) =>
    [...(owner.collections[entries.collection] ?? [])].map(([key, entry], index) => {
      return { owner, key, entry, place: { at: index + 1 } };
    }),
  );
  const none = { drops: [], puts: [], updates: [], placed: [], added: [] };
  return entries.table.insertNew === true ? { ...none, added: rows } : { ...none, placed: rows };
}
