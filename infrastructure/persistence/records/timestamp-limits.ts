import type { Change } from "../../../domain/distinction/diff/change.js";
import type { Fault } from "../../../domain/distinction/errors.js";
import { shownEntryPath } from "../../../domain/distinction/diff/shown-path.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { Collections } from "../../../domain/distinction/types/record-type.js";
import { plainParameter } from "../connection/parameter.js";
import type { Session } from "../connection/session.js";
import type { RecordTable } from "./record-table.js";
import type { Column, TableLayout, TimestampLimits } from "./table-layout.js";

/** Asks the server, where the table has such columns: it alone knows the zone's rules. */
export async function timestampLimits(session: Session, table: RecordTable): Promise<TimestampLimits | undefined> {
  const tables = [table, ...Object.values(table.entryTables)];
  const codecs = tables.flatMap(({ codecs = {} }) => Object.values(codecs));
  if (!codecs.some(({ isTimestamp }) => isTimestamp)) return undefined;
  const sql =
    "SELECT CAST(FROM_UNIXTIME(1) AS CHAR), CAST(FROM_UNIXTIME(2147483647) AS CHAR), " +
    "IF(@@SESSION.time_zone = 'SYSTEM', @@GLOBAL.system_time_zone, @@SESSION.time_zone)";
  const [row] = await session.rows({ sql, parameters: [] });
  const [from, to, zone] = row!.map(String);
  return { from: from!, to: to!, zone: zone! };
}

/** The times among `changes` that the server would refuse. */
export function timestampFaults(layout: TableLayout, changes: readonly Change[]): Fault[] {
  const { timestamps } = layout;
  if (timestamps === undefined) return [];
  return changes.flatMap((change): Fault[] => {
    if (change.kind === "attribute.set") {
      return faultOf(timestamps, layout.byAttribute.get(change.attribute)!, change.to, change.attribute);
    }
    return change.kind === "entry.put" ? entryFaults(layout, timestamps, change.collection, change.key, change.to) : [];
  });
}

/** The times of a whole record that the server would refuse. */
export function timestampFaultsOf(layout: TableLayout, { attributes, collections }: RecordState): Fault[] {
  const { timestamps } = layout;
  if (timestamps === undefined) return [];
  const own = layout.columns.flatMap((column) => {
    return faultOf(timestamps, column, attributes[column.attribute], column.attribute);
  });
  const entries = Object.entries(collections).flatMap(([name, map]) =>
    [...map].flatMap(([key, entry]) => entryFaults(layout, timestamps, name, key, entry)),
  );
  return [...own, ...entries];
}

function entryFaults(
  { table, entries }: TableLayout,
  limits: TimestampLimits,
  name: string,
  key: string,
  captured: unknown,
): Fault[] {
  const { type, fields } = entries.get(name)!;
  if (!fields.some(({ codec }) => codec.isTimestamp)) return [];
  const values = type.split(captured);
  const path = shownEntryPath(name, (table.type.collections as Collections)[name]!, key);
  return fields.flatMap((field, index) => faultOf(limits, field, values[index], path));
}

/** Texts of one form compare as times do; a fraction of the last second belongs to it. */
function faultOf({ from, to, zone }: TimestampLimits, { codec }: Column, captured: unknown, path: string): Fault[] {
  if (!codec.isTimestamp) return [];
  const text = plainParameter(codec.encode(captured));
  if (text === null || (String(text) >= from && String(text).slice(0, to.length) <= to)) return [];
  const reason = `a time that a TIMESTAMP holds, from ${from} to ${to} in the time zone of the connection (${zone})`;
  return [{ path, reason }];
}
