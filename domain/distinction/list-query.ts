import {
  anArray,
  aPlainObject,
  arrayOf,
  aWholeNumberFrom,
  oneAmong,
  optionFaults,
  requireOptions,
  rule,
  someText,
  type Rule,
  type Rules,
} from "./arguments.js";
import type { AttributeType, ValueOf } from "./types/attribute-type.js";
import type { Comparisons, Condition, Operator } from "./merge/condition.js";
import { scopeFaults } from "./save/check-scope.js";
import { InvalidValueError, type Fault } from "./errors.js";
import type { ListView } from "./record/list-view.js";
import { recordId, type RecordId } from "./record/record-id.js";
import type { EntryScope } from "./record/record-state.js";
import { typeName } from "./types/type-name.js";
import {
  keyNames,
  type AnyRecordType,
  type Attributes,
  type IdOf,
  type ShapedRecordType,
} from "./types/record-type.js";

/**
 * Which records to list, in which order, and where to go on. In tables of own record types text is compared and sorted by
 * code point. Over an entity of TypeORM it is as the column's collation has it: under MySQL's default ones, `eq: "abc"`
 * finds `ABC`.
 */
export interface ListQuery<R extends AnyRecordType> {
  /** Conditions that all hold: `{ name: { eq: "x" }, minRam: { gte: 1, lt: 8 } }`, or several such. */
  readonly where?: ConditionsOf<R> | readonly ConditionsOf<R>[];
  /**
   * Attributes to sort by, the first one first; `null` comes first, and last in descending
   * order. Records that are equal in all of them come in the order of their keys.
   */
  readonly sort?: readonly { readonly by: NameOf<R>; readonly order?: "asc" | "desc" }[];
  /** Most records to answer: 25 by default, at most 1,000. */
  readonly limit?: number;
  /** The id of the last record already seen; the list goes on behind it, at the place where that record is now. */
  readonly after?: IdOf<R> | undefined;
  /** Which entries to load, as in `get`; of an entity all of its children are. */
  readonly scope?: EntryScope;
}

/** Some records of a list. */
export interface ListPage<T, I> {
  readonly records: readonly T[];
  /** What to give as `after` for those that follow; `undefined` where none did. */
  readonly next: I | undefined;
}

/** Comparisons by attribute; all hold. */
export type ConditionsOf<R extends AnyRecordType> =
  R extends ShapedRecordType<infer _T>
    ? Readonly<Record<string, Comparisons<unknown>>>
    : { readonly [N in keyof R["attributes"]]?: Comparisons<ValueOf<R["attributes"][N]>> };

type NameOf<R extends AnyRecordType> = keyof R["attributes"] & string;

export interface SortKey {
  readonly attribute: string;
  readonly descending: boolean;
}

/** A checked `ListQuery`. */
export interface StoreQuery {
  readonly conditions: readonly Condition[];
  /** Ends with the attributes of the key, so that no two records are equal. */
  readonly sort: readonly SortKey[];
  readonly limit: number;
  readonly after: RecordId | undefined;
  readonly scope: EntryScope | undefined;
  /** What may be listed at all; everything where nothing is said. */
  readonly view?: ListView;
}

const DEFAULT_LIMIT = 25;
const MOST_RECORDS = 1_000;
/** SQLite takes 32,766 parameters in one statement. */
const MOST_VALUES = 30_000;
const OPERATORS: readonly string[] = ["eq", "neq", "gt", "gte", "lt", "lte", "in"] satisfies Operator[];

/** Servers look at the first 1,024 bytes only when they sort (`max_sort_length`); a page must not begin inside a tie. */
const LONGEST_SORTED_TEXT = 255;
/** What every backend compares exactly. */
const MOST_ORDERED_DIGITS = 18;

const SORT_KEY: Rules = { by: someText, order: oneAmong("asc", "desc") };

const QUERY: Rules<keyof ListQuery<AnyRecordType>> = {
  where: (given) => (typeName(given) === "an array" ? eachFault(given, aPlainObject) : aPlainObject(given)),
  sort: (given) => eachFault(given, sortKeyFault),
  limit: aWholeNumberFrom(1, MOST_RECORDS),
  after: () => undefined, // an id: see `recordId`
  scope: () => undefined, // see `scopeFaults`
};

const someValues = arrayOf("a list of values");
const someComparisons = rule("comparisons such as { eq: … }", (given) => aPlainObject(given) === undefined);

function eachFault(given: unknown, check: Rule): string | undefined {
  return anArray(given) ?? (given as readonly unknown[]).map(check).find(Boolean);
}

function sortKeyFault(key: unknown): string | undefined {
  const [fault] = optionFaults(SORT_KEY, key, "{ by, order }");
  if (fault !== undefined) return `${fault.path}: ${fault.reason}`;
  return (key as { readonly by?: unknown }).by === undefined ? "by: a name is needed" : undefined;
}

