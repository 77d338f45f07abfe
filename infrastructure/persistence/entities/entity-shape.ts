import { compactObject } from "../../../domain/distinction/record/compact-object.js";
import { objectToRemember } from "../../../domain/distinction/record/object-memory.js";
import type { RecordShape } from "../../../domain/distinction/types/record-shape.js";
import { unshowable } from "./entity-places.js";
import { EntityFaces } from "./entity-face.js";
import type { EntityPlan } from "./entity-plan.js";

/** Records as instances of an entity's class, with embedded objects and arrays of children. */
export function entityShape(plan: EntityPlan): RecordShape {
  const faces = new EntityFaces(plan);
  return {
    make: () =>
      compactObject(
        plan,
        () => memberNames(plan),
        () => objectToRemember(plan.make()),
      ),
    face: (object) => faces.of(object),
    shown: (object, version) => faces.shown(object, version),
    foreignVersion: (object, version) => {
      const value = plan.version.read(object);
      const isForeign = value !== undefined && value !== null && Number(value) !== version;
      return isForeign ? { path: plan.versionName, value } : undefined;
    },
    unshowable: (object, names) => unshowable(plan, object, names),
    strangers: plan.strangers,
    initial: plan.initial,
  };
}

/** The properties of a loaded object, in the order in which it gets them; of an embedded object that of its own. */
function memberNames({ attributes, versionName, children }: EntityPlan): readonly string[] {
  const paths = [...Object.keys(attributes), versionName];
  const arrays = Object.values(children).map(({ property }) => property);
  return [...new Set([...paths.map((path) => path.split(".")[0]!), ...arrays])];
}
