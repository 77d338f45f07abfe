import { jsonFault, JsonText, type JsonValue } from "./json-text.js";

/** What a column must be able to hold. Adapters switch on `kind`; lengths are in characters, binary ones in bytes. */
export type ColumnShape =
  | { readonly kind: "text"; readonly max: number }
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "bigint" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "boolean" }
  | { readonly kind: "instant"; readonly fraction: 0 | 3 }
  | { readonly kind: "binary"; readonly max: number }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "json" };

/**
 * One attribute's rules: the single source of what it accepts, when two values are the same, and what is stored.
 * `T` is what callers read and write; inside states the value is kept immutable (see `capture`).
 */
export interface AttributeType<T = unknown> {
  readonly shape: ColumnShape;
  readonly nullable: boolean;
  /** Set when the record is added and never changed afterwards. */
  readonly fixed: boolean;
  /** Never shown in messages, overlaps or debug output. */
  readonly secret: boolean;
  /** What a new record gets when the caller names no value. */
  readonly initial: T | undefined;
  /** Why `value` does not belong here (`at most 255 characters, got 300`), or `undefined` where it does. */
  fault(value: unknown): string | undefined;
  /** The caller's value as it is kept in a state: rounded to the column's precision, immutable, unshared. */
  capture(value: unknown): unknown;
  /** A state's value as callers get it: theirs to mutate. */
  expose(value: unknown): T;
  /** Whether two captured values are the same to the column. */
  same(left: unknown, right: unknown): boolean;
}

/** The value that callers see for an attribute type. */
export type ValueOf<A> = A extends AttributeType<infer T> ? T : never;

const identity = <T>(value: T): T => value;

function attribute<T>(
  shape: ColumnShape,
  rules: Pick<AttributeType<T>, "fault"> & Partial<AttributeType<T>>,
): AttributeType<T> {
  return {
    shape,
    nullable: false,
    fixed: false,
    secret: false,
    initial: undefined,
    capture: identity,
    expose: identity as (value: unknown) => T,
    same: Object.is,
    ...rules,
  };
}

/** Text of at most `max` characters (Unicode code points). NUL and lone surrogates are refused: databases differ on them. */
export function text(max: number): AttributeType<string> {
  return attribute<string>({ kind: "text", max }, { fault: (value) => textFault(value, max) });
}

export function textFault(value: unknown, max: number): string | undefined {
  if (typeof value !== "string") return `text, got ${typeName(value)}`;
  if (value.length > max) {
    const length = codePoints(value);
    if (length > max) return `at most ${max} characters, got ${length}`;
  }
  if (value.includes("\0")) return "text without NUL characters";
  return value.isWellFormed() ? undefined : "well-formed Unicode, got a lone surrogate";
}

function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

/** A whole number between `min` and `max`, by default the range of JavaScript's safe integers. */
export function integer(min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): AttributeType<number> {
  return attribute<number>(
    { kind: "integer", min, max },
    {
      fault: (value) => {
        if (typeof value !== "number") return `an integer, got ${typeName(value)}`;
        if (!Number.isSafeInteger(value)) return `an integer, got ${value}`;
        return value < min || value > max ? `between ${min} and ${max}, got ${value}` : undefined;
      },
      capture: (value) => (value as number) + 0, // -0 becomes 0, as in every integer column
    },
  );
}

const BIGINT_MIN = -(2n ** 63n);
const BIGINT_MAX = 2n ** 63n - 1n;

/** A signed 64-bit integer, as a JavaScript `bigint`. */
export function bigint(): AttributeType<bigint> {
  return attribute<bigint>(
    { kind: "bigint" },
    {
      fault: (value) => {
        if (typeof value !== "bigint") return `a bigint, got ${typeName(value)}`;
        return value < BIGINT_MIN || value > BIGINT_MAX ? `between ${BIGINT_MIN} and ${BIGINT_MAX}` : undefined;
      },
    },
  );
}

/** A decimal number as text, `precision` digits of which `scale` after the point. Excess digits are refused, not rounded. */
export function decimal(precision: number, scale: number): AttributeType<string> {
  const whole = precision - scale;
  const pattern = new RegExp(`^-?(?=\\d)0*\\d{0,${whole}}${scale > 0 ? `(\\.\\d{1,${scale}})?` : ""}$`);
  return attribute<string>(
    { kind: "decimal", precision, scale },
    {
      fault: (value) =>
        typeof value === "string" && pattern.test(value)
          ? undefined
          : `decimal text of at most ${whole} digits${scale > 0 ? ` and ${scale} after the point` : ""}`,
      capture: (value) => canonicalDecimal(value as string, scale),
    },
  );
}

/** `"-007.5"` at scale 2 becomes `"-7.50"`, as a DECIMAL column returns it. */
function canonicalDecimal(value: string, scale: number): string {
  const negative = value.startsWith("-");
  const [whole = "0", fraction = ""] = (negative ? value.slice(1) : value).split(".");
  const digits = whole.replace(/^0+(?=\d)/, "");
  const padded = scale > 0 ? `${digits}.${fraction.padEnd(scale, "0")}` : digits;
  return negative && /[1-9]/.test(padded) ? `-${padded}` : padded;
}

