import { aPlainObject, rule } from "../arguments.js";
import { anAttributeType } from "./attribute-rules.js";
import { isAttributeType, type AttributeType, type ValueOf } from "./attribute-type.js";
import { typeName } from "./type-name.js";
import { requireParameters } from "./type-parameters.js";
import { isUntouched } from "../record/untouched.js";

/** The value stored under one key of a collection: a single value, or a few named fields. */
export interface EntryType<T = unknown> {
  /** The columns of an entry beside its key. A single value is the field `value`; a set has none. */
  readonly fields: Readonly<Record<string, AttributeType>>;
  /** The type of an entry that is a single value, no object of fields. */
  readonly single?: AttributeType<T>;
  /** @param stored the captured entry in its place, if any: of a field that shows it still, no rule is asked */
  fault(value: unknown, stored?: unknown): string | undefined;
  /** @param stored likewise: such a field stays as it is stored */
  capture(value: unknown, stored?: unknown): unknown;
  expose(value: unknown): T;
  same(left: unknown, right: unknown): boolean;
  /** A captured entry as the values of its fields, in their order. */
  split(value: unknown): readonly unknown[];
  /** The captured entry that has these field values. */
  join(values: readonly unknown[]): unknown;
}

export type CollectionKind = "map" | "set" | "list";

/** Child rows of a record, addressed by a text key: a map from key to entry, a set of keys, or a map in an order. */
export interface CollectionType<T = unknown, K extends CollectionKind = CollectionKind> {
  readonly kind: K;
  readonly key: AttributeType<string>;
  readonly entry: EntryType<T>;
  /** What callers hold instead, where that is an array of their own: `an array of Label`. */
  readonly heldAs?: string;
  /** Of a key that only stands for one that is missing or unfit: which entry that is, and why. */
  readonly keyless?: (key: string) => { readonly place: string; readonly reason: string } | undefined;
}

type Fields = Readonly<Record<string, AttributeType>>;
type FieldValues<F extends Fields> = { -readonly [N in keyof F]: ValueOf<F[N]> };

/** A map from keys to single values: `properties: entries(text(255), text(65535))`. */
export function entries<T>(key: AttributeType<string>, value: AttributeType<T>): CollectionType<T, "map">;
/** A map from keys to entries of several fields: `targets: entries(text(1024), { length: integer(0), … })`. */
export function entries<F extends Fields>(key: AttributeType<string>, fields: F): CollectionType<FieldValues<F>, "map">;
export function entries(key: AttributeType<string>, content: AttributeType | Fields): CollectionType<unknown, "map"> {
  requireParts("entries", key, content);
  return { kind: "map", key, entry: entryOf(content) };
}

/**
 * Entries in an order that callers decide, keyed all the same: `locations: listOf(text(36), { url: text(2_000) })`. Who
 * reorders and who appends do not conflict; two who reorder differently do. The order is kept in a column of its own.
 */
export function listOf<T>(key: AttributeType<string>, value: AttributeType<T>): CollectionType<T, "list">;
export function listOf<F extends Fields>(key: AttributeType<string>, fields: F): CollectionType<FieldValues<F>, "list">;
export function listOf(key: AttributeType<string>, content: AttributeType | Fields): CollectionType<unknown, "list"> {
  requireParts("listOf", key, content);
  return { kind: "list", key, entry: entryOf(content) };
}

/** A set of keys: additions and removals are idempotent and never conflict. */
export function setOf(key: AttributeType<string>): CollectionType<true, "set"> {
  requireParts("setOf", key, {});
  return { kind: "set", key, entry: membership };
}

/** A key is text to everybody; an entry is one attribute type, or one for each field. */
function requireParts(what: string, key: unknown, content: unknown): void {
  requireParameters(what, { key: [key, aTextType], content: [content, someContent] });
}

const aTextType = rule("an attribute type of text, such as text(255)", (type) => {
  return isAttributeType(type) && ["text", "enum"].includes(type.shape.kind);
});

function someContent(content: unknown): string | undefined {
  if (isAttributeType(content)) return undefined;
  const reason = aPlainObject(content);
  if (reason !== undefined) return `an attribute type, or ${reason}`;
  const odd = Object.entries(content as Fields).find(([, type]) => !isAttributeType(type));
  return odd === undefined ? undefined : `${odd[0]}: ${anAttributeType(odd[1])}`;
}

function entryOf(content: AttributeType | Fields): EntryType {
  return isAttributeType(content) ? entryOfValue(content) : entryOfFields(content);
}

const membership: EntryType<true> = {
  fields: {},
  fault: () => undefined,
  capture: () => true,
  expose: () => true,
  same: () => true,
  split: () => [],
  join: () => true,
};

function entryOfValue<T>(type: AttributeType<T>): EntryType<T> {
  return {
    fields: { value: type },
    single: type,
    fault: (value) => valueFault(type, value),
    capture: (value) => type.capture(value),
    expose: (value) => type.expose(value),
    same: (left, right) => type.same(left, right),
    split: (value) => [value],
    join: ([value]) => value,
  };
}

type CapturedFields = Readonly<Record<string, unknown>>;

function entryOfFields(fields: Fields): EntryType<CapturedFields> {
  const types = Object.entries(fields);
  return {
    fields,
    fault: (value, stored) => {
      if (typeof value !== "object" || value === null) return `an object of fields, got ${typeName(value)}`;
      if (!isReadable(value, fields)) return `an object of fields, got ${typeName(value)} that throws when it is read`;
      const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
      if (unknown !== undefined) return `only the fields ${Object.keys(fields).join(", ")}, got ${unknown}`;
      for (const [name, type] of types) {
        const given = (value as CapturedFields)[name];
        if (isShown(type, stored, name, given)) continue;
        const fault = valueFault(type, given);
        if (fault !== undefined) return `${name}: ${fault}`;
      }
      return undefined;
    },
    capture: (value, stored) =>
      Object.freeze(
        mapFields(types, (name, type) => {
          const given = (value as CapturedFields)[name];
          return isShown(type, stored, name, given) ? (stored as CapturedFields)[name] : type.capture(given);
        }),
      ),
    expose: (value) => mapFields(types, (name, type) => type.expose((value as CapturedFields)[name])),
    same: (left, right) =>
      types.every(([name, type]) => type.same((left as CapturedFields)[name], (right as CapturedFields)[name])),
    split: (value) => types.map(([name]) => (value as CapturedFields)[name]),
    join: (values) => Object.freeze(Object.fromEntries(types.map(([name], index) => [name, values[index]]))),
  };
}

/** Whether nothing throws that `fault` and `capture` look at. */
function isReadable(value: object, fields: Fields): boolean {
  try {
    Object.keys(value);
    for (const name in fields) void (value as CapturedFields)[name];
    return true;
  } catch {
    return false;
  }
}

/** Whether a field is as it was shown for the `stored` entry, whatever the rules say of it; see `isUntouched`. */
function isShown(type: AttributeType, stored: unknown, name: string, given: unknown): boolean {
  return stored !== undefined && given !== undefined && isUntouched(type, (stored as CapturedFields)[name], given);
}

function valueFault(type: AttributeType, value: unknown): string | undefined {
  return type.fault(value) ?? type.excess?.(type.capture(value));
}

function mapFields(
  types: readonly (readonly [string, AttributeType])[],
  value: (name: string, type: AttributeType) => unknown,
): CapturedFields {
  return Object.fromEntries(types.map(([name, type]) => [name, value(name, type)]));
}
