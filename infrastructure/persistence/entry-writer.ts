import type { Change } from "../../domain/distinction/change.js";
import type { RecordState } from "../../domain/distinction/record-state.js";
import { dropEntries, putEntries, type KeyedEntry } from "./entry-statements.js";
import type { Session } from "./session.js";
import type { EntryLayout, TableLayout } from "./table-layout.js";

/** Most placeholders in one statement: SQLite takes 32,766, the servers 65,535. */
const MOST_PARAMETERS = 30_000;

/** Most text in one statement, in characters: servers refuse packets above `max_allowed_packet` (16 MiB by default). */
const MOST_TEXT = 2_000_000;

/** Writes the entry changes among `changes`: one statement per collection and kind, more only past the limits above. */
export async function writeEntries(
  session: Session,
  layout: TableLayout,
  owner: RecordState,
  changes: readonly Change[],
): Promise<void> {
  for (const entries of layout.entries.values()) {
    const puts: KeyedEntry[] = [];
    const drops: string[] = [];
    for (const change of changes) {
      if (!("collection" in change) || change.collection !== entries.collection) continue;
      if (change.kind === "entry.put") puts.push({ key: change.key, entry: change.to });
      else drops.push(change.key);
    }
    for (const keys of batches(drops, 1, (key) => key.length)) {
      await session.run(dropEntries(entries, owner, keys));
    }
    const width = entries.owner.length + 2 + entries.fields.length;
    for (const rows of batches(puts, width, (put) => textLength(entries, put))) {
      await session.run(putEntries(layout, entries, owner, rows));
    }
  }
}

function* batches<T>(items: readonly T[], parameters: number, text: (item: T) => number): Generator<readonly T[]> {
  let batch: T[] = [];
  let size = 0;
  for (const item of items) {
    const length = text(item);
    if (batch.length > 0 && ((batch.length + 1) * parameters > MOST_PARAMETERS || size + length > MOST_TEXT)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(item);
    size += length;
  }
  if (batch.length > 0) yield batch;
}

function textLength(entries: EntryLayout, { key, entry }: KeyedEntry): number {
  const values = entries.type.split(entry);
  const lengths = entries.fields.map((field, index) => parameterLength(field.codec.encode(values[index])));
  return lengths.reduce((sum, length) => sum + length, key.length);
}

function parameterLength(value: unknown): number {
  return typeof value === "string" || Buffer.isBuffer(value) ? value.length : 8;
}
