import type { AttributeType, ValueOf } from "./attribute-type.js";
import type { CollectionType } from "./collection-type.js";
import type { Change } from "../diff/change.js";
import { DistinctionError, type Fault } from "../errors.js";
import type { GuardRule } from "../merge/guard.js";
import type { OrderedEntries } from "../record/ordered-entries.js";
import { policyFault } from "./policy-fault.js";
import { POLICY_NAMES, type PolicyName } from "./policy-name.js";
import type { Policy } from "../merge/policy.js";
import { requireDefinition } from "./record-definition.js";
import type { RecordShape } from "./record-shape.js";
import type { RecordState } from "../record/record-state.js";

export type Attributes = Readonly<Record<string, AttributeType>>;
export type Collections = Readonly<Record<string, CollectionType>>;

/** The name of the key attribute, or the names of several for a composite key. */
export type KeyOf<A extends Attributes> = (keyof A & string) | readonly (keyof A & string)[];

/** What a record of one kind consists of: the one description that diff, merge, checks and statements read. */
export interface RecordType<
  A extends Attributes = Attributes,
  C extends Collections = Collections,
  K extends KeyOf<A> = KeyOf<A>,
> {
  /** Noun for messages and tables, e.g. `image`. */
  readonly name: string;
  readonly key: K;
  readonly attributes: A;
  readonly collections: C;
  /** What an overlap on an attribute or collection does; `reject` where none is named. */
  readonly policies: Readonly<Partial<Record<string, Policy>>>;
  /** Attributes that conflict together: any foreign change in a group conflicts with mine in it. */
  readonly groups: readonly (readonly string[])[];
  /** An `instant` attribute that every effective write sets to the time of that write; callers cannot. */
  readonly stamp: (keyof A & string) | undefined;
  /**
   * Rules across attributes. Runs on what would be written, again after every merge; on a new record without `edit`. Looks
   * only, and answers at once: an attribute that it assigns is put back and refused, as a promise is. What it changes within
   * a value (a member of JSON, an entry) is not part of the write that it looks at: it is the caller's next edit.
   */
  readonly validate: ((record: RecordOf<RecordType<A, C, K>>, edit?: Edit) => readonly Fault[]) | undefined;
  /** What changes and removals take for granted about the stored record. */
  readonly guards: GuardRule | undefined;
  /** Where callers hold something else than plain objects of attributes and tracked collections. */
  readonly shape: RecordShape | undefined;
}

/** A record type whose records are objects of a caller's own kind. */
export type ShapedRecordType<T extends object> = AnyRecordType & { readonly shape: RecordShape<T> };

/** Any record type, for code that does not care which. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- variance: `validate` takes the record, everything else gives it
export type AnyRecordType = RecordType<any, any, any>;

/** How a record became what it is: captured changes of the state that it had before. */
export interface Edit {
  readonly before: RecordState;
  readonly changes: readonly Change[];
}

type AttributesOf<R extends AnyRecordType> = R["attributes"];
type CollectionsOf<R extends AnyRecordType> = R["collections"];
type KeyNames<R extends AnyRecordType> = R["key"] extends readonly (infer N)[] ? N : R["key"];
type CollectionValue<T> =
  T extends CollectionType<infer E, infer K>
    ? { set: Set<string>; map: Map<string, E>; list: OrderedEntries<E> }[K]
    : never;

/** The object that callers read and change. */
export type RecordOf<R extends AnyRecordType> = R extends ShapedRecordType<infer T> ? T : PlainRecordOf<R>;

/** Attributes as properties, collections as maps and sets. */
type PlainRecordOf<R extends AnyRecordType> = {
  -readonly [N in Exclude<keyof AttributesOf<R>, KeyNames<R>>]: ValueOf<AttributesOf<R>[N]>;
} & {
  readonly [N in keyof AttributesOf<R> & KeyNames<R>]: ValueOf<AttributesOf<R>[N]>;
} & {
  -readonly [N in keyof CollectionsOf<R>]: CollectionValue<CollectionsOf<R>[N]>;
};

/** What a new record is made from; attributes left out get their initial value. */
export type NewRecordOf<R extends AnyRecordType> =
  R extends ShapedRecordType<infer T> ? PartOf<T> : PlainNewRecordOf<R>;

/** Some properties of an object, and of the objects within it. */
export type PartOf<T> = T extends Date | Uint8Array | readonly unknown[]
  ? T
  : { readonly [N in keyof T]?: PartOf<T[N]> };

type PlainNewRecordOf<R extends AnyRecordType> = {
  readonly [N in keyof AttributesOf<R>]?: ValueOf<AttributesOf<R>[N]>;
} & {
  readonly [N in keyof CollectionsOf<R>]?: CollectionValue<CollectionsOf<R>[N]> extends Set<string>
    ? Iterable<string>
    : CollectionValue<CollectionsOf<R>[N]> extends Map<string, infer E>
      ? Iterable<readonly [string, E]>
      : never;
};

/** How a record is named to the repository: its key value, or an object of the key's attributes. */
export type IdOf<R extends AnyRecordType> =
  R extends ShapedRecordType<infer T> ? string | number | bigint | Partial<T> : PlainIdOf<R>;

type PlainIdOf<R extends AnyRecordType> = R["key"] extends readonly string[]
  ? { readonly [N in R["key"][number]]: ValueOf<AttributesOf<R>[N]> }
  : ValueOf<AttributesOf<R>[R["key"] & string]>;

