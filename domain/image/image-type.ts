import {
  boolean,
  constrained,
  fixed,
  instant,
  integer,
  nullable,
  oneOf,
  text,
  withInitial,
} from "../distinction/attribute-type.js";
import { entries, setOf } from "../distinction/collection-type.js";
import { recordType, type NewRecordOf, type RecordOf } from "../distinction/record-type.js";

const MAX_INT32 = 2 ** 31 - 1;

/** Names that the API gives a meaning of its own (OpenStack Image API v2). */
const RESERVED_PROPERTIES = new Set([
  "owner",
  "locations",
  "deleted",
  "deleted_at",
  "direct_url",
  "self",
  "file",
  "schema",
]);

/** Key of a free property: 1 to 255 characters, none of the reserved names. `__proto__` is an ordinary key. */
const propertyName = constrained(text(255), (name) => {
  if (name === "") return "a property name of at least 1 character";
  const reserved = RESERVED_PROPERTIES.has(name) || name.startsWith("os_glance");
  return reserved ? `a property name that is not reserved, got ${name}` : undefined;
});

const tag = constrained(text(255), (value) => (value === "" ? "a tag of at least 1 character" : undefined));

/** An image's metadata, after OpenStack Glance's domain model. */
export const imageType = recordType({
  name: "image",
  key: "id",
  attributes: {
    id: text(36),
    name: nullable(text(255)),
    status: withInitial(
      oneOf(
        "queued",
        "saving",
        "uploading",
        "importing",
        "active",
        "killed",
        "pending_delete",
        "deleted",
        "deactivated",
      ),
      "queued",
    ),
    visibility: withInitial(oneOf("private", "public", "shared", "community"), "shared"),
    osHidden: withInitial(boolean(), false),
    protected: withInitial(boolean(), false),
    minDisk: withInitial(integer(0, MAX_INT32), 0),
    minRam: withInitial(integer(0, MAX_INT32), 0),
    owner: nullable(text(255)),
    diskFormat: nullable(text(20)),
    containerFormat: nullable(text(20)),
    size: nullable(integer(0)),
    virtualSize: nullable(integer(0)),
    checksum: nullable(text(32)),
    osHashAlgo: nullable(text(64)),
    osHashValue: nullable(text(128)),
    createdAt: fixed(instant(3)),
    updatedAt: instant(3),
  },
  collections: {
    properties: entries(propertyName, text(65_535)),
    tags: setOf(tag),
  },
  stamp: "updatedAt",
});

export type Image = RecordOf<typeof imageType>;

/** What a new image is made from; all but what the caller cares about may be left out. */
export type NewImage = Omit<NewRecordOf<typeof imageType>, "createdAt" | "updatedAt" | "status">;
