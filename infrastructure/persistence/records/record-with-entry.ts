import type { Change, EntryPut } from "../../../domain/distinction/diff/change.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { Statement } from "../connection/session.js";
import { changedFields } from "./entry-fields.js";
import { lookupValue, ownership } from "./entry-statements.js";
import { living } from "./living.js";
import { updateByChanges } from "./record-update.js";
import type { EntryLayout, TableLayout } from "./table-layout.js";

/**
 * `UPDATE t AS r STRAIGHT_JOIN entries AS e ON <owner> SET e.field = ?, …, r.version = r.version + 1 WHERE <key and version> AND e.key = ?`:
 * a record and the one entry of it that changes, in one statement, which is all or nothing by itself. It spares BEGIN and
 * COMMIT and the statement on the entries, three round trips of four. Both rows are found by their primary keys, the
 * record's first, as transactions lock them.
 *
 * @returns `undefined` where there is more to write than one entry that is there, and on SQLite, whose UPDATE takes one table;
 *   the statement changes nothing where the entry is gone, whatever the version is
 */
export function updateWithEntry(
  layout: TableLayout,
  base: RecordState,
  changes: readonly Change[],
): Statement | undefined {
  if (layout.dialect.name === "sqlite") return undefined;
  const edits = changes.filter((change) => "collection" in change);
  const [edit] = edits;
  if (edits.length !== 1 || edit?.kind !== "entry.put" || edit.from === undefined) return undefined;
  const entries = layout.entries.get(edit.collection)!;
  if (entries.fields.length === 0 || entries.table.name === layout.table.name) return undefined;
  return updateByChanges(besideEntries(layout, entries), base, changes, {
    also: assignments(entries, edit),
    where: { sql: ` AND e.${entries.lookupColumn} = ?`, parameters: [lookupValue(entries, edit.key)] },
  });
}

function assignments(entries: EntryLayout, { from, to }: EntryPut): Pick<Statement, "sql" | "parameters"> {
  const values = entries.type.split(to);
  const changed = changedFields(entries, from, to) ?? entries.fields.map((_, index) => index);
  const fields = changed.map((index) => [entries.fields[index]!, values[index]] as const);
  return {
    sql: fields.map(([{ name }]) => `e.${name} = ?, `).join(""),
    parameters: fields.map(([{ codec }, value]) => codec.encode(value)),
  };
}

const joins = new WeakMap<EntryLayout, TableLayout>();

/** The layout as statements name it that have a collection beside it: rows of the record are `r`, those of the collection `e`. */
function besideEntries(layout: TableLayout, entries: EntryLayout): TableLayout {
  let joined = joins.get(entries);
  if (joined === undefined) joins.set(entries, (joined = joinedWith(layout, entries)));
  return joined;
}

function joinedWith(layout: TableLayout, entries: EntryLayout): TableLayout {
  const columns = layout.columns.map((column) => ({ ...column, name: `r.${column.name}` }));
  const byAttribute = new Map(columns.map((column) => [column.attribute, column]));
  return {
    ...layout,
    name: `${layout.name} AS r STRAIGHT_JOIN ${entries.name} AS e ON ${ownership(entries)}`,
    version: `r.${layout.version}`,
    alive: living(layout, "r")
      .map((term) => ` AND ${term}`)
      .join(""),
    columns,
    byAttribute,
    key: layout.key.map(({ attribute }) => byAttribute.get(attribute)!),
  };
}
