import type { Change } from "../distinction/diff/change.js";
import { entryPath } from "../distinction/diff/change-set.js";
import type { Fault } from "../distinction/errors.js";
import type { Guard, GuardRule } from "../distinction/merge/guard.js";
import type { Edit } from "../distinction/types/record-type.js";
import { exceeds, type ImageQuotas } from "./image-quotas.js";
import { duplicateLocation, type ImageLocation } from "./location.js";
import { isServiceProperty, SERVICES_ALONE } from "./property-name.js";
import { canBecome, FORMATLESS, FORMATS_OPEN, needsFormats, sourcesOf, type ImageStatus } from "./status-machine.js";

/** What the rules look at. */
export interface RuledImage {
  readonly id: string;
  readonly protected: boolean;
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

/** What one reads and writes alike: another spelling of a UUID would be another id. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PROTECTED = "a protected image cannot be deleted";

/** What changes of an image take for granted about the stored one: who was first is told by these, and by no reading. */
export const imageGuards: GuardRule = ({ attributes }, changes) => {
  const from = attributes.status as ImageStatus;
  if (changes === "removal") return [unprotected("protected"), removable(from)];
  const to = valueSet(changes, "status") as ImageStatus | undefined;
  const guards: Guard[] = [];
  if (to !== undefined) {
    const among = canBecome(from, to) ? [from] : [];
    guards.push({ subject: "status", attribute: "status", among, reason: `${from} cannot become ${to} in one save` });
    const isFreed = valueSet(changes, "protected") === false;
    if (to === "pending_delete" && !isFreed) guards.push(unprotected("status"));
    // The data is handled as the formats say that were seen: whoever changes them meanwhile has to come second.
    const seen = needsFormats(from, to) ? FORMATS : [];
    for (const name of seen) {
      const reason = `is as it was when ${to} was decided`;
      guards.push({ subject: name, attribute: name, among: [attributes[name]], reason });
    }
  }
  if (to === "queued") {
    // A size that the step does not clear was not there when it was decided.
    for (const name of SIZES) {
      if (valueSet(changes, name) !== undefined) continue;
      guards.push({ subject: name, attribute: name, among: [attributes[name]], reason: "is as it was loaded" });
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
  return { subject, attribute: "protected", among: [false], reason: PROTECTED };
}

function removable(from: ImageStatus): Guard {
  const reason = `${from} cannot become deleted`;
  return { subject: "status", attribute: "status", among: sourcesOf("deleted"), reason };
}

/** Why an image may not be stored like this; without `edit`, as a new one. */
export function imageFaults(image: RuledImage, edit: Edit | undefined, quotas: ImageQuotas): Fault[] {
  return [
    ...(edit === undefined ? newcomerFaults(image) : stepFaults(image, edit)),
    ...formatFaults(image, edit),
    ...sizeFaults(image, edit),
    ...quotaFaults(image, edit, quotas),
    ...namesPut(image, edit)
      .filter(isServiceProperty)
      .map((name) => ({ path: entryPath("properties", name), reason: SERVICES_ALONE })),
    ...locationFaults(image, edit),
  ];
}

function newcomerFaults({ id, status }: RuledImage): Fault[] {
  const faults: Fault[] = [];
  if (!UUID.test(id)) faults.push({ path: "id", reason: "a UUID in lower case is needed" });
  if (status === "deleted") faults.push({ path: "status", reason: "a new image is not deleted" });
  return faults;
}

function stepFaults({ status: to, protected: isProtected }: RuledImage, { before }: Edit): Fault[] {
  if (before.attributes.status === to) return [];
  if (to === "deleted") return [{ path: "status", reason: "an image is deleted by its removal" }];
  return to === "pending_delete" && isProtected ? [{ path: "status", reason: PROTECTED }] : [];
}

function formatFaults(image: RuledImage, edit: Edit | undefined): Fault[] {
  if (FORMATLESS.includes(image.status) || !isTouched(edit, ["status", ...FORMATS])) return [];
  const missing = FORMATS.filter((name) => image[name] === null);
  return missing.map((path) => ({ path, reason: `is needed by an image that is ${image.status}` }));
}

function sizeFaults(image: RuledImage, edit: Edit | undefined): Fault[] {
  if (image.status !== "queued" || !isTouched(edit, ["status", ...SIZES])) return [];
  const left = SIZES.filter((name) => image[name] !== null);
  return left.map((path) => ({ path, reason: "is null while an image is queued" }));
}

/** Whether an edit changes one of these attributes, as a new image does. */
function isTouched(edit: Edit | undefined, names: readonly string[]): boolean {
  return edit === undefined || names.some((name) => valueSet(edit.changes, name) !== undefined);
}

/** An image that is over a quota already, because that was lowered, may still change otherwise. */
function quotaFaults(image: RuledImage, edit: Edit | undefined, quotas: ImageQuotas): Fault[] {
  return (["properties", "tags", "locations"] as const).flatMap((path) => {
    const grew =
      edit === undefined ||
      edit.changes.some(
        (change) => change.kind === "entry.put" && change.collection === path && change.from === undefined,
      );
    if (!grew) return []; // of an image that was loaded in part nobody can tell how many there are
    const count = path === "properties" ? callersProperties(image) : image[path].size;
    if (!exceeds(count, quotas[path])) return [];
    return [{ path, reason: `at most ${quotas[path]}, got ${count}` }];
  });
}

/** What services keep for themselves takes no room from callers. */
function callersProperties({ properties }: RuledImage): number {
  let count = 0;
  for (const name of properties.keys()) if (!isServiceProperty(name)) count++;
  return count;
}

function namesPut(image: RuledImage, edit: Edit | undefined): readonly string[] {
  if (edit === undefined) return [...image.properties.keys()];
  return edit.changes.flatMap((change) =>
    "collection" in change && change.collection === "properties" && "key" in change ? [change.key] : [],
  );
}

function locationFaults(image: RuledImage, edit: Edit | undefined): Fault[] {
  const arePut =
    edit === undefined ||
    edit.changes.some((change) => change.kind === "entry.put" && change.collection === "locations");
  const duplicate = arePut ? duplicateLocation(image.locations) : undefined;
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
