import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import { dropOwned } from "./batch-statements.js";
import { batches } from "./batches.js";
import {
  dropEntries,
  insertEntries,
  placeEntries,
  putEntries,
  updateEntry,
  type EntryPut,
} from "./entry-statements.js";
import { allEntryWrites, entryWrites, type EntryDrop, type EntryWrites, type RecordEdit } from "./entry-writes.js";
import { groupedBy } from "./grouped.js";
import { plainParameter } from "../connection/parameter.js";
import type { Session, Statement } from "../connection/session.js";
import type { EntryLayout, TableLayout } from "./table-layout.js";

/** Owners of dropped entries in one statement: a server's range optimiser gives up on very many conditions. */
const MOST_DROPS = 1_000;

/** `rows`: how many it must change, where nothing else tells that they are there. */
export interface EntryStatement {
  readonly statement: Statement;
  readonly rows?: number;
}

/**
 * Writes the entry changes among those of some records.
 *
 * @throws DistinctionError `CORRUPT_RECORD` where an entry is gone and the version of its record is not raised
 */
export async function writeEntries(session: Session, layout: TableLayout, edits: readonly RecordEdit[]): Promise<void> {
  for (const { statement, rows = 0 } of entryStatements(layout, edits)) {
    if ((await session.run(statement)) >= rows) continue;
    const { name } = layout.table.type;
    throw new DistinctionError("CORRUPT_RECORD", `${name}: an entry is gone, and the record's version was not raised`);
  }
}

/** Writes all entries of some records, as new rows or over the ones that are there. */
export async function writeAllEntries(
  session: Session,
  layout: TableLayout,
  states: readonly RecordState[],
): Promise<void> {
  for (const entries of layout.entries.values()) {
    for (const { statement } of statementsOf(layout, entries, allEntryWrites(entries, states))) {
      await session.run(statement);
    }
  }
}

/**
 * What writes the entry changes among those of some records: one statement per collection and kind; more
 * only past the limits of `batches`, and for entries that hold what no INSERT takes: one each.
 */
export function* entryStatements(layout: TableLayout, edits: readonly RecordEdit[]): Generator<EntryStatement> {
  for (const entries of layout.entries.values()) {
    if (edits.some((edit) => changesAny(edit, entries)))
      yield* statementsOf(layout, entries, entryWrites(entries, edits));
  }
}

function changesAny({ changes }: RecordEdit, { collection }: EntryLayout): boolean {
  return changes.some((change) => "collection" in change && change.collection === collection);
}

function* statementsOf(
  layout: TableLayout,
  entries: EntryLayout,
  { drops, puts, updates, placed, added }: EntryWrites,
): Generator<EntryStatement> {
  for (const statement of dropStatements(layout, entries, drops)) yield { statement };
  for (const rows of batchesOf(entries, puts)) yield { statement: putEntries(layout, entries, rows) };
  for (const row of updates) yield { statement: updateEntry(entries, row), rows: 1 };
  for (const rows of batchesOf(entries, placed)) yield { statement: placeEntries(layout, entries, rows) };
  for (const rows of batchesOf(entries, added)) yield { statement: insertEntries(entries, rows) };
}

function* dropStatements(layout: TableLayout, entries: EntryLayout, drops: readonly EntryDrop[]): Generator<Statement> {
  const byOwner = groupedBy(drops, ({ owner }) => owner);
  if (byOwner.size > 1) {
    for (let start = 0; start < drops.length; start += MOST_DROPS) {
      yield dropOwned(layout, entries, drops.slice(start, start + MOST_DROPS));
    }
    return;
  }
  for (const [owner, some] of byOwner) {
    const keys = some.map(({ key }) => key);
    for (const part of batches(keys, 1, (key) => key.length)) yield dropEntries(entries, owner, part);
  }
}

function batchesOf(entries: EntryLayout, puts: readonly EntryPut[]): Iterable<readonly EntryPut[]> {
  if (puts.length < 2) return puts.length === 0 ? [] : [puts];
  const owner = entries.owner.length;
  const row = 2 * owner + 2 + entries.fields.length; // the owner once more where a list is appended to
  const conditions = puts.some(({ changed }) => changed !== undefined) ? entries.fields.length : 0;
  return batches(puts, row + conditions * (owner + 1), (put) => textLength(entries, put) + conditions * put.key.length);
}

function textLength(entries: EntryLayout, { key, entry }: EntryPut): number {
  const values = entries.type.split(entry);
  const lengths = entries.fields.map((field, index) =>
    parameterLength(plainParameter(field.codec.encode(values[index]))),
  );
  return lengths.reduce((sum, length) => sum + length, key.length);
}

function parameterLength(value: unknown): number {
  return typeof value === "string" || Buffer.isBuffer(value) ? value.length : 8;
}
