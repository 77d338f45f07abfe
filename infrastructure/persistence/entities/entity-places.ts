import { isWritable } from "../../../domain/distinction/record/object-places.js";
import type { ChildPlan, EntityPlan } from "./entity-plan.js";

/** See `RecordShape.unshowable`. Frozen arrays, children and embedded objects are replaced by copies. */
export function unshowable(plan: EntityPlan, object: object, names: readonly string[]): string[] {
  const hidden = plan.version.isWritable(object) ? [] : [plan.versionName];
  for (const name of names) {
    const child = plan.children[name];
    if (child === undefined) {
      if (plan.attributes[name]?.isWritable(object) === false) hidden.push(name);
      continue;
    }
    const given = (object as Record<string, unknown>)[child.property];
    const isReplaced = !Array.isArray(given) || Object.isFrozen(given);
    if (isReplaced && !isWritable(object, child.property)) hidden.push(name);
    else if (Array.isArray(given)) hidden.push(...unshowableChildren(child, given as unknown[]));
  }
  return hidden;
}

function unshowableChildren(plan: ChildPlan, array: readonly unknown[]): string[] {
  return array.flatMap((child, index) => {
    if (typeof child !== "object" || child === null || Object.isFrozen(child)) return [];
    const fields = Object.entries(plan.fields).filter(([, { property }]) => !property.isWritable(child));
    const owner = plan.owner.filter(
      ({ property }) => property.read(child) === undefined && !property.isWritable(child),
    );
    return [...fields.map(([name]) => name), ...owner.map(({ name }) => name)].map((name) => {
      return `${plan.property}[${index}].${name}`;
    });
  });
}
