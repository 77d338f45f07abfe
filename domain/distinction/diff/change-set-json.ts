import { requireArguments, rule } from "../arguments.js";
import type { Change } from "./change.js";
import { aChangeSet, changeSet, type ChangeSet } from "./change-set.js";
import type { JsonPath } from "../json/json-path.js";
import { InvalidValueError, type Fault } from "../errors.js";
import { JsonText } from "../json/json-text.js";
import type { JsonValue } from "../json/json-value.js";
import { maskedChangeSet } from "./masked-changes.js";
import { aRecordType } from "../types/record-definition.js";
import { idText, type RecordId } from "../record/record-id.js";
import { dateMilliseconds } from "../types/date-milliseconds.js";
import type { AnyRecordType } from "../types/record-type.js";
import { describeValue, typeName } from "../types/type-name.js";
import { shownPath } from "./shown-path.js";

/**
 * A change set as JSON text that `changeSetFromJson` reads back with every value's type. Values of attributes and fields
 * marked secret, and such keys, are replaced by `"[secret]"`: the text is for keeping and passing on.
 *
 * @throws InvalidValueError naming each change that holds a `Date` without a time
 */
export function changeSetToJson(type: AnyRecordType, changeSet: ChangeSet): string {
  requireArguments("change set", { type: [type, aRecordType], changeSet: [changeSet, aChangeSet] });
  const { record, id, base, changes } = maskedChangeSet(type, changeSet);
  const faults: Fault[] = [];
  const encodedChanges = changes.map((change) =>
    encodeChange(change, (reason) => void faults.push({ path: shownPath(type, change), reason })),
  );
  const encodedId = id.map((part) => encode(part, (reason) => void faults.push({ path: "id", reason })));
  if (faults.length > 0) throw new InvalidValueError(record, faults, idText(id));
  return JSON.stringify({ record, id: encodedId, base, changes: encodedChanges });
}

/** @throws InvalidValueError where the text is none that `changeSetToJson` wrote */
export function changeSetFromJson(text: string): ChangeSet {
  const parsed = parsedJson(text);
  requireArguments("change set", { text: [parsed, aWrittenChangeSet] });
  const { record, id, base, changes } = parsed as EncodedChangeSet;
  try {
    return changeSet(record, id.map(decode) as RecordId, base, changes.map(decodeChange));
  } catch (error) {
    throw error instanceof InvalidValueError ? error : unreadable("JSON as changeSetToJson writes it");
  }
}

function unreadable(reason: string): InvalidValueError {
  return new InvalidValueError("change set", [{ path: "text", reason }]);
}

type Encoded = JsonValue;

interface EncodedChangeSet {
  readonly record: string;
  readonly id: readonly Encoded[];
  readonly base: number;
  readonly changes: readonly EncodedChange[];
}

const aWrittenChangeSet = rule("JSON as changeSetToJson writes it", (parsed) => {
  return aChangeSet(parsed) === undefined;
});

/** Without the parser's message, which quotes the text. */
function parsedJson(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}

interface EncodedChange {
  readonly kind: Change["kind"];
  readonly attribute?: string;
  readonly collection?: string;
  readonly path?: JsonPath;
  readonly key?: string;
  readonly from?: Encoded;
  readonly to?: Encoded;
}

/** Told why a value is none that can be kept. */
type Refuse = (reason: string) => void;

function encodeChange(change: Change, refuse: Refuse): EncodedChange {
  // Inside JSON, values are JSON as they are; so are the keys of a list.
  const isJson = change.kind === "json.set" || change.kind === "list.order";
  return { ...place(change), ...sides(change, isJson ? asIs : (value) => encode(value, refuse)) };
}

function decodeChange(encoded: EncodedChange): Change {
  if (encoded.kind === "list.order") {
    const [from, to] = [encoded.from, encoded.to].map((keys) => Object.freeze(keys as string[]));
    return { ...encoded, from, to } as Change;
  }
  const read = encoded.kind === "json.set" ? asIs : decode;
  const from = encoded.from === undefined ? undefined : read(encoded.from);
  if (encoded.kind === "entry.drop") return { ...encoded, from } as Change;
  return { ...encoded, from, to: encoded.to === undefined ? undefined : read(encoded.to) } as Change;
}

