import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { nullable } from "../../../domain/distinction/types/attribute-rules.js";
import { columnCodec, type ColumnCodec } from "./column-codec.js";
import type { Dialect } from "../connection/dialect.js";
import type { Parameter } from "../connection/session.js";

/** An entity's column: what its property accepts, and how that is stored. The codec takes and gives `null` too. */
export interface ColumnValue {
  readonly type: AttributeType;
  readonly codec: ColumnCodec;
}

/** A value stored as its attribute type alone says. */
export function plainValue(type: AttributeType, dialect: Dialect): ColumnValue {
  return { type, codec: columnCodec(type, dialect) };
}

/**
 * A value with a form of its own in the database.
 *
 * @param digits of a second, of a time
 */
export function codedValue(
  type: AttributeType,
  encode: (captured: unknown) => Parameter,
  decode: (column: unknown) => unknown,
  digits?: number,
): ColumnValue {
  const codec: ColumnCodec = {
    encode: (captured) => (captured === null ? null : encode(captured)),
    decode: (column) => (column === null || column === undefined ? null : decode(column)),
    ...(digits !== undefined && { digits }),
  };
  return { type, codec };
}

export function nullableValue({ type, codec }: ColumnValue): ColumnValue {
  return { type: nullable(type), codec };
}
