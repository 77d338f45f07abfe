import { randomUUID } from "node:crypto";
import type { EntityMetadata } from "typeorm";
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js";
import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { defaultsToNow, timeOfInsert } from "./entity-default.js";
import type { EntityProperty } from "./entity-property.js";

/** Fits no attribute, so that the fault is told where a key is missing: by this name. */
class MadeByDatabase {
  static readonly name = "nothing, and what the database counts is not known before it is stored";
}

/**
 * What a new object gets for an attribute that it lacks: what the class's constructor sets, a generated UUID, the time.
 * Numbers that the database counts cannot be known before the insert.
 */
export function entityInitial(
  metadata: EntityMetadata,
  columns: readonly ColumnMetadata[],
  properties: Readonly<Record<string, EntityProperty>>,
  types: Readonly<Record<string, AttributeType>>,
  now: () => number,
): (attribute: string) => unknown {
  const byPath = new Map(columns.map((column) => [column.propertyPath, column]));
  return (attribute) => {
    const column = byPath.get(attribute)!;
    if (column.generationStrategy === "uuid") return randomUUID();
    if (column.generationStrategy !== undefined) return new MadeByDatabase();
    const made = properties[attribute]!.read(blank(metadata));
    return made ?? (defaultsToNow(column) ? timeOfInsert(column, types[attribute]!, now()) : undefined);
  };
}

/** As `new` makes one; nothing, where the class's constructor needs arguments. */
function blank(metadata: EntityMetadata): object {
  try {
    return metadata.create() as object;
  } catch {
    return {};
  }
}