function place(change: Change): Omit<EncodedChange, "from" | "to"> {
  switch (change.kind) {
    case "attribute.set":
      return { kind: change.kind, attribute: change.attribute };
    case "json.set":
      return { kind: change.kind, attribute: change.attribute, path: change.path };
    case "entry.put":
    case "entry.drop":
      return { kind: change.kind, collection: change.collection, key: change.key };
    case "list.order":
      return { kind: change.kind, collection: change.collection };
  }
}

/** `undefined` ("was not there") is a side left out. */
function sides(change: Change, write: (value: unknown) => Encoded): { from?: Encoded; to?: Encoded } {
  const from = change.from === undefined ? {} : { from: write(change.from) };
  return "to" in change && change.to !== undefined ? { ...from, to: write(change.to) } : from;
}

const asIs = (value: unknown): Encoded => value as JsonValue;

/** Values that JSON has no word for are objects with one member that begins with `$`. */
function encode(value: unknown, refuse: Refuse): Encoded {
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (value instanceof JsonText) return { $json: value.text };
  if (value instanceof Uint8Array) return { $binary: Array.from(value, hexOf).join("") };
  if (value instanceof Date) return { $date: timeOf(value, refuse) };
  if (hasJson(value)) return encode(value.toJSON(), refuse);
  // A time that is none, such as 0000-00-00, is not a number in states.
  if (Object.is(value, -0) || Number.isNaN(value)) return { $number: Object.is(value, -0) ? "-0" : "NaN" };
  if (typeof value !== "object" || value === null) return value as JsonValue;
  // As pairs: a field may be named like anything.
  return { $fields: Object.entries(value).map(([name, field]) => [name, encode(field, refuse)]) };
}

/** No method of the caller's `Date` is called, and one without a time would be read back as 1970. */
function timeOf(date: Date, refuse: Refuse): number {
  const time = dateMilliseconds(date);
  if (time === undefined || Number.isNaN(time)) refuse(`a valid Date, got ${describeValue(date)}`);
  return time ?? 0;
}

/** A value of an adapter's own, which says what stands for it. */
function hasJson(value: unknown): value is { toJSON(): unknown } {
  return typeof value === "object" && value !== null && typeof (value as { toJSON?: unknown }).toJSON === "function";
}

/** What the content of each kind looks like, where the reading would not notice. */
const FORMS: Readonly<Record<string, (content: JsonValue) => boolean>> = {
  $bigint: (content) => typeof content === "string" && /^-?\d+$/.test(content),
  $json: (content) => typeof content === "string",
  $binary: (content) => typeof content === "string" && content.length % 2 === 0 && !/[^\da-f]/.test(content),
  $date: (content) => typeof content === "number",
  $number: (content) => content === "-0" || content === "NaN",
};

function decode(encoded: Encoded): unknown {
  if (typeof encoded !== "object" || encoded === null || Array.isArray(encoded)) return encoded;
  const [tag, content] = Object.entries(encoded)[0] ?? ["nothing", null];
  if (FORMS[tag]?.(content) === false) throw unreadable(`no value of the kind ${tag}: ${typeName(content)}`);
  switch (tag) {
    case "$bigint":
      return BigInt(content as string);
    case "$json":
      return new JsonText(content as string);
    case "$binary":
      return Uint8Array.from((content as string).match(/../g) ?? [], (digits) => parseInt(digits, 16));
    case "$date":
      return new Date(content as number);
    case "$number":
      return Number(content);
    case "$fields": {
      const fields = content as [string, Encoded][];
      return Object.freeze(Object.fromEntries(fields.map(([name, field]) => [name, decode(field)])));
    }
    default:
      throw unreadable(`unknown kind of value: ${tag}`);
  }
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