interface Definition<A extends Attributes, C extends Collections, K extends KeyOf<A>> {
  readonly name: string;
  readonly key: K;
  readonly attributes: A;
  readonly collections?: C;
  readonly policies?: Readonly<Partial<Record<(keyof A | keyof NoInfer<C>) & string, Policy>>>;
  readonly groups?: readonly (readonly (keyof A & string)[])[];
  readonly stamp?: keyof A & string;
  readonly validate?: (record: RecordOf<RecordType<A, C, K>>, edit?: Edit) => readonly Fault[];
  readonly guards?: GuardRule;
}

/**
 * Describes a kind of record.
 *
 * @throws DistinctionError `INVALID_RECORD_TYPE` where a name is taken twice, reserved, or unknown.
 */
export function recordType<
  const A extends Attributes,
  const K extends KeyOf<A>,
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- a record without collections
  const C extends Collections = {},
>(definition: Definition<A, C, K>): RecordType<A, C, K> {
  requireDefinition(definition);
  const type: RecordType<A, C, K> = {
    name: definition.name,
    key: definition.key,
    attributes: keyFixed(definition),
    collections: definition.collections ?? ({} as C),
    policies: { ...(definition.stamp && { [definition.stamp]: "max" as const }), ...definition.policies },
    groups: definition.groups ?? [],
    stamp: definition.stamp,
    validate: definition.validate,
    guards: definition.guards,
    shape: undefined,
  };
  const fault = definitionFault(type);
  if (fault !== undefined) throw new DistinctionError("INVALID_RECORD_TYPE", `record type ${type.name}: ${fault}`);
  return Object.freeze(type);
}

export function keyNames(type: AnyRecordType): readonly string[] {
  const key = type.key as string | readonly string[];
  return typeof key === "string" ? [key] : key;
}

function keyFixed<A extends Attributes, C extends Collections, K extends KeyOf<A>>({
  attributes,
  key,
}: Definition<A, C, K>): A {
  const names: readonly string[] = typeof key === "string" ? [key] : key;
  const fixed = names
    .filter((name) => Object.hasOwn(attributes, name))
    .map((name) => [name, { ...attributes[name], fixed: true }]);
  return { ...attributes, ...(Object.fromEntries(fixed) as Partial<A>) };
}

/** What every plain object has already cannot be told from an attribute; `version` belongs to the optimistic counter. */
const RESERVED = new Set([...Object.getOwnPropertyNames(Object.prototype), "prototype", "version", "then"]);

function definitionFault(type: AnyRecordType): string | undefined {
  const attributes = Object.keys(type.attributes as Attributes);
  const collections = Object.keys(type.collections as Collections);
  const known = new Set([...attributes, ...collections]);
  if (keyNames(type).length === 0) return "needs a key";
  const policies = Object.entries(type.policies as Readonly<Record<string, unknown>>);
  const odd = policies.find(
    ([, policy]) => typeof policy !== "function" && !(POLICY_NAMES as readonly unknown[]).includes(policy),
  );
  if (odd !== undefined) return `the policy of ${odd[0]} is none of ${POLICY_NAMES.join(", ")} and no function`;
  const unfit = policies.flatMap(([name, policy]) => policyFaultOf(type, name, policy));
  if (unfit.length > 0) return unfit.join("; ");
  if (known.size < attributes.length + collections.length) return "an attribute and a collection share a name";
  if (type.stamp !== undefined && (type.attributes as Attributes)[type.stamp]?.shape.kind !== "instant") {
    return "the stamp must be an instant attribute";
  }
  if (known.has("")) return "an attribute or a collection needs a name, got none";
  const reserved = [...known].find((name) => RESERVED.has(name));
  if (reserved !== undefined) return `${reserved} is a reserved name`;
  const keys = keyNames(type).map((name) => [name, keyFault((type.attributes as Attributes)[name])] as const);
  const [key] = keys.filter(([, reason]) => reason !== undefined);
  if (key !== undefined) return `the key ${key[0]} must not be ${key[1]}`;
  const pointless = keyNames(type).find((name) => Object.hasOwn(type.policies, name));
  if (pointless !== undefined) return `the key ${pointless} cannot have a policy: it never changes`;
  const shown = Object.entries(type.collections as Collections).find(
    ([, { kind, key }]) => kind === "list" && key.secret,
  );
  if (shown !== undefined)
    return `the keys of the list ${shown[0]} must not be secret: conflicts over its order show them`;
  const strangers = [...keyNames(type), ...Object.keys(type.policies), ...type.groups.flat()];
  const unknown = strangers.find((name) => !known.has(name));
  return unknown === undefined ? undefined : `${unknown} is named as key, policy or group but is no attribute`;
}

function policyFaultOf({ attributes, collections }: AnyRecordType, name: string, policy: unknown): string[] {
  const type =
    own<AttributeType>(attributes as Attributes, name) ?? own<CollectionType>(collections as Collections, name);
  if (type === undefined || typeof policy === "function") return [];
  const fault = policyFault(policy as PolicyName, type);
  return fault === undefined ? [] : [`the policy ${policy as string} of ${name} would never merge: ${fault}`];
}

function own<T>(members: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

/** What stands for a record in messages, maps and conditions has to be one plain value that anybody may see. */
function keyFault(attribute: AttributeType | undefined): string | undefined {
  if (attribute === undefined) return undefined;
  if (attribute.shape.kind === "json") return "JSON";
  if (attribute.nullable) return "nullable";
  return attribute.secret ? "secret: messages name records by it" : undefined;
}
