import { isWritable } from "../../../domain/distinction/record/object-places.js";
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js";

/** Where in an entity object a column's value is: a property, or one inside embedded objects. */
export interface EntityProperty {
  /** `undefined` where the value, or an object around it, is not there; `null` where an object around it is null. */
  read(object: object): unknown;
  /** Whether `write` would succeed, as far as the object says. */
  isWritable(object: object): boolean;
  /** Makes the embedded objects that are missing on the way, and copies of those that are frozen. */
  write(object: object, value: unknown): void;
}

type Members = Record<string, unknown>;

export function entityProperty({ propertyName, embeddedMetadata }: ColumnMetadata): EntityProperty {
  const embeddeds = embeddedMetadata?.embeddedMetadataTree ?? [];
  return {
    read: (object) => {
      let holder: unknown = object;
      for (const { propertyName: name } of embeddeds) {
        holder = (holder as Members)[name];
        if (holder === undefined || holder === null) return holder;
      }
      return (holder as Members)[propertyName];
    },
    isWritable: (object) => {
      let holder = object;
      for (const { propertyName: name } of embeddeds) {
        const inner = (holder as Members)[name];
        // What is missing or frozen is put there anew.
        if (typeof inner !== "object" || inner === null || Object.isFrozen(inner)) return isWritable(holder, name);
        holder = inner;
      }
      return isWritable(holder, propertyName);
    },
    write: (object, value) => {
      let holder = object as Members;
      for (const embedded of embeddeds) {
        const { propertyName: name } = embedded;
        const inner = holder[name] as object | null | undefined;
        if (inner === undefined || inner === null) holder[name] = embedded.create();
        else if (Object.isFrozen(inner)) holder[name] = Object.assign(embedded.create() as object, inner);
        holder = holder[name] as Members;
      }
      holder[propertyName] = value;
    },
  };
}

/** Assigning to it would make no property: the column would be lost without a word. */
export function unnameable({ propertyPath }: ColumnMetadata): string | undefined {
  const isLost = propertyPath.split(".").includes("__proto__");
  return isLost ? "no property can be named __proto__: give it another name (`name` keeps the column's)" : undefined;
}
