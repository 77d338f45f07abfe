import { constrained } from "../distinction/types/attribute-rules.js";
import { json } from "../distinction/types/json-type.js";
import { oneOf, text } from "../distinction/types/text-types.js";
import { canonicalText, type JsonValue } from "../distinction/json/json-text.js";

export type LocationMetadata = Record<string, JsonValue>;

export const locationId = constrained(text(36), (id) => (id === "" ? "an id of at least 1 character" : undefined));

/** Where an image's data is. */
export const locationFields = {
  url: constrained(text(4_096), (url) => (url === "" ? "a URL of at least 1 character" : undefined)),
  metadata: constrained(json<LocationMetadata>(), (metadata) =>
    Array.isArray(metadata) || metadata === null || typeof metadata !== "object" ? "an object of metadata" : undefined,
  ),
  status: oneOf("active", "pending_delete", "deleted"),
};

export interface ImageLocation {
  url: string;
  metadata: LocationMetadata;
  status: "active" | "pending_delete" | "deleted";
}

/** A location to put under an id of its own: `image.locations.set(id, newLocation(url))`. */
export function newLocation(url: string, metadata: LocationMetadata = {}): ImageLocation {
  return { url, metadata, status: "active" };
}

/** The id of the location that says the same as one before it, and of that one. */
export function duplicateLocation(
  locations: ReadonlyMap<string, ImageLocation>,
): { readonly id: string; readonly first: string } | undefined {
  const seen = new Map<string, string>();
  for (const [id, { url, metadata }] of locations) {
    const content = canonicalText([url, metadata]);
    const first = seen.get(content);
    if (first !== undefined) return { id, first };
    seen.set(content, id);
  }
  return undefined;
}
