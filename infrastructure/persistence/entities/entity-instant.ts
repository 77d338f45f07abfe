import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { dateMilliseconds } from "../../../domain/distinction/types/date-milliseconds.js";
import { instant, INSTANT_MAX, INSTANT_MIN } from "../../../domain/distinction/types/instant-type.js";
import { describeValue } from "../../../domain/distinction/types/type-name.js";
import { codedValue, type ColumnValue } from "../records/column-value.js";

/** `local`, `Z` or `+05:30`: in which zone a DATETIME column of the data source's tables is meant, as mysql2 has it. */
export type TimeZone = string;

/**
 * A `Date` in a DATETIME, DATETIME2 or TIMESTAMP column, kept to the column's digits but at most milliseconds: finer
 * ones that the server wrote are read rounded down, and stay as they are until the attribute is changed.
 *
 * @param digits of the fraction of a second
 */
export function instantValue(
  zone: TimeZone,
  digits: number,
  limits?: readonly [from: number, to: number],
): ColumnValue {
  const kept = Math.min(digits, 3);
  const unit = 10 ** (3 - kept);
  const base = instant(kept === 0 ? 0 : 3);
  const type: AttributeType<Date> = {
    ...base,
    fault: (value) => {
      const fault = base.fault(value);
      if (fault !== undefined) return fault;
      const time = dateMilliseconds(value)!;
      const [from, to] = limits ?? shownFully(zone, time);
      if (time < from || time > to) return `between ${isoDay(from)} and ${isoDay(to)}, got ${describeValue(value)}`;
      const cut = Math.floor(time / unit) * unit;
      return readAgain(zone, cut) === cut ? undefined : `${ONCE}, got ${describeValue(value)}`;
    },
    capture: (value) => readAgain(zone, Math.floor(dateMilliseconds(value)! / unit) * unit),
  };
  return codedValue(
    type,
    (time) => textIn(zone, time as number).slice(0, kept === 0 ? 19 : 20 + kept),
    (column) => timeOf(zone, column),
    kept,
  );
}

const ONCE =
  'a time that the local clock shows only once (when summer time ends an hour comes twice; `timezone: "Z"` of the data ' +
  "source tells them apart)";

/**
 * The time that the column will be read as. Of the hour that a local clock shows twice, when summer time ends, that is the
 * first one: refused of a caller, taken of the times that are set here.
 */
function readAgain(zone: TimeZone, time: number): number {
  if (zone !== "local" || Number.isNaN(time)) return time;
  const again = timeOf(zone, textIn(zone, time));
  return Number.isNaN(again) ? time : again;
}

/** The times of the years 1000 to 9999 by the clock on the wall. */
function shownFully(zone: TimeZone, time: number): readonly [from: number, to: number] {
  return [INSTANT_MIN - offset(zone, time), INSTANT_MAX - offset(zone, time)];
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** `2026-01-31 12:00:00.250` as the clock on the wall in `zone` shows it. */
function textIn(zone: TimeZone, time: number): string {
  return new Date(time + offset(zone, time)).toISOString().slice(0, 23).replace("T", " ");
}

const TEXT = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?$/;

/** Milliseconds; not a number, as an invalid `Date` has it, where the column holds no time (`0000-00-00`). */
function timeOf(zone: TimeZone, column: unknown): number {
  if (column instanceof Date) return column.getTime();
  if (typeof column !== "string") return Number(column); // SQLite: milliseconds
  const match = TEXT.exec(column);
  if (match === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  if (!isDay(year!, month!, day!)) return Number.NaN;
  const time = new Date(0);
  const milliseconds = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  // Set, not constructed: constructors take the years 0 to 99 for those of the last century.
  if (match[8] === undefined && zone === "local") {
    time.setFullYear(year!, month! - 1, day);
    return time.setHours(hour!, minute, second, milliseconds);
  }
  time.setUTCFullYear(year!, month! - 1, day);
  return time.setUTCHours(hour!, minute, second, milliseconds) - fixedOffset(match[8] ?? zone);
}

/** Servers also keep days that are in no calendar: `2026-00-00`, and `2026-02-31` if they are told to. */
function isDay(year: number, month: number, day: number): boolean {
  const shown = new Date(0);
  shown.setUTCFullYear(year, month - 1, day);
  return shown.getUTCMonth() === month - 1 && shown.getUTCDate() === day;
}

function offset(zone: TimeZone, time: number): number {
  return zone === "local" ? localOffset(new Date(time)) : fixedOffset(zone);
}

/** To the millisecond: `getTimezoneOffset` leaves out the seconds that the clocks of the nineteenth century had. */
function localOffset(time: Date): number {
  const shown = new Date(0);
  shown.setUTCFullYear(time.getFullYear(), time.getMonth(), time.getDate());
  shown.setUTCHours(time.getHours(), time.getMinutes(), time.getSeconds(), time.getMilliseconds());
  return shown.getTime() - time.getTime();
}

function fixedOffset(zone: TimeZone): number {
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (match === null) return 0;
  return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000;
}
