import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js";
import { secret } from "../../../domain/distinction/types/attribute-rules.js";
import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { binary } from "../../../domain/distinction/types/binary-type.js";
import { json } from "../../../domain/distinction/types/json-type.js";
import { boolean, integer } from "../../../domain/distinction/types/number-types.js";
import { text } from "../../../domain/distinction/types/text-types.js";
import { columnDefault } from "./entity-default.js";
import { nullableValue, plainValue, type ColumnValue } from "../records/column-value.js";
import type { Dialect } from "../connection/dialect.js";
import { instantValue, type TimeZone } from "./entity-instant.js";
import { bigintValue, decimalValue, floatValue, looseDecimalValue, type FloatColumn } from "./entity-number.js";
import { ipv4Text, ipv6Text, jsonOfBytes, textOfBytes, unpadded, uuidText } from "./entity-text.js";
import { dateValue, timeValue } from "./entity-time.js";
import { enumValue, wordListValue } from "./entity-word.js";
import { transformedValue } from "./transformed-value.js";

/** Where entities are stored, as far as their values depend on it. */
export interface EntityPlace {
  readonly dialect: Dialect;
  readonly zone: TimeZone;
}

/** What an entity's column holds: its type, nullability, default and transformers; a reason where no attribute can be made of it. */
export function columnValue(
  column: ColumnMetadata,
  place: EntityPlace,
  options: { readonly secret: boolean } = { secret: false },
): ColumnValue | { readonly refused: string } {
  if (column.isArray) return { refused: "array columns have no form in this database" };
  const stored = storedValue(column, place);
  if ("refused" in stored) return stored;
  const initial = columnDefault(column, stored.type);
  const given = initial === undefined ? stored : { ...stored, type: { ...stored.type, initial } };
  const whole = column.isNullable ? nullableValue(given) : given;
  const value = column.transformer === undefined ? whole : transformedValue(whole, column.transformer);
  const type: AttributeType = column.isUpdate ? value.type : { ...value.type, fixed: true };
  return { codec: value.codec, type: options.secret ? secret(type) : type };
}

function jsonValue(dialect: Dialect): ColumnValue {
  const { type, codec } = plainValue(json(), dialect);
  return { type, codec: { ...codec, isJson: true } };
}

function storedValue(column: ColumnMetadata, place: EntityPlace): ColumnValue | { readonly refused: string } {
  const { dialect } = place;
  switch (column.type) {
    case "simple-array":
      return wordListValue(TEXT_LIMITS.text!);
    case "set":
      return wordListValue(TEXT_LIMITS.text!, (column.enum ?? []).map(String));
    case "simple-enum":
    case "enum":
      return enumValue(column.enum ?? []);
    case "json":
      return jsonValue(dialect);
    case "simple-json":
      // A server's TEXT is no JSON to it: it may hold a member twice, and ends somewhere.
      return dialect.name === "sqlite" ? jsonValue(dialect) : plainValue(jsonOfBytes(TEXT_LIMITS.text!), dialect);
    case Boolean:
    case "bool":
    case "boolean":
      return plainValue(boolean(), dialect);
    default:
      return dialect.name === "sqlite" ? fileValue(column, place) : serverValue(column, place);
  }
}

/** Bytes. */
const TEXT_LIMITS: Readonly<Record<string, number>> = {
  tinytext: 255,
  text: 65_535,
  mediumtext: 2 ** 24 - 1,
  longtext: 2 ** 30,
  tinyblob: 255,
  blob: 65_535,
  mediumblob: 2 ** 24 - 1,
  longblob: 2 ** 30,
};
const INTEGER_BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32 };
/** `1970-01-01 00:00:01` to `2038-01-19 03:14:07`. */
const TIMESTAMP_LIMITS = [1000, 2 ** 31 * 1000 - 1] as const;

