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
  /** Whether captured values are decimal text, whatever callers see: policies then add and compare these, exactly. */
  readonly isDecimal?: boolean;
  /** What a new record gets when the caller names no value. */
  readonly initial: T | undefined;
  /** Why `value` does not belong here (`at most 255 characters, got a string of 300`), or `undefined` where it does. */
  fault(value: unknown): string | undefined;
  /** Why a captured value is too large to be stored, where that takes a look at all of it: asked only of what is written. */
  excess?(captured: unknown): string | undefined;
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

/** An attribute type with these rules, and the usual ones where none is given. */
export function attribute<T>(
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

export function isAttributeType(given: unknown): given is AttributeType {
  return typeof (given as AttributeType | null | undefined)?.fault === "function";
}
