import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { decimal } from "../../../domain/distinction/types/number-types.js";
import { text } from "../../../domain/distinction/types/text-types.js";
import { describeValue, typeName } from "../../../domain/distinction/types/type-name.js";
import { codedValue, type ColumnValue } from "../records/column-value.js";

/** Entity values that are numbers in the database, but not simply safe integers. */

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const UINT64 = { min: 0n, max: 2n ** 64n - 1n };

/**
 * BIGINT, as TypeORM gives it: text from a server, from SQLite a number while it is a safe one. Callers may write text,
 * a number or a bigint.
 */
export function bigintValue(file: boolean, unsigned: boolean): ColumnValue {
  const { min, max } = unsigned && !file ? UINT64 : INT64;
  const type: AttributeType = {
    ...text(20),
    isDecimal: true,
    fault: (value) => {
      const isWhole =
        typeof value === "bigint" ||
        Number.isSafeInteger(value) ||
        (typeof value === "string" && /^-?\d{1,20}$/.test(value));
      if (typeof value === "number" && !isWhole) {
        return `a whole number (a safe integer, a bigint, or text), got ${describeValue(value)}`;
      }
      if (!isWhole) return `a whole number, or one as text, got ${typeName(value)}`;
      const whole = BigInt(value as string);
      return whole < min || whole > max ? `between ${min} and ${max}, got ${describeValue(value)}` : undefined;
    },
    capture: (value) => String(BigInt(value as string)),
    expose: (captured) => (file && Number.isSafeInteger(Number(captured)) ? Number(captured) : captured),
  };
  return codedValue(
    type,
    (captured) => (file ? BigInt(captured as string) : (captured as string)),
    (column) => String(BigInt(column as string)),
  );
}

/** DECIMAL of a server: text with all its digits, as TypeORM gives it. Callers may write a number too. */
export function decimalValue(precision: number, scale: number, unsigned: boolean): ColumnValue {
  const base = decimal(precision, scale);
  const asText = (value: unknown): unknown =>
    typeof value === "number" && Number.isFinite(value) ? plainDigits(value) : value;
  const type: AttributeType = {
    ...base,
    fault: (value) => {
      const fault = base.fault(asText(value)) && base.fault(value); // of what was given, not of its text
      const isBelow = fault === undefined && unsigned && (base.capture(asText(value)) as string).startsWith("-");
      return isBelow ? `0 or more, got ${describeValue(value)}` : fault;
    },
    capture: (value) => base.capture(asText(value)),
  };
  return codedValue(type, (captured) => captured as string, String);
}

function plainDigits(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(20).replace(/\.?0+$/, "") : text;
}

/** How a server keeps floating-point numbers. */
export interface FloatColumn {
  /** FLOAT: 32 bits, of which a server gives 6 digits. */
  readonly single: boolean;
  readonly unsigned: boolean;
  /** `FLOAT(7, 2)`: rounded to the second number's digits after the point, of the first's in all. */
  readonly digits?: readonly [precision: number, scale: number] | undefined;
}

const LARGEST_SINGLE = 3.40282e38;

/** DOUBLE, FLOAT and SQLite's REAL: a number, rounded as the column would. */
export function floatValue(
  { single, unsigned, digits }: FloatColumn = { single: false, unsigned: false },
): ColumnValue {
  const kept = (given: number): number => {
    const value = single ? Number(Math.fround(given).toPrecision(6)) : given;
    return (digits === undefined ? value : Number(value.toFixed(digits[1]))) + 0;
  };
  const held = single ? LARGEST_SINGLE : Number.MAX_VALUE;
  const most = digits === undefined ? held : Math.min(held, 10 ** (digits[0] - digits[1]) - 10 ** -digits[1]);
  const least = unsigned ? 0 : -most;
  const type: AttributeType = {
    ...text(30),
    fault: (value) => {
      if (typeof value !== "number" || !Number.isFinite(value)) return `a finite number, got ${describeValue(value)}`;
      const fits = kept(value) >= least && kept(value) <= most;
      return fits ? undefined : `between ${least} and ${most}, got ${describeValue(value)}`;
    },
    capture: (value) => kept(value as number),
  };
  const { codec } = codedValue(
    type,
    (captured) => captured as number,
    (column) => kept(Number(column)),
  );
  return { type, codec: { ...codec, isSingle: single } };
}

/**
 * SQLite's DECIMAL, which is a 64-bit floating-point number there; TypeORM gives it as one. Callers may write text too, of the
 * digits that such a number shows again.
 */
export function looseDecimalValue(): ColumnValue {
  const { type, codec } = floatValue();
  const isDigits = (value: unknown): value is string => typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value);
  const asNumber = (value: unknown): unknown => (isDigits(value) ? Number(value) : value);
  return {
    codec,
    type: {
      ...type,
      fault: (value) => {
        const reason = type.fault(asNumber(value));
        if (reason !== undefined || !isDigits(value) || keepsDigits(value)) return reason;
        return `digits that SQLite's 64-bit numbers keep (up to 15 always are), got ${describeValue(value)}`;
      },
      capture: (value) => type.capture(asNumber(value)),
    },
  };
}

/** Whether the number that a text is read as shows all digits of the text that mean something. */
function keepsDigits(text: string): boolean {
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return true;
  const exponent = digits.length - fraction.length - 1;
  const shown = Math.abs(Number(text)).toExponential().replace(".", "").replace("+", "");
  return shown === `${digits.replace(/0+$/, "")}e${exponent}`;
}
