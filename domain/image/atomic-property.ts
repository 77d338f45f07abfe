import { someText } from "../distinction/arguments.js";
import { typeName } from "../distinction/types/type-name.js";
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
 */
export async function putProperty(
  images: Images,
  id: string,
  name: string,
  value: string,
  options?: UpdateOptions,
  check?: (image: Image) => void,
): Promise<void> {
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
 */
export async function dropProperty(
  images: Images,
  id: string,
  name: string,
  expected: string,
  options?: UpdateOptions,
  check?: (image: Image) => void,
): Promise<void> {
  const drop = (image: Image): void => {
    check?.(image);
    const theirs = image.properties.get(name);
    if (theirs !== expected) throw refused(images, image, name, { original: expected, mine: undefined, theirs });
    image.properties.delete(name);
  };
  await images.update(id, drop, options);
}

/**
 * For callers without static types: what is not there would be as expected.
 *
 * @throws InvalidValueError where name or value is no text
 */
export function requirePropertyTexts(id: string, name: unknown, value: unknown): void {
  const refuse = (path: string, reason: string): never => {
    throw new InvalidValueError(imageType.name, [{ path, reason }], id);
  };
  if (typeof name !== "string") return refuse("properties", `text keys, got ${typeName(name)}`);
  const reason = someText(value);
  if (reason !== undefined) refuse(entryPath("properties", name), reason);
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
    overlaps: [{ subject: "properties", path: entryPath("properties", name), policy: "guard", ...sides }],
  });
}
