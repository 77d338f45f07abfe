import type { EntityMetadata } from "typeorm";
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js";
import { refusal } from "./entity-refusal.js";

/** What becomes of an entity's relations: children that it owns, and properties that are left to TypeORM. */
export interface EntityRelations {
  readonly owned: readonly RelationMetadata[];
  readonly foreign: readonly string[];
}

/**
 * Owned are one-to-many relations that cascade inserts and updates: their rows are part of the entity. All others are
 * not loaded, and refused where a caller sets them.
 */
export function entityRelations(metadata: EntityMetadata, ignored: ReadonlySet<string>): EntityRelations {
  const relations = metadata.relations.filter(({ propertyPath }) => !ignored.has(propertyPath));
  const owned = relations.filter((each) => each.isOneToMany && each.isCascadeInsert && each.isCascadeUpdate);
  for (const relation of relations) {
    const reason = owned.includes(relation) ? ownershipFault(relation) : columnFault(relation);
    if (reason !== undefined) throw refusal(metadata, relation.propertyPath, reason);
  }
  const foreign = relations.filter((each) => !owned.includes(each) && !each.isLazy && !each.embeddedMetadata);
  return { owned, foreign: foreign.map(({ propertyName }) => propertyName) };
}

/** A foreign key must be a property, or it could be neither read nor set. */
function columnFault({ joinColumns, isOwning, isManyToMany }: RelationMetadata): string | undefined {
  if (!isOwning || isManyToMany) return undefined;
  const hidden = joinColumns.find((column) => column.isVirtual);
  return hidden === undefined
    ? undefined
    : `its foreign key has no property of its own: add \`@Column() ${hidden.databaseName}\`, or name the relation in \`ignore\``;
}

function ownershipFault({ inverseRelation, isLazy, embeddedMetadata }: RelationMetadata): string | undefined {
  if (isLazy) return "a lazy relation cannot hold owned children";
  if (embeddedMetadata !== undefined) return "owned children inside an embedded object are not supported";
  if (inverseRelation === undefined) return "the relation has no inverse side";
  const { joinColumns, orphanedRowAction } = inverseRelation;
  const isBound = joinColumns.some((column) => column.isPrimary || !column.isNullable);
  return isBound || orphanedRowAction === "delete"
    ? undefined
    : "a child may live without its owner (its foreign key is nullable): set `nullable: false` or " +
        '`orphanedRowAction: "delete"` on its side, or take `cascade` away';
}
