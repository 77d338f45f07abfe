import { randomUUID } from "node:crypto";
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js";
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js";
import type { EntityMetadata } from "typeorm";
import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { text } from "../../../domain/distinction/types/text-types.js";
import { entries, type CollectionType } from "../../../domain/distinction/types/collection-type.js";
import { columnValue, type EntityPlace } from "./entity-column-value.js";
import { defaultsToNow, timeOfInsert } from "./entity-default.js";
import { keylessChild } from "./entity-children.js";
import type { ChildField, ChildPlan } from "./entity-plan.js";
import { entityProperty, unnameable } from "./entity-property.js";
import { refusal } from "./entity-refusal.js";
import { entityStrangers } from "./entity-strangers.js";
import type { ColumnCodec } from "../records/column-codec.js";
import type { EntryTable } from "../records/record-table.js";

/** The children that an entity owns, as a collection with its table. */
export interface EntityChildren {
  readonly collection: CollectionType;
  readonly table: EntryTable;
  readonly plan: ChildPlan;
}

/** @param options `secret` names properties of the owner: a child's are `labels.token` */
export function entityChildren(
  relation: RelationMetadata,
  place: EntityPlace,
  { now, secret }: { readonly now: () => number; readonly secret: readonly string[] },
): EntityChildren {
  const child = relation.inverseEntityMetadata;
  const inverse = relation.inverseRelation!;
  const owner = inverse.joinColumns;
  requireSimple(child, inverse);
  const keys = child.primaryColumns.filter((column) => !owner.includes(column));
  if (keys.length !== 1) {
    throw refusal(child, undefined, `children need one key column beside their foreign key, and have ${keys.length}`);
  }
  const key = keys[0]!;
  const fields: Record<string, AttributeType> = {};
  const codecs: Record<string, ColumnCodec> = {};
  const plans: Record<string, ChildField> = {};
  const columns: Record<string, string> = {};
  for (const column of child.columns) {
    if (owner.includes(column) || column === key) continue;
    const name = column.propertyPath;
    const value = fieldValue(child, column, place, secret.includes(`${relation.propertyName}.${name}`));
    fields[name] = value.type;
    codecs[name] = value.codec;
    columns[name] = column.databaseName;
    const initial = (): unknown =>
      defaultsToNow(column) ? timeOfInsert(column, value.type, now()) : value.type.initial;
    plans[name] = { property: entityProperty(column), type: value.type, initial };
  }
  const keyPlan = keyOf(child, key, place);
  const foreign = child.relations.filter((each) => each !== inverse && !each.isLazy).map((each) => each.propertyName);
  return {
    collection: { ...entries(text(255), fields), heldAs: `an array of ${child.name}`, keyless: keylessChild },
    table: {
      name: child.tableName,
      owner: Object.fromEntries(owner.map((column) => [column.databaseName, column.referencedColumn!.propertyPath])),
      keyColumn: key.databaseName,
      columns,
      codecs,
      primaryKey: child.primaryColumns.map((column) => column.databaseName),
      insertNew: true,
      collations: statedCollations(child.primaryColumns),
      ...(inverse.onDelete === "CASCADE" && inverse.createForeignKeyConstraints ? {} : { dropWithRecord: true }),
    },
    plan: {
      property: relation.propertyName,
      make: () => child.create(undefined, { fromDeserializer: true }) as object,
      key: entityProperty(key),
      ...keyPlan,
      fields: plans,
      strangers: entityStrangers(child, foreign),
      owner: owner
        .filter((column) => !column.isVirtual)
        .map((column) => ({
          name: column.propertyPath,
          property: entityProperty(column),
          attribute: column.referencedColumn!.propertyPath,
        })),
      ownerObject: inverse.isLazy
        ? undefined
        : {
            property: inverse.propertyName,
            keys: owner.map(({ referencedColumn }) => ({
              name: inverse.propertyPath,
              property: entityProperty(referencedColumn!),
              attribute: referencedColumn!.propertyPath,
            })),
          },
    },
  };
}

/** The collations that an entity states for its key columns. */
export function statedCollations(keys: readonly ColumnMetadata[]): Record<string, string> {
  const stated = keys.flatMap(({ databaseName, collation }) => (collation ? [[databaseName, collation] as const] : []));
  return Object.fromEntries(stated);
}

/** What a child's row would need beyond an entry of its owner. */
function requireSimple(child: EntityMetadata, inverse: RelationMetadata): void {
  if (child.versionColumn !== undefined) {
    throw refusal(
      child,
      child.versionColumn.propertyPath,
      "a child has no version of its own: its owner's stands for it",
    );
  }
  for (const column of [child.updateDateColumn, child.deleteDateColumn]) {
    if (column === undefined) continue;
    throw refusal(child, column.propertyPath, "children with times of update or deletion are not supported");
  }
  if (child.discriminatorColumn !== undefined) throw refusal(child, undefined, "inheritance is not supported");
  if (child.tablePath !== child.tableName) throw refusal(child, undefined, "its table is in another database");
  for (const relation of child.relations) {
    if (relation === inverse) continue;
    if (relation.isOneToMany && relation.isCascadeInsert) {
      throw refusal(child, relation.propertyPath, "a child cannot own children");
    }
    if (relation.joinColumns.some((column) => column.isVirtual)) {
      throw refusal(
        child,
        relation.propertyPath,
        "its foreign key has no property of its own: add one with `@Column()`",
      );
    }
  }
}

function fieldValue(child: EntityMetadata, column: ColumnMetadata, place: EntityPlace, secret: boolean) {
  const unnamed = unnameable(column);
  if (unnamed !== undefined) throw refusal(child, column.propertyPath, unnamed);
  const plain = column.isSelect && column.isInsert && !column.isVirtualProperty && column.asExpression === undefined;
  const value = plain
    ? columnValue(column, place, { secret })
    : { refused: "a child's columns must be read and written alike" };
  if ("refused" in value) throw refusal(child, column.propertyPath, value.refused);
  return value;
}

function keyOf(child: EntityMetadata, key: ColumnMetadata, place: EntityPlace) {
  const value = columnValue(key, place);
  const kind = "refused" in value ? undefined : value.type.shape.kind;
  if ("refused" in value || kind === undefined || key.transformer !== undefined || key.embeddedMetadata !== undefined) {
    throw refusal(child, key.propertyPath, "a key must be text or a whole number, without transformer");
  }
  const { type, codec } = value;
  const isNumeric = kind === "integer" || key.type === "bigint";
  if (!isNumeric && kind !== "text") throw refusal(child, key.propertyPath, "a key must be text or a whole number");
  const lacking =
    key.generationStrategy === "increment"
      ? `${key.propertyPath}: the database makes these keys; give one, or insert the child with TypeORM`
      : `${key.propertyPath}: a value is required`;
  return {
    newKey: key.generationStrategy === "uuid" ? () => randomUUID() : undefined,
    keyText: (given: unknown): string | { readonly reason: string } => {
      if (given === undefined || given === null) return { reason: lacking };
      const fault = type.fault(given);
      return fault === undefined ? String(type.capture(given)) : { reason: `${key.propertyPath}: ${fault}` };
    },
    keyValue: (text: string): unknown => type.expose(isNumeric ? codec.decode(text) : text),
  };
}
