import { constrained } from "../distinction/types/attribute-rules.js";
import { json } from "../distinction/types/json-type.js";
import { oneOf, text } from "../distinction/types/text-types.js";
import { type JsonValue, canonicalText } from "../distinction/json/json-value.js";
import { utf8Length } from "../distinction/types/utf8-length.js";

export type LocationMetadata = Record<string, JsonValue>;

export const locationId = constrained(text(36), (id) => (id === "" ? "an id of at least 1 character" : undefined));

/** As JSON, in UTF-8. With it, every image within the default quotas fits into a line of a catalogue. */
const MOST_METADATA_BYTES = 65_535;

/** Where an image's data is. */
export const locationFields = {
  url: constrained(text(4_096), (url) => (url === "" ? "a URL of at least 1 character" : undefined)),
  metadata: constrained(json<LocationMetadata>(), metadataFault),
  status: oneOf("active", "pending_delete", "deleted"),
};

export interface ImageLocation {
  url: string;
  metadata: LocationMetadata;
  status: "active" | "pending_delete" | "deleted";
}

function metadataFault(metadata: unknown): string | undefined {
  if (Array.isArray(metadata) || metadata === null || typeof metadata !== "object") return "an object of metadata";
  const bytes = utf8Length(JSON.stringify(metadata));
  return bytes <= MOST_METADATA_BYTES ? undefined : `at most ${MOST_METADATA_BYTES} bytes as JSON, got ${bytes}`;
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
