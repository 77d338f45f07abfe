import { text } from "../../domain/distinction/types/text-types.js";
import { entries, setOf } from "../../domain/distinction/types/collection-type.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";
import { asset, assetType } from "./asset.js";

/** An image with everything that hangs on it: the attributes of an asset, and three collections of child rows. */
export const imageType = recordType({
  name: "image",
  key: "id",
  attributes: assetType.attributes,
  collections: {
    properties: entries(text(255), text(1000)),
    tags: setOf(text(255)),
    locations: entries(text(36), { url: text(1000), metadata: text(1000), status: text(30) }),
  },
});

export const imageTable = recordTable(imageType, {
  name: "bench_images",
  entries: {
    properties: { name: "bench_image_properties", keyColumn: "name" },
    tags: { name: "bench_image_tags", keyColumn: "value" },
    locations: { name: "bench_image_locations", keyColumn: "id" },
  },
});

export interface Location {
  url: string;
  metadata: string;
  status: string;
}

/** What every arm keeps of a loaded image, whatever objects it makes of it. */
export interface ImageContent {
  /** The columns beside id and version, by attribute. */
  readonly attributes: Record<string, string | number | boolean | Date | null>;
  readonly properties: Map<string, string>;
  readonly tags: Set<string>;
  readonly locations: Map<string, Location>;
}

/** How many properties, tags and locations an image has. */
export type Shape = readonly [properties: number, tags: number, locations: number];

export const SHAPES: readonly Shape[] = [
  [0, 0, 0],
  [10, 3, 1],
  [30, 5, 3],
  [128, 128, 10],
];

export function shapeName([properties, tags, locations]: Shape): string {
  return `(${properties}, ${tags}, ${locations})`;
}

export function imageContent(index: number, [properties, tags, locations]: Shape): ImageContent & { id: string } {
  const { id, ...attributes } = asset(index);
  const several = <T>(count: number, one: (number: number) => T): T[] =>
    Array.from({ length: count }, (_, n) => one(n));
  return {
    id,
    attributes: { hidden: false, locked: false, ...attributes },
    properties: new Map(several(properties, (n) => [ownProperty(n), `value ${n} of image ${index}`])),
    tags: new Set(several(tags, (n) => `tag-${n}`)),
    locations: new Map(
      several(locations, (n) => [
        `location-${n}`,
        { url: `https://store-${n}.example/images/${id}`, metadata: `{"zone":"z${n}"}`, status: "active" },
      ]),
    ),
  };
}

/** The property of an image that one of several writers has for itself. */
export function ownProperty(writer: number): string {
  return `hw_property_${writer}`;
}

/** The same with numbers for properties, each 0. */
export function imageOfCounters(index: number, shape: Shape): ImageContent & { id: string } {
  const image = imageContent(index, shape);
  for (const name of image.properties.keys()) image.properties.set(name, "0");
  return image;
}

/** Another value for everything that an image holds; keys of properties and locations stay. */
export function changeEverything(image: ImageContent, round: number): void {
  const { attributes, properties, tags, locations } = image;
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "id" || name === "created") continue;
    if (typeof value === "string")
      attributes[name] = OTHER_WORD[value] ?? `${value.split(" #")[0]!.slice(0, 12)} #${round}`;
    else if (typeof value === "number") attributes[name] = value + 1;
    else if (typeof value === "boolean") attributes[name] = !value;
    else if (value instanceof Date) attributes[name] = new Date(value.getTime() + 1_000);
  }
  attributes["name"] = `everything ${round}`;
  for (const name of properties.keys()) properties.set(name, `changed in round ${round}`);
  const count = tags.size;
  tags.clear();
  for (let n = 0; n < count; n++) tags.add(`tag-${n}-of-${round}`);
  for (const [id, location] of locations) locations.set(id, { ...location, metadata: `{"round":${round}}` });
}

/** Attributes of few words only have other words of those. */
const OTHER_WORD: Readonly<Record<string, string>> = {
  active: "deactivated",
  deactivated: "active",
  public: "private",
  private: "public",
};
