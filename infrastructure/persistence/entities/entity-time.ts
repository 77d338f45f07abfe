import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { dateMilliseconds } from "../../../domain/distinction/types/date-milliseconds.js";
import { text } from "../../../domain/distinction/types/text-types.js";
import { describeValue, typeName } from "../../../domain/distinction/types/type-name.js";
import { codedValue, type ColumnValue } from "../records/column-value.js";

/** Days and times of day, which are text to callers and to the database. */

const asText = (captured: unknown): string => captured as string;

/** DATE: `2026-01-31`, the text that TypeORM gives; a `Date` is taken for its day. */
export function dateValue(utc: boolean): ColumnValue {
  const dayIn = (value: string | Date): string =>
    typeof value === "string" ? value : dayOf(new Date(dateMilliseconds(value)!), utc);
  const type: AttributeType = {
    ...text(10),
    fault: (value) => {
      const time = dateMilliseconds(value);
      if (typeof value !== "string" && time === undefined) return `a day as text, got ${typeName(value)}`;
      if (Number.isNaN(time)) return "a valid Date, got an invalid Date";
      const fits = isDay(dayIn(value as string | Date));
      return fits ? undefined : `a day from 0001-01-01 to 9999-12-31, got ${describeValue(value)}`;
    },
    capture: (value) => dayIn(value as string | Date),
  };
  return codedValue(type, asText, String);
}

/** Whether the calendar has the day: the 30th of February is read as one of March. */
function isDay(day: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || day.startsWith("0000")) return false;
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

function dayOf(date: Date, utc: boolean): string {
  const [year, month, day] = utc
    ? [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
    : [date.getFullYear(), date.getMonth(), date.getDate()];
  return `${String(year).padStart(4, "0")}-${String(month + 1).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

const TIME = /^(-?)(\d{1,3}):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?$/;
const LONGEST_TIME = "838:59:59";

/**
 * TIME: `12:00:00`, from `-838:59:59` to `838:59:59`.
 *
 * @param digits of the fraction of a second that the column keeps: of finer ones MySQL would round, MariaDB cut; where it
 * keeps what it is given, `undefined`
 */
export function timeValue(digits: number | undefined): ColumnValue {
  const type: AttributeType = {
    ...text(17),
    fault: (value) => {
      if (typeof value !== "string") return `a time of day as text, got ${typeName(value)}`;
      if (!TIME.test(value)) return `a time of day such as 12:00:00, got ${describeValue(value)}`;
      return isLonger(wholeTime(value, digits))
        ? `between -${LONGEST_TIME} and ${LONGEST_TIME}, got ${describeValue(value)}`
        : undefined;
    },
    capture: (value) => wholeTime(value as string, digits),
  };
  return codedValue(type, asText, (column) => wholeTime(String(column), digits), digits);
}

function isLonger(time: string): boolean {
  const [hours, rest] = [time.replace("-", "").split(":", 1)[0]!, time.slice(time.indexOf(":"))];
  if (Number(hours) !== 838) return Number(hours) > 838;
  const [whole, fraction = ""] = rest.split(".");
  return whole === ":59:59" && Number(fraction) > 0;
}

/** As a server gives it: `5:00` as `05:00:00`, and with as many digits as the column has. */
function wholeTime(value: string, digits: number | undefined): string {
  const [, sign = "", hours = "", minutes = "", seconds = "00", given = ""] = TIME.exec(value) ?? [];
  if (hours === "") return value;
  const fraction = digits === undefined ? given.replace(/0+$/, "") : given.slice(0, digits).padEnd(digits, "0");
  const time = `${hours.padStart(2, "0")}:${minutes}:${seconds}${fraction === "" ? "" : `.${fraction}`}`;
  return /[1-9]/.test(time) ? sign + time : time;
}
