import type { ImageContent, Location } from "../../model/image.js";
import { ATTRIBUTES, LOCATIONS, PROPERTIES, TAGS } from "./rows.js";

/** The tables of an image's collections as libraries map them: the column that is the key among an image's, and the rest. */
export const CHILDREN = {
  properties: { table: PROPERTIES, key: "name", columns: ["value"] },
  tags: { table: TAGS, key: "value", columns: [] },
  locations: { table: LOCATIONS, key: "id", columns: ["url", "metadata", "status"] },
} as const;

export type CollectionName = keyof typeof CHILDREN;

export const COLLECTIONS = Object.keys(CHILDREN) as CollectionName[];

/** A child's values by column, without its image's id. */
export type ChildRow = Readonly<Record<string, string>>;

export function childRows({ properties, tags, locations }: ImageContent): Record<CollectionName, ChildRow[]> {
  return {
    properties: [...properties].map(([name, value]) => ({ name, value })),
    tags: [...tags].map((value) => ({ value })),
    locations: [...locations].map(([id, location]) => ({ id, ...location })),
  };
}

/** What a library's objects hold, read column by column. */
export function contentOf(
  attribute: (name: string) => unknown,
  children: Readonly<Record<CollectionName, readonly ((column: string) => unknown)[]>>,
): ImageContent {
  const attributes = ATTRIBUTES.map((name) => [name, attribute(name)] as const);
  return {
    attributes: Object.fromEntries(attributes) as ImageContent["attributes"],
    properties: new Map(children.properties.map((of) => [of("name") as string, of("value") as string])),
    tags: new Set(children.tags.map((of) => of("value") as string)),
    locations: new Map(
      children.locations.map((of) => {
        const location = { url: of("url"), metadata: of("metadata"), status: of("status") };
        return [of("id") as string, location as Location];
      }),
    ),
  };
}
