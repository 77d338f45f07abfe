import type { Change } from "../distinction/change.js";
import { entryPath } from "../distinction/change-set.js";
import type { Fault } from "../distinction/errors.js";
import type { Guard, GuardRule } from "../distinction/guard.js";
import type { Edit } from "../distinction/record-type.js";
import { exceeds, type ImageQuotas } from "./image-quotas.js";
import { duplicateLocation, type ImageLocation } from "./location.js";
import { isServiceProperty } from "./property-name.js";
import { canBecome, FORMATS_OPEN, needsFormats, sourcesOf, type ImageStatus } from "./status-machine.js";

/** What the rules look at. */
export interface RuledImage {
  readonly status: ImageStatus;
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
  readonly size: number | null;
  readonly virtualSize: number | null;
  readonly properties: ReadonlyMap<string, string>;
  readonly tags: ReadonlySet<string>;
  readonly locations: ReadonlyMap<string, ImageLocation>;
}

const FORMATS = ["diskFormat", "containerFormat"] as const;
const SIZES = ["size", "virtualSize"] as const;

/** What changes of an image take for granted about the stored one: who was first is told by these, and by no reading. */
export const imageGuards: GuardRule = ({ attributes }, changes) => {
  const from = attributes.status as ImageStatus;
  if (changes === "removal") return [unprotected("protected"), removable(from)];
  const to = valueSet(changes, "status") as ImageStatus | undefined;
  const guards: Guard[] = [];
  if (to !== undefined) {
    const among = canBecome(from, to) ? [from] : [];
    guards.push({ subject: "status", attribute: "status", among, reason: `${from} cannot become ${to} in one save` });
    if (to === "pending_delete") guards.push(unprotected("status"));
    // The data is handled as the formats say that were seen: whoever changes them meanwhile has to come second.
    const seen = needsFormats(from, to) ? FORMATS : [];
    for (const name of seen) {
      const reason = `is as it was when ${to} was decided`;
      guards.push({ subject: name, attribute: name, among: [attributes[name]], reason });
    }
  }
  for (const name of FORMATS) {
    if (valueSet(changes, name) === undefined) continue;
    const reason = `changes in ${FORMATS_OPEN.join(" and ")} only, is ${from}`;
    guards.push({ subject: name, attribute: "status", among: FORMATS_OPEN, reason });
  }
  return guards;
};

function unprotected(subject: string): Guard {
  return { subject, attribute: "protected", among: [false], reason: "a protected image cannot be deleted" };
}

function removable(from: ImageStatus): Guard {
  const reason = `${from} cannot become deleted`;
  return { subject: "status", attribute: "status", among: sourcesOf("deleted"), reason };
}

/** Why an image may not be stored like this; without `edit`, as a new one. */
export function imageFaults(image: RuledImage, edit: Edit | undefined, quotas: ImageQuotas): Fault[] {
  return [
    ...statusFaults(image, edit),
    ...quotaFaults(image, edit, quotas),
    ...namesPut(image, edit)
      .filter(isServiceProperty)
      .map((name) => ({ path: entryPath("properties", name), reason: "a property name that is not reserved" })),
    ...locationFaults(image, edit),
  ];
}

function statusFaults(image: RuledImage, edit: Edit | undefined): Fault[] {
  const to = image.status;
  if (edit === undefined) return to === "deleted" ? [{ path: "status", reason: "a new image is not deleted" }] : [];
  const from = edit.before.attributes.status as ImageStatus;
  if (from === to) return [];
  const faults: Fault[] = [];
  if (to === "deleted") faults.push({ path: "status", reason: "an image is deleted by its removal" });
  const missing = needsFormats(from, to) ? FORMATS.filter((name) => image[name] === null) : [];
  for (const path of missing) faults.push({ path, reason: `is needed to become ${to}` });
  const left = to === "queued" ? SIZES.filter((name) => image[name] !== null) : [];
  for (const path of left) faults.push({ path, reason: "is null when an image goes back to queued" });
  return faults;
}

/** An image that is over a quota already, because that was lowered, may still change otherwise. */
function quotaFaults(image: RuledImage, edit: Edit | undefined, quotas: ImageQuotas): Fault[] {
  return (["properties", "tags", "locations"] as const).flatMap((path) => {
    const grew =
      edit === undefined ||
      edit.changes.some(
        (change) => change.kind === "entry.put" && change.collection === path && change.from === undefined,
      );
    if (!grew || !exceeds(image[path].size, quotas[path])) return [];
    return [{ path, reason: `at most ${quotas[path]}, got ${image[path].size}` }];
  });
}

function namesPut(image: RuledImage, edit: Edit | undefined): readonly string[] {
  if (edit === undefined) return [...image.properties.keys()];
  return edit.changes.flatMap((change) =>
    "collection" in change && change.collection === "properties" && "key" in change ? [change.key] : [],
  );
}

function locationFaults(image: RuledImage, edit: Edit | undefined): Fault[] {
  const isTouched =
    edit === undefined ||
    edit.changes.some((change) => change.kind === "entry.put" && change.collection === "locations");
  const duplicate = isTouched ? duplicateLocation(image.locations) : undefined;
  if (duplicate === undefined) return [];
  const reason = `has the URL and the metadata of ${entryPath("locations", duplicate.first)}`;
  return [{ path: entryPath("locations", duplicate.id), reason }];
}

/** What `changes` set an attribute to. */
function valueSet(changes: readonly Change[], attribute: string): unknown {
  for (const change of changes) {
    if (change.kind === "attribute.set" && change.attribute === attribute) return change.to;
  }
  return undefined;
}
