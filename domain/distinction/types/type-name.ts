import { dateMilliseconds } from "./date-milliseconds.js";

/** What kind of value a message says was given, whatever it does when it is looked at. */
export function typeName(value: unknown): string {
  try {
    return nameOf(value);
  } catch {
    return "an object that cannot be read";
  }
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object") return typeof value;
  if (value instanceof Date && dateMilliseconds(value) === undefined) return "an object that is no Date";
  if (value instanceof Uint8Array && !ArrayBuffer.isView(value)) return "an object that is no Uint8Array";
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null;
  const name = prototype?.constructor?.name;
  return typeof name === "string" && name !== "" ? name : "an object";
}

/** A value that has the right type and still does not fit, as a message shows it: long ones in part. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `the string ${JSON.stringify(value.slice(0, 40))}`;
    case "number":
    case "bigint":
      return `the ${typeof value} ${value}`;
    default: {
      const time = dateMilliseconds(value);
      if (time === undefined) return typeName(value);
      return Number.isNaN(time) ? "an invalid Date" : `the Date ${new Date(time).toISOString()}`;
    }
  }
}
