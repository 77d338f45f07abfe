import { someText } from "../distinction/arguments.js";
import { entryPath } from "../distinction/diff/change-set.js";
import type { DistinctRepository } from "../distinction/distinct-repository.js";
import { ConflictError, InvalidValueError } from "../distinction/errors.js";
import type { UpdateOptions } from "../distinction/save/save-options.js";
import { imageType, type Image } from "./image-type.js";

/** Properties as locks are made of: whoever loses a race for one works it out again, and finds what the winner made of it. */

type Images = DistinctRepository<typeof imageType>;

/**
 * Sets a property that is not there yet.
 *
 * @param check throws where the image is not the caller's to decide on
 * @throws ConflictError where it is there
 * @throws InvalidValueError where the value is no text
 */
export async function putProperty(
  images: Images,
  id: string,
  name: string,
  value: string,
  options?: UpdateOptions,
  check?: (image: Image) => void,
): Promise<void> {
  requireText(id, name, value);
  const put = (image: Image): void => {
    check?.(image);
    const theirs = image.properties.get(name);
    if (theirs !== undefined) throw refused(images, image, name, { original: undefined, mine: value, theirs });
    image.properties.set(name, value);
  };
  await images.update(id, put, options);
}

/**
 * Deletes a property that has the expected value.
 *
 * @param check as of `putProperty`
 * @throws ConflictError where it has another or is not there
 * @throws InvalidValueError where the expected value is no text: what is not there would be as expected
 */
export async function dropProperty(
  images: Images,
  id: string,
  name: string,
  expected: string,
  options?: UpdateOptions,
  check?: (image: Image) => void,
): Promise<void> {
  requireText(id, name, expected);
  const drop = (image: Image): void => {
    check?.(image);
    const theirs = image.properties.get(name);
    if (theirs !== expected) throw refused(images, image, name, { original: expected, mine: undefined, theirs });
    image.properties.delete(name);
  };
  await images.update(id, drop, options);
}

function requireText(id: string, name: string, value: unknown): void {
  const reason = someText(value);
  if (reason !== undefined)
    throw new InvalidValueError(imageType.name, [{ path: entryPath("properties", name), reason }], id);
}

function refused(
  images: Images,
  image: Image,
  name: string,
  sides: { readonly original: unknown; readonly mine: unknown; readonly theirs: unknown },
): ConflictError {
  const version = images.versionOf(image);
  return new ConflictError({
    record: imageType.name,
    id: image.id,
    baseVersion: version,
    currentVersion: version,
    attempts: 0,
    overlaps: [{ path: entryPath("properties", name), policy: "guard", ...sides }],
  });
}
