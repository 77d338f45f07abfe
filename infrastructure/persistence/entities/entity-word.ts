import type { AttributeType } from "../../../domain/distinction/attribute-type.js";
import { text } from "../../../domain/distinction/text-types.js";
import { typeName } from "../../../domain/distinction/type-name.js";
import { codedValue, type ColumnValue } from "../records/column-value.js";

/** Entity values that are text in the database, but not simply what callers see. */

const asText = (captured: unknown): string => captured as string;

/** TypeORM's `simple-array`, and MySQL's SET where the words are given: an array kept as text, joined by commas. */
export function wordListValue(max: number, words?: readonly string[]): ColumnValue {
  const base = text(max);
  const type: AttributeType<unknown[]> = {
    ...base,
    initial: undefined,
    fault: (value) => {
      if (!Array.isArray(value)) return `an array, got ${typeName(value)}`;
      const items = value as readonly unknown[];
      const odd = items.find((item) => !["string", "number"].includes(typeof item) || String(item).includes(","));
      if (odd !== undefined) return "an array of words or numbers without commas";
      const stranger = words && items.find((item) => !words.includes(String(item)));
      return stranger === undefined ? base.fault(items.join(",")) : `an array of ${words!.join(", ")}`;
    },
    capture: (value) => {
      const items = (value as unknown[]).map(String);
      // A SET has no order but the one it was declared with.
      return (words === undefined ? items : words.filter((word) => items.includes(word))).join(",");
    },
    expose: (captured) => (captured === "" ? [] : asText(captured).split(",")),
  };
  return codedValue(type, asText, String);
}

/** An enum's value: text in the database, a number to callers where the enum is numeric. */
export function enumValue(values: readonly (string | number)[]): ColumnValue {
  const type: AttributeType = {
    ...text(255),
    shape: { kind: "enum", values: values.map(String) },
    fault: (value) =>
      values.some((known) => known === value || String(known) === value) ? undefined : `one of ${values.join(", ")}`,
    capture: String,
    expose: (captured) => values.find((known) => String(known) === captured) ?? captured,
  };
  return codedValue(type, asText, String);
}

/** DATE: `2026-01-31`, the text that TypeORM gives; a `Date` is taken for its day. */
export function dateValue(utc: boolean): ColumnValue {
  const type: AttributeType = {
    ...text(10),
    fault: (value) => {
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? "a valid Date" : undefined;
      if (typeof value !== "string") return `a day as text, got ${typeName(value)}`;
      return /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value))
        ? undefined
        : "a day such as 2026-01-31";
    },
    capture: (value) => (value instanceof Date ? dayOf(value, utc) : value),
  };
  return codedValue(type, asText, String);
}

function dayOf(date: Date, utc: boolean): string {
  const [year, month, day] = utc
    ? [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
    : [date.getFullYear(), date.getMonth(), date.getDate()];
  return `${String(year).padStart(4, "0")}-${String(month + 1).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** TIME: `12:00:00`. */
export function timeValue(): ColumnValue {
  const type: AttributeType = {
    ...text(17),
    fault: (value) =>
      typeof value === "string" && /^-?\d{1,3}:[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/.test(value)
        ? undefined
        : "a time of day such as 12:00:00",
    capture: (value) => wholeTime(value as string),
  };
  return codedValue(type, asText, (column) => wholeTime(String(column)));
}

function wholeTime(value: string): string {
  const padded = value.replace(/^(-?)(\d):/, "$10$2:");
  return padded.split(":").length === 2 ? `${padded}:00` : padded.replace(/\.0+$/, "");
}