function serverValue(
  column: ColumnMetadata,
  { dialect, zone }: EntityPlace,
): ColumnValue | { readonly refused: string } {
  const { driver } = column.entityMetadata.dataSource;
  const type = driver.normalizeType(column);
  const bits = INTEGER_BITS[type];
  if (bits !== undefined) {
    const span = 2 ** bits;
    const [min, max] = column.unsigned ? [0, span - 1] : [-span / 2, span / 2 - 1];
    return plainValue(integer(min, max), dialect);
  }
  switch (type) {
    case "varchar":
      return plainValue(text(Number(driver.getColumnLength(column) || 255)), dialect);
    case "char":
      return plainValue(unpadded(text(Number(column.length || 1))), dialect);
    case "uuid":
      return plainValue(uuidText(), dialect);
    case "inet4":
      return plainValue(ipv4Text(), dialect);
    case "inet6":
      return plainValue(ipv6Text(), dialect);
    case "tinytext":
    case "text":
    case "mediumtext":
    case "longtext":
      return plainValue(textOfBytes(TEXT_LIMITS[type]!), dialect);
    case "bigint":
      return bigintValue(false, column.unsigned);
    case "year":
      return plainValue(integer(1901, 2155), dialect);
    case "decimal":
      return decimalValue(column.precision ?? 10, column.scale ?? 0, column.unsigned);
    case "float":
      return floatValue({ ...floatColumn(column), single: !((column.precision ?? 0) > 24) });
    case "double":
      return floatValue({ ...floatColumn(column), single: false });
    case "date":
      return dateValue(column.utc);
    case "time":
      return timeValue(column.precision ?? 0);
    case "datetime":
      return instantValue(zone, column.precision ?? 0);
    case "timestamp":
      return timestampValue(zone, column.precision ?? 0);
    case "varbinary":
      return plainValue(bytes(Number(column.length || 255)), dialect);
    case "tinyblob":
    case "blob":
    case "mediumblob":
    case "longblob":
      return plainValue(bytes(TEXT_LIMITS[type]!), dialect);
    default:
      return { refused: `columns of type ${type} cannot be compared` };
  }
}

function timestampValue(zone: TimeZone, digits: number): ColumnValue {
  const { type, codec } = instantValue(zone, digits, TIMESTAMP_LIMITS);
  return { type, codec: { ...codec, isTimestamp: true } };
}

function floatColumn({ unsigned, precision, scale }: ColumnMetadata): Omit<FloatColumn, "single"> {
  const isGiven = typeof precision === "number" && typeof scale === "number";
  return { unsigned, digits: isGiven ? [precision, scale] : undefined };
}

/** SQLite keeps what it is given, whatever the column's length. */
function fileValue(column: ColumnMetadata, { dialect }: EntityPlace): ColumnValue | { readonly refused: string } {
  const type = normalized(column);
  if (/^(tinyint|smallint|mediumint|integer|int2)$/.test(type)) return plainValue(integer(), dialect);
  if (/^(bigint|int8|unsigned big int)$/.test(type)) return bigintValue(true, false);
  if (/^(varchar|varying character|character|char|nchar|native character|nvarchar|text|clob)$/.test(type)) {
    return plainValue(text(Number(column.length || 2 ** 30)), dialect);
  }
  if (/^(real|double|double precision|float)$/.test(type)) return floatValue();
  if (/^(decimal|numeric)$/.test(type)) return looseDecimalValue();
  if (type === "date") return dateValue(column.utc);
  if (type === "time") return timeValue(undefined);
  if (type === "datetime") return instantValue("Z", 3);
  if (type === "blob") return plainValue(bytes(2 ** 30), dialect);
  return { refused: `columns of type ${type} cannot be compared` };
}

function normalized(column: ColumnMetadata): string {
  return column.entityMetadata.dataSource.driver.normalizeType(column);
}

/** A `Buffer`, as TypeORM gives it. */
function bytes(max: number): AttributeType<Buffer> {
  const base = binary(max);
  return { ...base, initial: undefined, expose: (captured) => Buffer.from(captured as Uint8Array) };
}
