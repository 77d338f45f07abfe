import type { AttributeType, ColumnShape } from "../../../domain/distinction/types/attribute-type.js";
import { JsonText } from "../../../domain/distinction/json/json-text.js";
import type { Dialect } from "../connection/dialect.js";
import type { Parameter } from "../connection/session.js";

/** Between a captured value and what a column takes and gives. */
export interface ColumnCodec {
  readonly encode: (captured: unknown) => Parameter;
  readonly decode: (column: unknown) => unknown;
  /** Of a time: the digits of a second that are written. */
  readonly digits?: number;
  /** Whether a server reads what is encoded by the clock of the session's time zone; see `TimestampLimits`. */
  readonly isTimestamp?: boolean;
  /** Whether the column holds single-precision numbers, of which a server gives 6 digits and compares all; see `shownSingle`. */
  readonly isSingle?: boolean;
  /** Whether the column holds what is encoded as JSON, so that its members can be written by path. */
  readonly isJson?: boolean;
}

export function columnCodec(type: AttributeType, dialect: Dialect): ColumnCodec {
  const { encode, decode } = codecOf(type.shape, dialect);
  return {
    encode: (captured) => (captured === null ? null : encode(captured)),
    decode: (column) => (column === null || column === undefined ? null : decode(column)),
  };
}

/** The digits of a second that a column must keep, of which the codec knows where it is given. */
export function secondDigits({ shape }: AttributeType, codec: ColumnCodec | undefined): number | undefined {
  if (codec !== undefined) return codec.digits;
  return shape.kind === "instant" ? shape.fraction : undefined;
}

function codecOf(shape: ColumnShape, dialect: Dialect): ColumnCodec {
  switch (shape.kind) {
    case "text":
    case "enum":
      return { encode: (value) => value as string, decode: (column) => column };
    case "decimal":
      return { encode: (value) => value as string, decode: String };
    case "integer":
      return { encode: (value) => value as number, decode: Number };
    case "bigint":
      // As text to servers: the driver has no 64-bit parameter for every protocol.
      return {
        encode: (value) => (dialect.name === "sqlite" ? (value as bigint) : String(value)),
        decode: (column) => BigInt(column as string | number | bigint),
      };
    case "boolean":
      return { encode: (value) => (value === true ? 1 : 0), decode: (column) => Number(column) === 1 };
    case "instant":
      return { encode: (value) => instantText(value as number, shape.fraction), decode: decodeInstant };
    case "binary":
      return { encode: (value) => asBuffer(value as Uint8Array), decode: (column) => new Uint8Array(column as Buffer) };
    case "json":
      return {
        encode: (value) => (value as JsonText).text,
        decode: (column) => new JsonText(jsonText(column)),
      };
  }
}

/** SQLite keeps a document that is a number as one where the column is declared JSON: whole ones are bigints to the driver. */
function jsonText(column: unknown): string {
  if (typeof column === "string") return column;
  return typeof column === "bigint" ? String(column) : JSON.stringify(column);
}

/** `2026-01-31 12:00:00.250`, UTC, with as many digits as the column keeps: nothing is left for the server to round. */
function instantText(time: number, fraction: 0 | 3): string {
  return new Date(time)
    .toISOString()
    .slice(0, fraction === 0 ? 19 : 23)
    .replace("T", " ");
}

function decodeInstant(column: unknown): number {
  return column instanceof Date ? column.getTime() : Date.parse(`${(column as string).replace(" ", "T")}Z`);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
