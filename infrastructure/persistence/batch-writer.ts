import { applyAttributes } from "../../domain/distinction/apply.js";
import type { Change } from "../../domain/distinction/change.js";
import type { RecordState } from "../../domain/distinction/record-state.js";
import { dropOwned, insertRecords, putOwned, rowOf, updateBatch, type RowUpdate } from "./batch-statements.js";
import { batches } from "./batches.js";
import { insertOwned, type OwnedEntry } from "./entry-statements.js";
import { textLength } from "./entry-writer.js";
import { groupedBy } from "./grouped.js";
import { updateByChanges } from "./record-update.js";
import type { Parameter, Session } from "./session.js";
import type { EntryLayout, TableLayout } from "./table-layout.js";

/** One record's changes on top of what is stored. */
export interface BatchWrite {
  readonly base: RecordState;
  readonly changes: readonly Change[];
}

/** Owners of dropped entries in one statement: a server's range optimiser gives up on very many conditions. */
const MOST_DROPS = 1_000;

/**
 * Writes records of different ids in the order given, which should be that of their keys: their own rows first, in a
 * statement per set of changed columns, then the entries of all of them, in a statement per collection and kind.
 *
 * @param keyTypes see `updateBatch`; without it each row has an update of its own
 * @returns whether every record had the version of its base. If not, some are written and some are not: roll back
 */
export async function writeBatch(
  session: Session,
  layout: TableLayout,
  keyTypes: readonly string[] | undefined,
  writes: readonly BatchWrite[],
): Promise<boolean> {
  if (!(await writeRows(session, layout, keyTypes, writes))) return false;
  for (const entries of layout.entries.values()) await writeOwned(session, layout, entries, writes);
  return true;
}

async function writeRows(
  session: Session,
  layout: TableLayout,
  keyTypes: readonly string[] | undefined,
  writes: readonly BatchWrite[],
): Promise<boolean> {
  const groups = groupedBy(writes, ({ changes }) => changedColumns(changes).join());
  for (const group of groups.values()) {
    if (keyTypes === undefined || group.length === 1) {
      for (const { base, changes } of group) {
        if ((await session.run(updateByChanges(layout, base, changes))) === 0) return false;
      }
      continue;
    }
    const changed = changedColumns(group[0]!.changes);
    const rows = group.map(({ base, changes }) => ({ base, after: applyAttributes(base.attributes, changes) }));
    for (const some of batches(rows, 1, (row) => rowLength(layout, changed, row))) {
      if ((await session.run(updateBatch(layout, keyTypes, changed, some))) < some.length) return false;
    }
  }
  return true;
}

async function writeOwned(
  session: Session,
  layout: TableLayout,
  entries: EntryLayout,
  writes: readonly BatchWrite[],
): Promise<void> {
  const puts: OwnedEntry[] = [];
  const added: OwnedEntry[] = [];
  const drops: { owner: RecordState; key: string }[] = [];
  for (const { base: owner, changes } of writes) {
    for (const change of changes) {
      if (!("collection" in change) || change.collection !== entries.collection) continue;
      if (change.kind === "entry.drop") drops.push({ owner, key: change.key });
      else {
        const isNew = change.from === undefined && entries.table.insertNew === true;
        (isNew ? added : puts).push({ owner, key: change.key, entry: change.to });
      }
    }
  }
  for (let start = 0; start < drops.length; start += MOST_DROPS) {
    await session.run(dropOwned(layout, entries, drops.slice(start, start + MOST_DROPS)));
  }
  const width = entries.owner.length + 2 + entries.fields.length;
  for (const rows of batches(puts, width, (put) => textLength(entries, put))) {
    await session.run(putOwned(layout, entries, rows));
  }
  for (const rows of batches(added, width, (put) => textLength(entries, put))) {
    await session.run(insertOwned(entries, rows));
  }
}

/** Stores new records with their entries: a statement per table, more only past the limits of `batches`. */
export async function insertBatch(
  session: Session,
  layout: TableLayout,
  states: readonly RecordState[],
): Promise<void> {
  const width = layout.columns.length + 1;
  for (const some of batches(states, width, (state) => lengthOf(rowOf(layout, state)))) {
    await session.run(insertRecords(layout, some));
  }
  const writes = states.map((base) => ({ base, changes: puts(base) }));
  for (const entries of layout.entries.values()) await writeOwned(session, layout, entries, writes);
}

function puts({ collections }: RecordState): Change[] {
  return Object.entries(collections).flatMap(([collection, entries]) =>
    [...entries].map(([key, to]) => ({ kind: "entry.put" as const, collection, key, from: undefined, to })),
  );
}

function changedColumns(changes: readonly Change[]): string[] {
  return [...new Set(changes.flatMap((change) => ("attribute" in change ? [change.attribute] : [])))];
}

function rowLength(layout: TableLayout, changed: readonly string[], { after }: RowUpdate): number {
  return lengthOf(changed.map((attribute) => layout.byAttribute.get(attribute)!.codec.encode(after[attribute])));
}

function lengthOf(values: readonly Parameter[]): number {
  return values.reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : Buffer.isBuffer(value) ? 2 * value.length : 8),
    0,
  );
}
