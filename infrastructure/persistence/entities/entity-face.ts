import type { AnyRecord } from "../../../domain/distinction/types/record-shape.js";
import type { TrackedMap } from "../../../domain/distinction/record/tracked-map.js";
import { ObjectMemory } from "../../../domain/distinction/record/object-memory.js";
import { givenChildren, showChildren } from "./entity-children.js";
import type { EntityPlan } from "./entity-plan.js";

const OBJECT = Symbol("object");
const MAPS = Symbol("maps");

/** Of all entities without children: one per object would be a fifth of what it takes. */
const NO_MAPS = new Map<string, never>();

interface Face extends AnyRecord {
  [OBJECT]: Record<string, unknown>;
  /** The tracked collection behind each array of children. */
  [MAPS]: Map<string, TrackedMap>;
}

/** An entity object as the engine sees it: see `RecordShape.face`. */
export class EntityFaces {
  readonly #faces = new ObjectMemory<Face>();
  readonly #prototype: object;
  readonly #hasChildren: boolean;

  constructor(private readonly plan: EntityPlan) {
    const members = [
      ...Object.keys(plan.attributes).map((name) => [name, attributeMember(plan, name)] as const),
      ...Object.keys(plan.children).map((name) => [name, collectionMember(plan, name)] as const),
    ];
    this.#hasChildren = Object.keys(plan.children).length > 0;
    this.#prototype = Object.create(Object.prototype, Object.fromEntries(members)) as object;
  }

  of(object: object): AnyRecord {
    let face = this.#faces.get(object);
    if (face === undefined) {
      face = Object.create(this.#prototype) as Face;
      face[OBJECT] = object as Record<string, unknown>;
      face[MAPS] = this.#hasChildren ? new Map<string, TrackedMap>() : NO_MAPS;
      this.#faces.set(object, face);
    }
    return face;
  }

  shown(object: object, version: number): void {
    const face = this.of(object) as Face;
    this.plan.version.write(object, version);
    for (const [name, map] of face[MAPS]) {
      const plan = this.plan.children[name]!;
      showChildren(plan, face[OBJECT], map, (attribute) => face[attribute]);
    }
  }
}

function attributeMember(plan: EntityPlan, name: string): PropertyDescriptor {
  const property = plan.attributes[name]!;
  return {
    enumerable: true,
    get(this: Face) {
      return property.read(this[OBJECT]);
    },
    set(this: Face, value: unknown) {
      property.write(this[OBJECT], value);
    },
  };
}

function collectionMember(plan: EntityPlan, name: string): PropertyDescriptor {
  const child = plan.children[name]!;
  return {
    enumerable: true,
    get(this: Face) {
      const array = this[OBJECT][child.property];
      const map = this[MAPS].get(name);
      if (array === undefined) return map;
      if (!Array.isArray(array)) return array; // refused by the engine
      const given = givenChildren(child, array, map, (attribute) => this[attribute]);
      if (map === undefined) return given;
      const kept = new Set(given.map(([key]) => key));
      for (const key of [...map.keys()]) if (!kept.has(key)) map.delete(key);
      for (const [key, entry] of given) map.set(key, entry);
      return map;
    },
    set(this: Face, map: TrackedMap) {
      this[MAPS].set(name, map);
    },
  };
}
