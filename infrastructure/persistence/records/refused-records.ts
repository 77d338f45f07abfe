import { InvalidValueError } from "../../../domain/distinction/errors.js";
import type { StoreQuery } from "../../../domain/distinction/list-query.js";
import { describeShape } from "../../../domain/distinction/types/attribute-rules.js";
import type { Attributes, Collections } from "../../../domain/distinction/types/record-type.js";
import { named } from "../../../domain/distinction/save/batch-errors.js";
import { idText, type RecordId } from "../../../domain/distinction/record/record-id.js";
import { isUncomparable, RefusedStatementError } from "../connection/server-error.js";
import type { RecordTable } from "./record-table.js";

/** `error`, which tells of the records that were to be written where the database refused them, and of which attribute. */
export function refused(error: unknown, table: RecordTable, records: readonly RecordId[]): unknown {
  if (error instanceof RefusedStatementError) {
    const subject = `${records.length > 1 ? "one of " : ""}${table.type.name} ${named(records.map(idText))}`;
    const place = error.column === undefined ? undefined : placeOf(table, error.column);
    error.concerning(place === undefined ? subject : `${subject}: ${place}`);
  }
  return error;
}

/**
 * `error`, or what tells of the filter of a list where the database cannot compare a text with its column. It does not say
 * which: all are named that it may be.
 */
export function unfilterable(error: unknown, { type }: RecordTable, { conditions }: StoreQuery): unknown {
  if (!isUncomparable(error)) return error;
  const reason = "text in characters of its column's character set, got string";
  const suspects = conditions
    .filter(({ values }) => values.some((value) => typeof value === "string" && !ASCII.test(value)))
    .map(({ attribute, operator }) => `${attribute}.${operator}`);
  const [path, ...others] = new Set(suspects);
  if (path === undefined) return error;
  const fault =
    others.length === 0
      ? { path, reason }
      : { path: "where", reason: `${reason} in at least one of these: ${[path, ...others].join(", ")}` };
  return new InvalidValueError(type.name, [fault]);
}

/** What every character set has. */
const ASCII = /^\p{ASCII}*$/u;

/** What is stored in a column, and what it was declared to hold, unless the column may be that of several tables. */
function placeOf({ type, columns, entryTables }: RecordTable, column: string): string | undefined {
  const attributes = type.attributes as Attributes;
  const collections = type.collections as Collections;
  const places = Object.keys(columns)
    .filter((name) => columns[name] === column)
    .map((name) => `${name}, declared as ${describeShape(attributes[name]!.shape)}`);
  for (const [collection, { columns: fields }] of Object.entries(entryTables)) {
    for (const name of Object.keys(fields).filter((field) => fields[field] === column)) {
      const { shape } = collections[collection]!.entry.fields[name]!;
      places.push(`${name} in ${collection}, declared as ${describeShape(shape)}`);
    }
  }
  return places.length === 1 ? places[0] : undefined;
}
