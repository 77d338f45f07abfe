import { idFrom } from "../../../domain/distinction/record-id.js";
import type { RecordState } from "../../../domain/distinction/record-state.js";
import type { Statement } from "../connection/session.js";
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
 * `INSERT INTO deleted … SELECT … FROM t WHERE key = ? AND version = ? FOR UPDATE`: keeps the row as it is, one version
 * on, and locks it until its deletion.
 *
 * What lost: a mark in the row itself, after which each collection needs a DELETE of its own and rows can still be added
 * that refer to it; REPLACE with a marked row, which takes the entries with it on MariaDB and SQLite and leaves them
 * orphaned on MySQL 9.7 (measured); a trigger, which services have no right to create.
 */
export function insertTombstone(
  layout: TableLayout,
  { name, timeColumn, attributes }: Tombstones,
  base: RecordState,
  guards: GuardConditions,
): Statement {
  const { dialect, version } = layout;
  const where = whereVersion(layout, base, guards);
  const changed = layout.columns.filter(({ attribute }) => Object.hasOwn(attributes, attribute));
  const columns = [...layout.columns.map((column) => column.name), version, dialect.quote(timeColumn)];
  const values = layout.columns.map((column) => (changed.includes(column) ? "?" : column.name));
  return {
    sql:
      `INSERT INTO ${dialect.quote(name)} (${columns.join(", ")}) ` +
      `SELECT ${values.join(", ")}, ${version} + 1, ${dialect.now} FROM ${layout.name} ` +
      `WHERE ${where.sql}${dialect.forUpdate}`,
    parameters: [...changed.map(({ attribute, codec }) => codec.encode(attributes[attribute])), ...where.parameters],
  };
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
