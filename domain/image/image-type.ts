import { rule } from "../distinction/arguments.js";
import { constrained, fixed, nullable, withInitial } from "../distinction/types/attribute-rules.js";
import { instant } from "../distinction/types/instant-type.js";
import { boolean, integer } from "../distinction/types/number-types.js";
import { oneOf, text } from "../distinction/types/text-types.js";
import { entries, listOf, setOf } from "../distinction/types/collection-type.js";
import { recordType, type NewRecordOf, type RecordOf } from "../distinction/types/record-type.js";
import type { Policy } from "../distinction/merge/policy.js";
import { DEFAULT_QUOTAS, imageQuotas, type ImageQuotas } from "./image-quotas.js";
import { imageFaults, imageGuards } from "./image-rules.js";
import { locationFields, locationId } from "./location.js";
import { propertyName } from "./property-name.js";
import { IMAGE_STATUSES } from "./status-machine.js";

const MAX_INT32 = 2 ** 31 - 1;

const tag = constrained(text(255), (value) => (value === "" ? "a tag of at least 1 character" : undefined));

const format = constrained(text(20), (value) =>
  /^\S+$/u.test(value) ? undefined : "a format of at least 1 character, without white space",
);

const definition = {
  name: "image",
  key: "id",
  attributes: {
    id: text(36),
    name: nullable(text(255)),
    status: withInitial(oneOf(...IMAGE_STATUSES), "queued"),
    visibility: withInitial(oneOf("private", "public", "shared", "community"), "shared"),
    osHidden: withInitial(boolean(), false),
    protected: withInitial(boolean(), false),
    minDisk: withInitial(integer(0, MAX_INT32), 0),
    minRam: withInitial(integer(0, MAX_INT32), 0),
    owner: nullable(text(255)),
    diskFormat: nullable(format),
    containerFormat: nullable(format),
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
    locations: listOf(locationId, locationFields),
  },
  stamp: "updatedAt",
  guards: imageGuards,
} as const;

/** An image's metadata, after OpenStack Glance's domain model. */
export const imageType = recordType({
  ...definition,
  validate: (image, edit) => imageFaults(image, edit, DEFAULT_QUOTAS),
});

/** What an overlap of two writers does, by attribute or collection; it is a conflict where nothing is said. */
export type ImagePolicies = Readonly<
  Partial<Record<keyof (typeof imageType)["attributes"] | keyof (typeof imageType)["collections"], Policy>>
>;

/**
 * The same images with other quotas and policies.
 *
 * @throws DistinctionError `INVALID_RECORD_TYPE` where a policy is none, or could never combine what it is for
 */
export function imageTypeWith(quotas: Partial<ImageQuotas>, policies: ImagePolicies = {}): typeof imageType {
  const all = imageQuotas(quotas);
  return recordType({ ...definition, policies, validate: (image, edit) => imageFaults(image, edit, all) });
}

export type Image = RecordOf<typeof imageType>;

/** For callers without static types: whatever has an image's collections. */
export const anImage = rule("an image, as a factory or a repository gives it", (value) => {
  const { properties, tags, locations } = (value ?? {}) as Partial<Image>;
  return [properties, tags, locations].every((collection) => typeof collection?.[Symbol.iterator] === "function");
});

/** What nobody but the service itself sets: the callers of an API do not. */
export const READ_ONLY_ATTRIBUTES = [
  "createdAt",
  "updatedAt",
  "status",
  "checksum",
  "osHashAlgo",
  "osHashValue",
  "size",
  "virtualSize",
] as const satisfies readonly (keyof Image)[];

/** What a new image is made from; all but what the caller cares about may be left out. */
export type NewImage = Omit<NewRecordOf<typeof imageType>, (typeof READ_ONLY_ATTRIBUTES)[number]>;
