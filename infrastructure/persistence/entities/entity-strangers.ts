import type { EntityMetadata } from "typeorm";

/**
 * Tells which properties of an entity's object would be stored nowhere, so that they are refused instead of lost: those
 * that are left to TypeORM, and in a plain object also names that the entity does not have, most likely misspelt ones.
 * Instances of classes may have more than columns.
 *
 * @param foreign properties that the entity has, and that are not written here
 */
export function entityStrangers(
  { columns, relations }: EntityMetadata,
  foreign: readonly string[],
): (object: object) => readonly string[] {
  const known = new Set([...columns, ...relations].map(({ propertyPath }) => propertyPath.split(".")[0]!));
  return (object) => {
    const members = object as Record<string, unknown>;
    const lost = foreign.filter((name) => holdsSomething(members[name]));
    if (Object.getPrototypeOf(object) !== Object.prototype) return lost;
    return [...lost, ...Object.keys(members).filter((name) => !known.has(name) && members[name] !== undefined)];
  };
}

/** Classes that initialise a relation with nothing set nothing. */
function holdsSomething(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}