export function boolean(): AttributeType<boolean> {
  return attribute<boolean>(
    { kind: "boolean" },
    { fault: (value) => (typeof value === "boolean" ? undefined : `true or false, got ${typeName(value)}`) },
  );
}

const INSTANT_MIN = Date.UTC(1000, 0, 1);
const INSTANT_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A point in time (UTC), as a `Date`; truncated to whole seconds (`fraction` 0) or milliseconds (3). */
export function instant(fraction: 0 | 3 = 3): AttributeType<Date> {
  const unit = fraction === 0 ? 1000 : 1;
  return attribute<Date>(
    { kind: "instant", fraction },
    {
      fault: (value) => {
        if (!(value instanceof Date)) return `a Date, got ${typeName(value)}`;
        const time = value.getTime();
        return time >= INSTANT_MIN && time <= INSTANT_MAX ? undefined : "a valid Date in the years 1000 to 9999";
      },
      // Kept as a number: a Date is mutable, and a state must not change under anybody's hands.
      capture: (value) => Math.floor((value as Date).getTime() / unit) * unit,
      expose: (value) => new Date(value as number),
    },
  );
}

/** At most `max` bytes, as a `Uint8Array` (a `Buffer` is one). */
export function binary(max: number): AttributeType<Uint8Array> {
  return attribute<Uint8Array>(
    { kind: "binary", max },
    {
      fault: (value) => {
        if (!(value instanceof Uint8Array)) return `bytes (Uint8Array), got ${typeName(value)}`;
        return value.length > max ? `at most ${max} bytes, got ${value.length}` : undefined;
      },
      capture: (value) => Uint8Array.prototype.slice.call(value as Uint8Array),
      expose: (value) => Uint8Array.prototype.slice.call(value as Uint8Array),
      same: (left, right) => sameBytes(left as Uint8Array, right as Uint8Array),
    },
  );
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

/** One of a closed list of words. */
export function oneOf<const W extends string>(...values: readonly W[]): AttributeType<W> {
  return attribute<W>(
    { kind: "enum", values },
    {
      fault: (value) =>
        (values as readonly unknown[]).includes(value) ? undefined : `one of ${values.join(", ")}, got ${shown(value)}`,
    },
  );
}

/** Any JSON value. It is diffed by path; nested mutation is noticed. `T` is the caller's word for its shape. */
export function json<T = JsonValue>(): AttributeType<T> {
  return attribute<T>(
    { kind: "json" },
    {
      fault: jsonFault,
      capture: (value) => new JsonText(JSON.stringify(value)),
      expose: (value) => (value as JsonText).parse() as T,
      same: (left, right) => (left as JsonText).equals(right as JsonText),
    },
  );
}

/** Also accepts `null`, and starts as `null`. */
export function nullable<T>(type: AttributeType<T>): AttributeType<T | null> {
  return {
    ...type,
    nullable: true,
    initial: type.initial ?? null,
    fault: (value) => (value === null ? undefined : type.fault(value)),
    capture: (value) => (value === null ? null : type.capture(value)),
    expose: (value) => (value === null ? null : type.expose(value)),
    same: (left, right) => left === right || (left !== null && right !== null && type.same(left, right)),
  };
}

/** Starts as `initial` when the caller names no value. */
export function withInitial<T>(type: AttributeType<T>, initial: T): AttributeType<T> {
  return { ...type, initial };
}

/** Obeys a further rule: `rule` tells why a value that fits the type does not belong, or `undefined`. */
export function constrained<T>(type: AttributeType<T>, rule: (value: T) => string | undefined): AttributeType<T> {
  const ruled = {
    ...type,
    fault: (value: unknown) => type.fault(value) ?? (value === null ? undefined : rule(value as T)),
  };
  return type.secret ? secret(ruled) : ruled; // what a rule says of a value may hold the value
}

/** Set when the record is added and refused to change afterwards. */
export function fixed<T>(type: AttributeType<T>): AttributeType<T> {
  return { ...type, fixed: true };
}

/** Kept out of messages, overlaps and debug output: a fault tells what the type needs, not what was given. */
export function secret<T>(type: AttributeType<T>): AttributeType<T> {
  const needed = `${describeShape(type.shape)} that its rules allow`;
  return { ...type, secret: true, fault: (value) => (type.fault(value) === undefined ? undefined : needed) };
}

function describeShape(shape: ColumnShape): string {
  switch (shape.kind) {
    case "text":
      return `well-formed text of at most ${shape.max} characters`;
    case "integer":
      return `an integer between ${shape.min} and ${shape.max}`;
    case "bigint":
      return `a bigint between ${BIGINT_MIN} and ${BIGINT_MAX}`;
    case "decimal":
      return `decimal text of at most ${shape.precision} digits, ${shape.scale} after the point`;
    case "binary":
      return `at most ${shape.max} bytes`;
    case "enum":
      return `one of ${shape.values.join(", ")}`;
    case "boolean":
      return "true or false";
    case "instant":
      return "a valid Date";
    case "json":
      return "plain JSON";
  }
}

export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object") return typeof value;
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  return prototype?.constructor?.name ?? "an object";
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : typeName(value);
}
