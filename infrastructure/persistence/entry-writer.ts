import type { Change } from "../../domain/distinction/change.js";
import type { RecordState } from "../../domain/distinction/record-state.js";
import { batches } from "./batches.js";
import { dropEntries, insertEntries, putEntries, type KeyedEntry } from "./entry-statements.js";
import type { Session } from "./session.js";
import type { EntryLayout, TableLayout } from "./table-layout.js";

/** Writes the entry changes among `changes`: one statement per collection and kind, more only past the limits of `batches`. */
export async function writeEntries(
  session: Session,
  layout: TableLayout,
  owner: RecordState,
  changes: readonly Change[],
): Promise<void> {
  for (const entries of layout.entries.values()) {
    const puts: KeyedEntry[] = [];
    const added: KeyedEntry[] = [];
    const drops: string[] = [];
    for (const change of changes) {
      if (!("collection" in change) || change.collection !== entries.collection) continue;
      if (change.kind === "entry.drop") drops.push(change.key);
      else {
        const isNew = change.from === undefined && entries.table.insertNew === true;
        (isNew ? added : puts).push({ key: change.key, entry: change.to });
      }
    }
    for (const keys of batches(drops, 1, (key) => key.length)) {
      await session.run(dropEntries(entries, owner, keys));
    }
    const width = entries.owner.length + 2 + entries.fields.length;
    for (const rows of batches(puts, width, (put) => textLength(entries, put))) {
      await session.run(putEntries(layout, entries, owner, rows));
    }
    for (const rows of batches(added, width, (put) => textLength(entries, put))) {
      await session.run(insertEntries(entries, owner, rows));
    }
  }
}

export function textLength(entries: EntryLayout, { key, entry }: KeyedEntry): number {
  const values = entries.type.split(entry);
  const lengths = entries.fields.map((field, index) => parameterLength(field.codec.encode(values[index])));
  return lengths.reduce((sum, length) => sum + length, key.length);
}

function parameterLength(value: unknown): number {
  return typeof value === "string" || Buffer.isBuffer(value) ? value.length : 8;
}
