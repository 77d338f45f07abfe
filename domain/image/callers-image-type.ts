import type { Fault } from "../distinction/errors.js";
import type { GuardRule } from "../distinction/merge/guard.js";
import type { Edit } from "../distinction/types/record-type.js";
import { mayChange, type Caller } from "./caller.js";
import { forbidden, OWNER_ALONE } from "./forbidden.js";
import type { ImageQuotas } from "./image-quotas.js";
import { imageGuards } from "./image-rules.js";
import { type imageType, imageTypeWith, READ_ONLY_ATTRIBUTES, type Image, type ImagePolicies } from "./image-type.js";

/** What a new image starts with. Its times are its factory's. */
const INITIAL: ReadonlyMap<(typeof READ_ONLY_ATTRIBUTES)[number], unknown> = new Map([
  ["status", "queued"],
  ["checksum", null],
  ["osHashAlgo", null],
  ["osHashValue", null],
  ["size", null],
  ["virtualSize", null],
]);

/**
 * Images as a caller may change them: its own, and nothing of them that is the service's to set. Only an admin gives an
 * image to somebody else, whose lists would show it.
 */
export function callersImageType(
  caller: Caller,
  quotas: Partial<ImageQuotas>,
  policies: ImagePolicies,
): typeof imageType {
  const type = imageTypeWith(quotas, policies);
  const guards: GuardRule = (before, changes) => {
    const { id, owner } = before.attributes as unknown as Image;
    if (!mayChange(caller, { owner })) throw forbidden(id, OWNER_ALONE);
    return imageGuards(before, changes);
  };
  return {
    ...type,
    guards,
    validate: (image, edit) => [...readOnlyFaults(caller, image, edit), ...(type.validate?.(image, edit) ?? [])],
  };
}

function readOnlyFaults({ isAdmin }: Caller, image: Image, edit: Edit | undefined): Fault[] {
  const readOnly: readonly string[] = isAdmin ? READ_ONLY_ATTRIBUTES : [...READ_ONLY_ATTRIBUTES, "owner"];
  const touched =
    edit === undefined
      ? [...INITIAL].filter(([name, value]) => image[name] !== value).map(([name]) => name)
      : edit.changes.flatMap((change) => ("attribute" in change ? [change.attribute] : []));
  return touched.filter((name) => readOnly.includes(name)).map((path) => ({ path, reason: "is read-only" }));
}
