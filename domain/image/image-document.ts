import { aPlainObject, requireArguments } from "../distinction/arguments.js";
import type { Fault } from "../distinction/errors.js";
import { InvalidValueError } from "../distinction/errors.js";
import type { JsonValue } from "../distinction/json/json-value.js";
import { newRecord } from "../distinction/record/new-record.js";
import { orderedEntries } from "../distinction/record/ordered-entries.js";
import { shownId } from "../distinction/record/record-id.js";
import { dateMilliseconds } from "../distinction/types/date-milliseconds.js";
import type { Attributes } from "../distinction/types/record-type.js";
import { describeValue } from "../distinction/types/type-name.js";
import { anImage, imageType, type Image } from "./image-type.js";
import { exceeds, imageQuotas, type ImageQuotas } from "./image-quotas.js";
import { locationFields, type ImageLocation } from "./location.js";
import { isServiceProperty } from "./property-name.js";
import { madeAt } from "./time-of-making.js";

const ISO_8601 = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;
/** Most unknown attributes that are told. */
const MOST_UNKNOWN = 10;
const LOCATION_FIELDS: ReadonlySet<string> = new Set(["id", ...Object.keys(locationFields)]);

/** An image as JSON: attributes by their names, times as ISO 8601, tags sorted, locations with their ids in their order. */
export type ImageDocument = Record<string, JsonValue>;

/** @throws InvalidValueError where it is no image, or one of its times is none */
export function imageToDocument(image: Image): ImageDocument {
  requireArguments(imageType.name, { image: [image, anImage] });
  const faults: Fault[] = [];
  const attributes = Object.keys(imageType.attributes).map((name) => {
    const value = image[name as keyof typeof imageType.attributes];
    return [name, value instanceof Date ? timeText(name, value, faults) : value] as const;
  });
  if (faults.length > 0) throw new InvalidValueError(imageType.name, faults, shownId(imageType, image));
  return {
    ...(Object.fromEntries(attributes) as ImageDocument),
    // fromEntries defines members, and does not assign them: one named __proto__ is an ordinary one.
    properties: Object.fromEntries([...image.properties].filter(([name]) => !isServiceProperty(name))),
    tags: [...image.tags].sort(),
    locations: [...image.locations].map(([id, { url, metadata, status }]) => ({ id, url, metadata, status })),
  };
}

function timeText(path: string, date: Date, faults: Fault[]): string | undefined {
  const time = dateMilliseconds(date);
  if (time !== undefined && !Number.isNaN(time)) return new Date(time).toISOString();
  faults.push({ path, reason: `a valid Date, got ${describeValue(date)}` });
  return undefined;
}

/**
 * The image that a document describes, not stored yet; what it leaves out starts as for any new image.
 *
 * @param now the time of creation where it tells none
 * @param quotas as far as they are not the default ones
 * @throws InvalidValueError listing unknown attributes and every value that does not fit its attribute
 */
export function imageFromDocument(document: ImageDocument, now: Date, quotas: Partial<ImageQuotas> = {}): Image {
  requireArguments(imageType.name, { document: [document, aPlainObject] });
  const faults = documentFaults(document, imageQuotas(quotas));
  const values = faults.length > 0 ? {} : imageValues(document, faults);
  if (faults.length > 0) throw new InvalidValueError(imageType.name, faults);
  return madeAt(newRecord(imageType, { createdAt: now, updatedAt: now, ...values }), now);
}

const NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(imageType.attributes),
  ...Object.keys(imageType.collections),
]);

/** What is beyond measure, told before anything is made of it: a document may have millions of members. */
function documentFaults(document: ImageDocument, quotas: ImageQuotas): Fault[] {
  const faults: Fault[] = [];
  for (const path of Object.keys(document)) {
    if (NAMES.has(path)) continue;
    faults.push({ path, reason: `unknown attribute of ${imageType.name}` });
    if (faults.length === MOST_UNKNOWN) break;
  }
  for (const path of ["properties", "tags", "locations"] as const) {
    const value = document[path];
    const count = Array.isArray(value) ? value.length : isObject(value) ? Object.keys(value).length : 0;
    if (exceeds(count, quotas[path])) faults.push({ path, reason: `at most ${quotas[path]}, got ${count}` });
  }
  return faults;
}

/** A document's members as an image has them; what cannot be is told in `faults`, what is no value of its type is not. */
export function imageValues(document: ImageDocument, faults: Fault[]): Partial<Image> {
  const values = new Map<string, unknown>();
  for (const [name, value] of Object.entries(document)) {
    if (name === "properties") values.set(name, propertiesFrom(value, faults));
    else if (name === "tags") values.set(name, tagsFrom(value, faults));
    else if (name === "locations") values.set(name, locationsFrom(value, faults));
    else values.set(name, attributeFrom(name, value, faults));
  }
  return Object.fromEntries(values);
}

function attributeFrom(name: string, value: JsonValue, faults: Fault[]): unknown {
  const types: Attributes = imageType.attributes;
  const isInstant = Object.hasOwn(types, name) && types[name]!.shape.kind === "instant";
  if (!isInstant) return value;
  if (typeof value === "string" && isTime(value)) return new Date(value);
  faults.push({ path: name, reason: "a time such as 2026-01-31T12:00:00.000Z is needed" });
  return undefined;
}

/** `Date` would take other texts for local times, and the 31st of February for a day in March. */
function isTime(value: string): boolean {
  const [, day] = ISO_8601.exec(value) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(value))) return false;
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function propertiesFrom(value: JsonValue, faults: Fault[]): Map<string, string> {
  if (isObject(value)) return new Map(Object.entries(value) as [string, string][]);
  faults.push({ path: "properties", reason: "an object of texts" });
  return new Map();
}

function tagsFrom(value: JsonValue, faults: Fault[]): Set<string> {
  if (Array.isArray(value)) return new Set(value as string[]);
  faults.push({ path: "tags", reason: "an array of texts" });
  return new Set();
}

function locationsFrom(value: JsonValue, faults: Fault[]): Image["locations"] {
  const locations = orderedEntries<ImageLocation>();
  if (!Array.isArray(value)) {
    faults.push({ path: "locations", reason: "an array of locations" });
    return locations;
  }
  for (const [index, location] of value.entries()) {
    const path = `locations[${index}]`;
    if (!isObject(location)) faults.push({ path, reason: "an object with id and url" });
    else {
      const unknown = Object.keys(location).find((name) => !LOCATION_FIELDS.has(name));
      if (unknown !== undefined) {
        faults.push({ path: `${path}.${unknown}`, reason: "a location has id, url, metadata and status" });
        continue;
      }
      const { id, ...fields } = location;
      if (typeof id !== "string") faults.push({ path: `${path}.id`, reason: "a text is needed here" });
      else if (locations.has(id)) faults.push({ path: `${path}.id`, reason: "is the id of a location before it" });
      else locations.set(id, { metadata: {}, status: "active", ...fields } as unknown as ImageLocation);
    }
  }
  return locations;
}

export function isObject(value: unknown): value is Record<string, JsonValue> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
