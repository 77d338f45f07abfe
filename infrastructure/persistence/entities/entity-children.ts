import type { TrackedMap } from "../../../domain/distinction/record/tracked-map.js";
import { describeValue, typeName } from "../../../domain/distinction/types/type-name.js";
import type { ChildPlan } from "./entity-plan.js";

type Entry = Record<string, unknown>;

/**
 * The children in an array as entries of a collection. A field that a child lacks is untouched, or has its initial value
 * in a new child.
 *
 * @param known the entries as they are known so far
 * @param attributeOfOwner what the children's foreign key must repeat, where they have it
 */
export function givenChildren(
  plan: ChildPlan,
  array: readonly unknown[],
  known: TrackedMap | undefined,
  attributeOfOwner: (name: string) => unknown,
): (readonly [key: string, entry: unknown])[] {
  const seen = new Set<string>();
  return array.map((child, index) => {
    if (typeof child !== "object" || child === null) return [keyless(index, `an object, got ${typeName(child)}`), {}];
    const key = plan.keyText(plan.key.read(child) ?? generatedKey(plan, child));
    if (typeof key !== "string") return [keyless(index, key.reason), {}];
    const elsewhere = foreignOwner(plan, child, attributeOfOwner);
    if (elsewhere !== undefined) return [keyless(index, elsewhere), {}];
    if (seen.has(key)) return [keyless(index, `only one child of the key ${JSON.stringify(key)}`), {}];
    seen.add(key);
    const before = known?.has(key) === true ? (known.get(key) as Entry) : undefined;
    return [key, entryOf(plan, child, before)];
  });
}

/** Why a child is another owner's: taking it over would leave it there as well. */
function foreignOwner(
  { owner, ownerObject }: ChildPlan,
  child: object,
  attributeOfOwner: (name: string) => unknown,
): string | undefined {
  const held = ownerObject && (child as Entry)[ownerObject.property];
  // TypeORM takes the owner's key in place of the owner, too.
  const isObject = typeof held === "object" && held !== null;
  const inObject = ownerObject?.keys.map((key) => [key, isObject ? key.property.read(held) : held] as const) ?? [];
  for (const [{ name, attribute }, given] of [
    ...owner.map((key) => [key, key.property.read(child)] as const),
    ...inObject,
  ]) {
    if (given === undefined || given === null || asText(given) === asText(attributeOfOwner(attribute))) continue;
    return `${name}: its owner's ${attribute} or nothing, got ${describeValue(given)}`;
  }
  return undefined;
}

/** A whole number as text: drivers give it as either. */
function asText(key: unknown): unknown {
  return typeof key === "number" || typeof key === "bigint" ? String(key) : key;
}

/** Set in the child at once, so that it is the same one whenever somebody looks. */
function generatedKey(plan: ChildPlan, child: object): unknown {
  const key = plan.newKey?.();
  if (key !== undefined) plan.key.write(child, key);
  return key;
}

/** With what is stored nowhere, for the entry's type to refuse. */
function entryOf({ fields, strangers }: ChildPlan, child: object, before: Entry | undefined): Entry {
  const entry: Entry = {};
  for (const { path } of strangers(child)) entry[path] = undefined;
  for (const [name, field] of Object.entries(fields)) {
    const value = field.property.read(child);
    entry[name] = value !== undefined ? value : before === undefined ? field.initial() : before[name];
  }
  return entry;
}

/** What stands for the key of a child that has none; no key holds NUL. */
function keyless(index: number, reason: string): string {
  return `\0${index}\0${reason}`;
}

/** See `CollectionType.keyless`. */
export function keylessChild(key: string): { readonly place: string; readonly reason: string } | undefined {
  const [start, place = "", ...reason] = key.split("\0");
  return start === "" && reason.length > 0 ? { place, reason: reason.join(" ") } : undefined;
}

/** Makes the owner's array show the entries: objects that are there stay the same ones, unless
 * they are frozen, in their order. */
export function showChildren(
  plan: ChildPlan,
  owner: Record<string, unknown>,
  entries: TrackedMap,
  attributeOfOwner: (name: string) => unknown,
): void {
  const array = owner[plan.property];
  const present = Array.isArray(array) ? (array as unknown[]) : [];
  const byKey = new Map<string, object>();
  for (const child of present) {
    if (typeof child !== "object" || child === null) continue;
    const key = plan.keyText(plan.key.read(child));
    if (typeof key === "string" && entries.has(key))
      byKey.set(key, Object.isFrozen(child) ? copyOf(plan, child) : child);
  }
  for (const key of entries.keys()) if (!byKey.has(key)) byKey.set(key, newChild(plan, key));
  for (const [key, child] of byKey) showFields(plan, child, entries.get(key) as Entry);
  for (const { property, attribute } of plan.owner) {
    const value = attributeOfOwner(attribute);
    for (const child of byKey.values()) if (property.read(child) !== value) property.write(child, value);
  }
  const shown = [...byKey.values()];
  const isShown = shown.length === present.length && shown.every((child, index) => child === present[index]);
  if (isShown && Array.isArray(array)) return;
  if (Array.isArray(array) && !Object.isFrozen(array)) {
    array.length = 0;
    for (const child of shown) array.push(child);
  } else {
    owner[plan.property] = shown;
  }
}

/** What the owner has of a child shows in it. */
function copyOf(plan: ChildPlan, child: object): object {
  return Object.assign(plan.make(), child);
}

function newChild(plan: ChildPlan, key: string): object {
  const child = plan.make();
  plan.key.write(child, plan.keyValue(key));
  return child;
}

function showFields({ fields }: ChildPlan, child: object, entry: Entry): void {
  for (const [name, { property, type }] of Object.entries(fields)) {
    const shown = property.read(child);
    const value = entry[name];
    if (shown === value) continue;
    const isSame =
      shown !== undefined &&
      type.fault(shown) === undefined &&
      type.fault(value) === undefined &&
      type.same(type.capture(shown), type.capture(value));
    if (!isSame) property.write(child, value);
  }
}
