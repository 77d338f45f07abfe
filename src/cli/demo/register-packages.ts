import { createHash } from "node:crypto";
import type { ImageFactory } from "../../../domain/image/image-factory.js";
import type { ImageRepository } from "../../../domain/image/image-repository.js";
import type { Image } from "../../../domain/image/image-type.js";
import type { InstalledPackage } from "./installed-packages.js";

/** Longest keyword that is kept as a tag, and longest text that is kept as a property; see `imageType`. */
const LONGEST_TAG = 255;
const LONGEST_PROPERTY = 65_535;

export type Registration = "added" | "changed" | "unchanged";

/** Stores a package as an image-style record, or brings its record up to date: what did not change is not written. */
export async function registerPackage(
  images: ImageRepository,
  factory: ImageFactory,
  found: InstalledPackage,
): Promise<Registration> {
  const id = packageId(found.path);
  if ((await images.find(id)) === undefined) {
    const image = factory.newImage({ id, owner: "demo", diskFormat: "raw", containerFormat: "bare" });
    image.status = "active"; // its files are there; a queued image has no size
    describe(image, found);
    await images.add(image);
    return "added";
  }
  const { written } = await images.update(id, (image) => describe(image, found));
  return written ? "changed" : "unchanged";
}

/** A UUID that is the same for the same package in every run (RFC 9562, version 8: our own hash). */
export function packageId(path: string): string {
  const hex = createHash("sha256").update(path).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function describe(image: Image, { name, size, properties, keywords }: InstalledPackage): void {
  image.name = name.slice(0, LONGEST_TAG);
  image.size = size;
  for (const [key, value] of properties) {
    if (key.length <= LONGEST_TAG && value.length <= LONGEST_PROPERTY) image.properties.set(key, value);
  }
  for (const key of [...image.properties.keys()]) if (!properties.has(key)) image.properties.delete(key);
  const tags = new Set([...keywords].filter((word) => word.length <= LONGEST_TAG));
  for (const tag of [...image.tags]) if (!tags.has(tag)) image.tags.delete(tag);
  for (const tag of tags) image.tags.add(tag);
}
