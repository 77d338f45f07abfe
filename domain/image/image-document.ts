import type { Fault } from "../distinction/errors.js";
import { InvalidValueError } from "../distinction/errors.js";
import type { JsonValue } from "../distinction/json-text.js";
import { newRecord } from "../distinction/new-record.js";
import { orderedEntries } from "../distinction/ordered-entries.js";
import type { Attributes } from "../distinction/record-type.js";
import { imageType, type Image } from "./image-type.js";
import type { ImageLocation } from "./location.js";
import { isServiceProperty } from "./property-name.js";

/** An image as JSON: attributes by their names, times as ISO 8601, tags sorted, locations with their ids in their order. */
export type ImageDocument = Record<string, JsonValue>;

export function imageToDocument(image: Image): ImageDocument {
  const attributes = Object.keys(imageType.attributes).map((name) => {
    const value = image[name as keyof typeof imageType.attributes];
    return [name, value instanceof Date ? value.toISOString() : value] as const;
  });
  return {
    ...Object.fromEntries(attributes),
    // fromEntries defines members, and does not assign them: one named __proto__ is an ordinary one.
    properties: Object.fromEntries([...image.properties].filter(([name]) => !isServiceProperty(name))),
    tags: [...image.tags].sort(),
    locations: [...image.locations].map(([id, { url, metadata, status }]) => ({ id, url, metadata, status })),
  };
}

/**
 * The image that a document describes, not stored yet; what it leaves out starts as for any new image.
 *
 * @param now the time of creation where it tells none
 * @throws InvalidValueError listing unknown attributes and every value that does not fit its attribute
 */
export function imageFromDocument(document: ImageDocument, now: Date): Image {
  const faults: Fault[] = [];
  const values = imageValues(document, faults);
  if (faults.length > 0) throw new InvalidValueError(imageType.name, faults);
  return newRecord(imageType, { createdAt: now, updatedAt: now, ...values });
}

/** A document's members as an image has them; what cannot be is told in `faults`, what is no value of its type is not. */
export function imageValues(document: ImageDocument, faults: Fault[]): Partial<Image> {
  const values = new Map<string, unknown>();
  for (const [name, value] of Object.entries(document)) {
    if (name === "properties") values.set(name, propertiesFrom(value, faults));
    else if (name === "tags") values.set(name, tagsFrom(value, faults));
    else if (name === "locations") values.set(name, locationsFrom(value, faults));
    else values.set(name, attributeFrom(name, value));
  }
  return Object.fromEntries(values);
}

function attributeFrom(name: string, value: JsonValue): unknown {
  const types: Attributes = imageType.attributes;
  const isInstant = Object.hasOwn(types, name) && types[name]!.shape.kind === "instant";
  return isInstant && typeof value === "string" ? new Date(value) : value;
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
