import type { EntityProperty } from "./entity-property.js";
import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import type { Fault } from "../../../domain/distinction/errors.js";

/** What an entity's objects consist of, as far as a record type has a name for it. */
export interface EntityPlan {
  /** A new object without values. */
  readonly make: () => object;
  readonly version: EntityProperty;
  readonly versionName: string;
  readonly attributes: Readonly<Record<string, EntityProperty>>;
  readonly children: Readonly<Record<string, ChildPlan>>;
  /** Properties of an object that are stored nowhere; see `entityStrangers`. */
  readonly strangers: (object: object) => readonly Fault[];
  /** What a new object gets for an attribute that it lacks. */
  readonly initial: (attribute: string) => unknown;
}

/** The children that an entity owns, in an array of its objects. */
export interface ChildPlan {
  /** Property of the owner that holds the array. */
  readonly property: string;
  readonly make: () => object;
  readonly key: EntityProperty;
  /** Where keys of new children are generated here. */
  readonly newKey: (() => unknown) | undefined;
  /** The key as text, or the reason why there is none. */
  readonly keyText: (value: unknown) => string | { readonly reason: string };
  readonly keyValue: (text: string) => unknown;
  readonly fields: Readonly<Record<string, ChildField>>;
  /** Properties of a child that are stored nowhere; see `entityStrangers`. */
  readonly strangers: (child: object) => readonly Fault[];
  /** Properties that repeat an attribute of the owner. */
  readonly owner: readonly OwnerKey[];
  /** The property that may hold the owner itself, with what its key is read by. */
  readonly ownerObject: { readonly property: string; readonly keys: readonly OwnerKey[] } | undefined;
}

/** A value that must be an attribute of the owner. */
export interface OwnerKey {
  readonly name: string;
  readonly property: EntityProperty;
  readonly attribute: string;
}

export interface ChildField {
  readonly property: EntityProperty;
  readonly type: AttributeType;
  readonly initial: () => unknown;
}