/**
 * The query as stores take it.
 *
 * @throws InvalidValueError listing unknown attributes and operators, and values that are none of their attribute: a
 * server would compare a number with text as numbers, and find every text that is none.
 */
export function storeQuery<R extends AnyRecordType>(type: R, query: ListQuery<R>): StoreQuery {
  requireOptions(type.name, QUERY, query, "query");
  const faults: Fault[] = [];
  const given = (Array.isArray(query.where) ? query.where : [query.where ?? {}]) as readonly Record<string, unknown>[];
  const conditions = given
    .flatMap((one) => Object.entries(one))
    .flatMap(([name, comparisons]) => conditionsOn(type, name, comparisons, faults));
  const values = conditions.reduce((sum, condition) => sum + condition.values.length, 0);
  if (values > MOST_VALUES) faults.push({ path: "where", reason: `at most ${MOST_VALUES} values, got ${values}` });
  const sort = sortKeys(type, query.sort ?? [], faults);
  const limit = query.limit ?? DEFAULT_LIMIT;
  faults.push(...scopeFaults(type, query.scope));
  if (faults.length > 0) throw new InvalidValueError(type.name, faults);
  const after = query.after === undefined ? undefined : recordId(type, query.after);
  return { conditions, sort, limit, after, scope: query.scope };
}

function conditionsOn(type: AnyRecordType, name: string, comparisons: unknown, faults: Fault[]): Condition[] {
  const attribute = attributeOf(type, name, faults);
  if (attribute === undefined || comparisons === undefined) return [];
  const reason = someComparisons(comparisons);
  if (reason !== undefined) {
    faults.push({ path: name, reason });
    return [];
  }
  const conditions: Condition[] = [];
  for (const [operator, given] of Object.entries(comparisons as Record<string, unknown>)) {
    const unfit = conditionFault(attribute, operator, given);
    if (unfit !== undefined) faults.push({ path: `${name}.${operator}`, reason: unfit });
    else {
      const values = operator === "in" ? (given as readonly unknown[]) : [given];
      const captured = values.map((value) => (value === null ? null : attribute.capture(value)));
      conditions.push({ attribute: name, operator: operator as Operator, values: captured });
    }
  }
  return conditions;
}

function conditionFault(attribute: AttributeType, operator: string, given: unknown): string | undefined {
  if (!OPERATORS.includes(operator)) return `one of ${OPERATORS.join(", ")} is needed here`;
  if (attribute.shape.kind === "json") return "JSON cannot be compared";
  if (operator === "in") {
    const reason = someValues(given);
    if (reason !== undefined) return reason;
  }
  if (!["eq", "neq", "in"].includes(operator)) {
    if (given === null) return "null has no order";
    const reason = orderFault(attribute);
    if (reason !== undefined) return reason;
  }
  const values = operator === "in" ? (given as readonly unknown[]) : [given];
  for (const value of values) {
    const reason = value === undefined ? "a value, got undefined" : attribute.fault(value);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function orderFault({ shape }: AttributeType): string | undefined {
  if (shape.kind === "binary" || shape.kind === "json") return `${shape.kind} values have no order`;
  if (shape.kind === "decimal" && shape.precision > MOST_ORDERED_DIGITS) {
    return `decimals of more than ${MOST_ORDERED_DIGITS} digits cannot be ordered`;
  }
  return undefined;
}

function sortKeys(
  type: AnyRecordType,
  given: readonly { readonly by: string; readonly order?: string }[],
  faults: Fault[],
): SortKey[] {
  const keys: SortKey[] = [];
  for (const { by, order = "asc" } of given) {
    const attribute = attributeOf(type, by, faults);
    if (attribute === undefined) continue;
    const { shape } = attribute;
    const reason =
      orderFault(attribute) ??
      (shape.kind === "text" && shape.max > LONGEST_SORTED_TEXT && !keyNames(type).includes(by)
        ? `text of more than ${LONGEST_SORTED_TEXT} characters, or a value behind a transformer, cannot be sorted by`
        : keys.some((key) => key.attribute === by)
          ? "is named twice in sort"
          : undefined);
    if (reason === undefined) keys.push({ attribute: by, descending: order === "desc" });
    else faults.push({ path: by, reason });
  }
  for (const name of keyNames(type)) {
    if (!keys.some(({ attribute }) => attribute === name)) keys.push({ attribute: name, descending: false });
  }
  return keys;
}

function attributeOf(type: AnyRecordType, name: string, faults: Fault[]): AttributeType | undefined {
  const attributes = type.attributes as Attributes;
  if (Object.hasOwn(attributes, name)) return attributes[name];
  faults.push({ path: name, reason: `unknown attribute of ${type.name}` });
  return undefined;
}
