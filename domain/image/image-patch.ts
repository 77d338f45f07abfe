import { aFunction, requireOptions, type Rules } from "../distinction/arguments.js";
import type { Change } from "../distinction/diff/change.js";
import { diff } from "../distinction/diff/diff.js";
import { InvalidValueError, type Fault } from "../distinction/errors.js";
import { brokenGuards } from "../distinction/merge/broken-guards.js";
import { newState } from "../distinction/record/new-record.js";
import { recordFrom } from "../distinction/record/record.js";
import type { RecordState } from "../distinction/record/record-state.js";
import type { Attributes, Collections } from "../distinction/types/record-type.js";
import { imageToDocument, imageValues, isObject, type ImageDocument } from "./image-document.js";
import { imageTypeWith, imageType, READ_ONLY_ATTRIBUTES, type Image } from "./image-type.js";
import { applyStep, patchSteps, type PatchOperation, type PatchStep } from "./json-patch.js";
import { PatchError } from "./patch-error.js";
import { isServiceProperty } from "./property-name.js";

const READ_ONLY: ReadonlySet<string> = new Set(["id", ...READ_ONLY_ATTRIBUTES]);

export interface PatchOptions {
  /** Makes the id of a location that tells none; such a location is refused where nothing makes one. */
  readonly newId?: () => string;
}

const PATCH_OPTIONS: Rules<keyof PatchOptions> = { newId: aFunction };

/** Only the repository that saves it knows an image's quotas. */
const patchedType = imageTypeWith({ properties: -1, tags: -1, locations: -1 });

/**
 * Changes an image by a JSON Patch (RFC 6902: add, replace, remove) of its document, see `ImageDocument`: all of it, or
 * nothing. A save stores it, and is what quotas are checked by. Removing an attribute makes it `null`. Tags are an array in their order by code unit.
 *
 * @throws PatchError `INVALID_PATCH` where an operation is malformed, names what is not there, or is read-only
 * @throws InvalidValueError where what it leads to breaks a rule
 */
export function patchImage(image: Image, patch: readonly PatchOperation[], options: PatchOptions = {}): void {
  requireOptions(imageType.name, PATCH_OPTIONS, options);
  const steps = patchSteps(patch);
  for (const [index, step] of steps.entries()) requirePatchable(step, index);
  const document = imageToDocument(image);
  for (const [index, step] of steps.entries()) {
    if (step.op === "remove" && step.steps.length === 1) emptied(document, step.steps[0]!);
    else applyStep(document, step, index);
  }
  giveIds(document, options.newId);
  const touched = new Set(steps.map(({ steps }) => steps[0]!));
  changeBy(image, checkedChanges(image, document, touched, patchedType));
}

function requirePatchable({ steps, path }: PatchStep, index: number): void {
  const [name, ...below] = steps;
  const refuse = (reason: string): never => {
    throw new PatchError(index, path, reason);
  };
  if (name === undefined) return refuse("an image is patched by its members");
  if (READ_ONLY.has(name)) refuse(`${name} is read-only`);
  if (Object.hasOwn(imageType.collections, name)) return;
  if (!Object.hasOwn(imageType.attributes, name)) refuse("there is no such attribute");
  if (below.length > 0) refuse(`${name} has no members`);
}

/** What is removed as a whole: an attribute is `null`, a collection empty. */
function emptied(document: ImageDocument, name: string): void {
  document[name] = name === "properties" ? {} : Object.hasOwn(imageType.collections, name) ? [] : null;
}

function giveIds({ locations }: ImageDocument, newId: (() => string) | undefined): void {
  if (newId === undefined || !Array.isArray(locations)) return;
  for (const location of locations) if (isObject(location)) location.id ??= newId();
}

/** The way from an image to what its document has become, as far as `touched` goes. */
function checkedChanges(
  image: Image,
  document: ImageDocument,
  touched: ReadonlySet<string>,
  type: typeof imageType,
): readonly Change[] {
  const faults: Fault[] = [];
  const values = imageValues(
    Object.fromEntries(Object.entries(document).filter(([name]) => touched.has(name))),
    faults,
  );
  if (faults.length > 0) throw new InvalidValueError(type.name, faults, image.id);
  if (values.properties !== undefined) {
    // The document does not show what services keep for themselves.
    for (const [name, value] of image.properties) {
      if (isServiceProperty(name) && !values.properties.has(name)) values.properties.set(name, value);
    }
  }
  const before = stateOf(type, image, {});
  const after = stateOf(type, image, values);
  const changes = diff(type, before, after);
  const broken = brokenGuards(type, before, changes, before);
  faults.push(
    ...broken.map(({ subject, reason }) => ({ path: subject, reason })),
    ...(type.validate?.(recordFrom(type, after), { before, changes }) ?? []),
  );
  if (faults.length > 0) throw new InvalidValueError(type.name, faults, image.id);
  return changes;
}

function stateOf(type: typeof imageType, image: Image, values: Partial<Image>): RecordState {
  const names = [...Object.keys(type.attributes), ...Object.keys(type.collections)] as (keyof Image)[];
  return newState(type, { ...Object.fromEntries(names.map((name) => [name, image[name]])), ...values });
}

function changeBy(image: Image, changes: readonly Change[]): void {
  const types: Attributes = imageType.attributes;
  const collections: Collections = imageType.collections;
  const target = image as unknown as Record<string, unknown>;
  for (const change of changes) {
    if (change.kind === "attribute.set") target[change.attribute] = types[change.attribute]!.expose(change.to);
    else if (change.kind === "list.order") image.locations.reorder(change.to);
    else if (change.kind === "entry.put" || change.kind === "entry.drop") {
      const entries = target[change.collection] as Map<string, unknown> & Set<string>;
      const { kind, entry } = collections[change.collection]!;
      if (change.kind === "entry.drop") entries.delete(change.key);
      else if (kind === "set") entries.add(change.key);
      else entries.set(change.key, entry.expose(change.to));
    }
  }
}
