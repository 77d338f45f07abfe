import type { EntityMetadata } from "typeorm";
import type { EmbeddedMetadata } from "typeorm/metadata/EmbeddedMetadata.js";
import type { Fault } from "../../../domain/distinction/errors.js";
import { typeName } from "../../../domain/distinction/types/type-name.js";

type Members = Record<string, unknown>;

/**
 * Tells what an entity's object holds that would be stored nowhere, so that it is refused instead of lost: properties that
 * are left to TypeORM, in plain objects also names that the entity does not have, most likely misspelt ones, and in place
 * of embedded objects what is none. Instances of classes may have more than columns.
 *
 * @param foreign paths of properties that the entity has, and that are not written here
 * @param ignored paths of properties that callers may use as they like
 */
export function entityStrangers(
  { name: entity, columns, relations, allEmbeddeds }: EntityMetadata,
  foreign: readonly string[],
  ignored: ReadonlySet<string> = new Set(),
): (object: object) => readonly Fault[] {
  const known = new Set([...columns, ...relations].flatMap(({ propertyPath }) => pathsTo(propertyPath)));
  const embeddeds = allEmbeddeds.filter(({ columnsFromTree }) =>
    columnsFromTree.some(({ propertyPath }) => !ignored.has(propertyPath)),
  );
  const unknown = (path: string): Fault => ({ path, reason: `unknown attribute of ${entity}` });
  const unknownIn = (holder: object, within: string): Fault[] => {
    if (!isPlain(holder)) return [];
    const paths = Object.entries(holder).flatMap(([name, value]) => (value === undefined ? [] : [within + name]));
    return paths.filter((path) => !known.has(path)).map(unknown);
  };
  const faultsOf = (embedded: EmbeddedMetadata, object: object): Fault[] => {
    const path = embedded.propertyPath;
    const holder = valueAt(object, path);
    if (holder === undefined || holder === null) return [];
    if (fits(embedded, holder)) return unknownIn(holder, `${path}.`);
    return [{ path, reason: `an object of its properties, got ${typeName(holder)}` }];
  };
  return (object) => [
    ...foreign.filter((path) => holdsSomething(valueAt(object, path))).map(unknown),
    ...unknownIn(object, ""),
    ...embeddeds.flatMap((embedded) => faultsOf(embedded, object)),
  ];
}

/** `a`, `a.b` and `a.b.c` of `a.b.c`. */
function pathsTo(path: string): string[] {
  const names = path.split(".");
  return names.map((_, index) => names.slice(0, index + 1).join("."));
}

function valueAt(object: object, path: string): unknown {
  return path.split(".").reduce<unknown>((holder, name) => (holder as Members | null | undefined)?.[name], object);
}

function fits({ type }: EmbeddedMetadata, holder: unknown): holder is object {
  if (typeof holder !== "object" || holder === null) return false;
  return isPlain(holder) || (typeof type === "function" && type !== Object && holder instanceof type);
}

function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}

/** Classes that initialise a relation with nothing set nothing. */
function holdsSomething(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}
