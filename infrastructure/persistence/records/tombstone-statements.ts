import { idFrom, type RecordId } from "../../../domain/distinction/record/record-id.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { Parameter, Statement } from "../connection/session.js";
import {
  cachedText,
  columnsOf,
  placeholders,
  rowOf,
  whereIds,
  whereVersion,
  type GuardConditions,
} from "./record-statements.js";
import type { Tombstones } from "./record-table.js";
import type { TableLayout } from "./table-layout.js";

/**
 * `UPDATE t SET status = 'deleted', deleted_at = <now>, version = version + 1 WHERE key = ? AND version = ? AND deleted_at
 * IS NULL`: one statement, whatever the record has. Whoever comes later finds no living row, and adds none that refers to
 * it: entries are written behind a versioned update of the same row.
 *
 * What lost: copying the row to the table of removed records and deleting it here, two statements, of which the second
 * grows with the entries; REPLACE with a marked row, which takes the entries with it on MariaDB and SQLite and leaves them
 * orphaned on MySQL 9.7 (measured); a trigger, which services have no right to create.
 */
export function markRemoved(
  layout: TableLayout,
  tombstones: Tombstones,
  base: RecordState,
  guards: GuardConditions,
): Statement {
  const { dialect, version } = layout;
  const where = whereVersion(layout, base, guards);
  const changed = changedBy(layout, tombstones);
  const sql = cachedText(layout, `mark removed${guards.sql}`, () => {
    const assignments = changed.map(({ name }) => `${name} = ?, `).join("");
    return (
      `UPDATE ${layout.name} SET ${assignments}${dialect.quote(tombstones.timeColumn)} = ${dialect.now}, ` +
      `${version} = ${version} + 1 WHERE ${where.sql}`
    );
  });
  return { sql, parameters: [...changed.map(({ value }) => value), ...where.parameters] };
}

/**
 * Ids of marked rows, in no order. What a removal sets besides the mark finds them by an index, where it has one: `status =
 * 'deleted'` reads no living row.
 */
export function selectMarked(layout: TableLayout, tombstones: Tombstones, most: number): Statement {
  const changed = changedBy(layout, tombstones);
  const terms = [...changed.map(({ name }) => `${name} = ?`), isMarked(layout, tombstones)];
  return {
    sql: `SELECT ${keysOf(layout)} FROM ${layout.name} WHERE ${terms.join(" AND ")} LIMIT ${most}`,
    parameters: changed.map(({ value }) => value),
    varying: true,
  };
}

/** Locks marked rows by their primary key, so that of two purges one comes second; answers those that are there still. */
export function selectMarkedLocked(layout: TableLayout, tombstones: Tombstones, ids: readonly RecordId[]): Statement {
  const { sql, parameters } = whereMarked(layout, tombstones, ids);
  const text = `SELECT ${keysOf(layout)} FROM ${layout.name} WHERE ${sql}${layout.dialect.forUpdate}`;
  return { sql: text, parameters, varying: true };
}

/** Copies marked rows, as they are, to the table of removed records: those that are not there yet. */
export function insertTombstones(layout: TableLayout, tombstones: Tombstones, ids: readonly RecordId[]): Statement {
  const { dialect, key, version } = layout;
  const { sql, parameters } = whereMarked(layout, tombstones, ids);
  const columns = [...columnsOf(layout), dialect.quote(tombstones.timeColumn)].join(", ");
  const same = [...key.map(({ name }) => name), version].map((name) => `d.${name} = ${layout.name}.${name}`);
  const removed = dialect.quote(tombstones.name);
  return {
    sql:
      `INSERT INTO ${removed} (${columns}) SELECT ${columns} FROM ${layout.name} WHERE ${sql} ` +
      `AND NOT EXISTS (SELECT 1 FROM ${removed} d WHERE ${same.join(" AND ")})`,
    parameters,
    varying: true,
  };
}

/** Deletes marked rows; what refers to them goes by its foreign keys. */
export function deleteMarked(layout: TableLayout, tombstones: Tombstones, ids: readonly RecordId[]): Statement {
  const { sql, parameters } = whereMarked(layout, tombstones, ids);
  return { sql: `DELETE FROM ${layout.name} WHERE ${sql}`, parameters, varying: true };
}

/**
 * `INSERT INTO t (…) SELECT ?, … WHERE NOT EXISTS (SELECT … FROM deleted …)`: no row where the id was a removed record's. The
 * servers lock the place that the removed record would have, so that a removal at the same time comes before or behind.
 */
export function insertUnlessRemoved(layout: TableLayout, { name }: Tombstones, state: RecordState): Statement {
  const removed = whereIds(layout, [idFrom(layout.table.type, state.attributes)]);
  const columns = columnsOf(layout);
  const sql = cachedText(layout, "insert unless removed", () => {
    return (
      `INSERT INTO ${layout.name} (${columns.join(", ")}) SELECT ${placeholders(columns.length)} FROM (SELECT 1) AS one ` +
      `WHERE NOT EXISTS (SELECT 1 FROM ${layout.dialect.quote(name)} WHERE ${removed.sql})`
    );
  });
  return { sql, parameters: [...rowOf(layout, state), ...removed.parameters] };
}

/** The columns that a removal changes, with what it sets them to. */
function changedBy(
  layout: TableLayout,
  { attributes }: Tombstones,
): { readonly name: string; readonly value: Parameter }[] {
  return layout.columns
    .filter(({ attribute }) => Object.hasOwn(attributes, attribute))
    .map(({ name, attribute, codec }) => ({ name, value: codec.encode(attributes[attribute]) }));
}

function keysOf({ key }: TableLayout): string {
  return key.map(({ name }) => name).join(", ");
}

function isMarked({ dialect }: TableLayout, { timeColumn }: Tombstones): string {
  return `${dialect.quote(timeColumn)} IS NOT NULL`;
}

function whereMarked(layout: TableLayout, tombstones: Tombstones, ids: readonly RecordId[]): Statement {
  const { sql, parameters } = whereIds(layout, ids);
  return { sql: `(${sql}) AND ${isMarked(layout, tombstones)}`, parameters };
}
